import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from simlab.alerts.group import held_back
from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP
from simlab.tuning.interval import Interval
from simlab.tuning.match import truth
from simlab.tuning.plain.pages import elapsed, pages
from tuning.cases import S, at_s, incidents

_EPISODES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 40)).map(lambda e: (e[0], e[0] + e[1])),
    max_size=12,
)
_HUNDRED = Interval(start_us=50 * S, until_us=150 * S)


@given(episodes=_EPISODES, cooldown_s=st.integers(0, 30))
def test_pages_are_the_episodes_that_a_group_does_not_hold_back(
    episodes: list[tuple[int, int]], cooldown_s: int
) -> None:
    """As `simlab.alerts.group` says of the same episodes."""
    rule = Rule(name="one", signal="value", threshold=0.0, group="value", cooldown=f"{cooldown_s}s")
    ordered = sorted(episodes, key=lambda episode: episode[0])
    starts, ends = at_s(*(e[0] for e in ordered)), at_s(*(e[1] for e in ordered))
    frame = pl.DataFrame(
        {"rule": ["one"] * len(ordered), "start": starts, "end": ends},
        schema={"rule": pl.String, "start": TIMESTAMP, "end": TIMESTAMP},
    ).with_columns(warehouse_id=pl.lit(None, dtype=pl.Int32))
    held = held_back(frame.with_columns(open=False), [rule]).to_numpy()
    told = pages(
        at_s(*(e[0] for e in episodes)), at_s(*(e[1] for e in episodes)),
        cooldown_us=cooldown_s * S, elapsed=elapsed(_HUNDRED, None),
    )  # fmt: skip
    np.testing.assert_array_equal(told.start_us, starts[~held])


@given(episodes=_EPISODES)
def test_time_firing_is_counted_once_and_apart_by_labels(episodes: list[tuple[int, int]]) -> None:
    """Second by second over the interval, inside of the label from 90 s to 110 s and outside."""
    label = truth(incidents((90, 110, False)), from_us=0, until_us=300 * S)
    told = pages(
        at_s(*(e[0] for e in episodes)),
        at_s(*(e[1] for e in episodes)),
        cooldown_us=10 * S,
        elapsed=elapsed(_HUNDRED, label),
    )
    fired = {second for start, end in episodes for second in range(start, end)} & set(
        range(50, 150)
    )
    inside = fired & set(range(90, 110))
    assert round(told.inside_s.sum()) == len(inside)
    assert round(told.outside_s.sum()) == len(fired - inside)
