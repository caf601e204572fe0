"""The front holds exactly what nothing else equals or betters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlab.tuning.front import pareto

triples = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.5, np.inf]), st.integers(0, 5)),
    max_size=25,
)


@given(triples)
def test_the_front_agrees_with_comparing_every_pair(found: list[tuple[int, float, int]]) -> None:
    missed, delay_s, false_alarms = np.array(found, dtype=np.float64).reshape(-1, 3).T
    expected = {
        one
        for one in found
        if not any(
            other != one and all(x <= y for x, y in zip(other, one, strict=True)) for other in found
        )
    }
    front = pareto(missed, delay_s, false_alarms).tolist()
    assert {found[position] for position in front} == expected
    assert len(front) == len(expected)
    assert all(found.index(found[position]) == position for position in front)
