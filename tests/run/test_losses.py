"""What was lost is told at most once a minute for each part, and at the end in all."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from simlab.events import Degraded
from simlab.run.losses import AGAIN_US, Losses

SECOND_US = 1_000_000


def test_where_nothing_is_lost_nothing_is_told() -> None:
    losses = Losses({"log": lambda: 0})
    assert losses.by_part == {}
    assert losses.news(0) == losses.totals(0) == []


def test_the_first_loss_is_told_at_once_and_more_a_minute_later() -> None:
    lost = [0]
    losses = Losses({"log": lambda: lost[0]})
    told = []
    for second, lost[0] in [(0, 0), (5, 1), (6, 2), (64, 3), (65, 4), (66, 4), (300, 4), (301, 5)]:
        told += [(second, each.part, each.lost) for each in losses.news(second * SECOND_US)]
    assert told == [(5, "log", 1), (65, "log", 4), (301, "log", 5)]
    assert losses.totals(302 * SECOND_US) == [Degraded(302 * SECOND_US, "log", 5, final=True)]


@given(st.lists(st.tuples(st.integers(0, AGAIN_US), st.sampled_from(["log", "rules", "metrics"]))))
def test_parts_are_told_of_by_themselves_seldom_and_with_more_each_time(
    steps: list[tuple[int, str]],
) -> None:
    losses, now_us, told = Losses({}), 0, list[Degraded]()
    for step_us, part in steps:
        now_us += step_us
        losses.failed(part)
        told += losses.news(now_us)
    for part in ("log", "rules", "metrics"):
        own = [each for each in told if each.part == part]
        assert bool(own) == (part in losses.by_part)
        for one, next_one in pairwise(own):
            assert next_one.time_us - one.time_us >= AGAIN_US
            assert next_one.lost > one.lost
    assert {each.part: each.lost for each in losses.totals(now_us)} == losses.by_part
    assert sum(losses.by_part.values()) == len(steps)


def test_a_part_that_raises_and_counts_for_itself_has_both_counted() -> None:
    losses = Losses({"log": lambda: 2})
    losses.failed("log")
    losses.count("sampler", lambda: 4)
    assert losses.by_part == {"log": 3, "sampler": 4}
