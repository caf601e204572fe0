"""The front holds exactly what nothing else equals or betters."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.tuning import front as fronts
from simlab.tuning.budget import Budget
from simlab.tuning.front import front, pareto
from simlab.tuning.sweep import Sweep

from .test_select import random_sweep

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


def joined(sweep: Sweep, at: tuple[int, ...]) -> tuple[int, float, int, float]:
    """Missed, mean delay, false alarms and time firing of one combination, counted plainly."""
    pairs = list(zip(sweep.points, at, strict=True))
    first_s = np.min([rule.delay_s[:, p] for rule, p in pairs], axis=0)
    caught = first_s[np.isfinite(first_s)]
    return (
        int(np.isinf(first_s).sum()),
        float(caught.mean()) if caught.size else np.inf,
        sum(int(rule.false_alarms[:, p].sum()) for rule, p in pairs),
        sum(float(rule.firing_s[:, p].sum()) for rule, p in pairs),
    )


@pytest.mark.parametrize("seed", range(12))
def test_no_combination_has_more_recall_for_as_few_false_alarms(seed: int) -> None:
    """Each combination within the cap on firing is equalled or bettered in both by the front."""
    sweep, budget = random_sweep(seed), Budget(max_firing_ratio=0.02)
    days, incidents = sweep.span_s.size, sweep.block.size
    found = front(sweep, budget).filter("on_front")
    best = found.select("recall", "false_alarms_per_day").rows()
    sizes = [range(rule.threshold.size) for rule in sweep.points]
    measured = [joined(sweep, at) for at in product(*sizes)]
    within = [each for each in measured if each[3] <= 0.02 * sweep.outside_s.sum()]
    for missed, _, alarms, _ in within:
        recall, per_day = 1 - missed / incidents, alarms / days
        assert any(r >= recall - 1e-9 and f <= per_day + 1e-9 for r, f in best)
    plain = {(missed, round(s, 6), alarms) for missed, s, alarms, _ in within}
    for recall, delay_s, per_day in found.select(
        "recall", "delay_mean_s", "false_alarms_per_day"
    ).iter_rows():
        shown = np.inf if np.isnan(delay_s) else round(delay_s, 6)
        assert (round((1 - recall) * incidents), shown, round(per_day * days)) in plain


def test_the_front_ends_where_it_is_told_and_marks_stay() -> None:
    sweep = random_sweep(1)
    whole = front(sweep, Budget(max_firing_ratio=1.0), chosen=(0, 0, 0))
    part = front(
        sweep, Budget(max_firing_ratio=1.0), chosen=(0, 0, 0), max_false_alarms_per_day=1.0
    )
    assert part.filter("on_front")["false_alarms_per_day"].max() <= 1.0  # type: ignore[operator]  # a number
    marks = sorted(mark for mark in part["mark"] if mark)
    assert marks in (["chosen", "given"], ["chosen, given"])
    kept = whole.filter("on_front").filter(pl.col("false_alarms_per_day") <= 1.0)
    columns = ["recall", "delay_mean_s", "false_alarms_per_day"]
    assert part.filter("on_front").select(columns).equals(kept.select(columns))


def test_where_all_are_too_many_a_front_of_fewer_is_still_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its rows is a combination of the whole, and no other of its rows betters it."""
    monkeypatch.setattr(fronts, "MOST_CELLS", 300)
    sweep = random_sweep(2)
    found = front(sweep, Budget(max_firing_ratio=1.0)).filter("on_front")
    rows = found.select(-pl.col("recall"), "delay_mean_s", "false_alarms_per_day").rows()
    assert rows
    for one in rows:
        assert not any(
            other != one and all(x <= y for x, y in zip(other, one, strict=True)) for other in rows
        )
