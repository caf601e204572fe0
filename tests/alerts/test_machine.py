"""The machine takes one observation after the other as the words of `simlab.alerts` have it."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from simlab.alerts.machine import Change, Machine
from simlab.alerts.rule import Rule, Side

from .cases import SECOND, episodes_by_hand, steps


def rule(*, for_s: int = 0, keep_s: int = 0, stale_s: int = 300) -> Rule:
    return Rule(
        name="r", signal="value", threshold=1.0, for_=f"{for_s}s", keep_firing_for=f"{keep_s}s",
        stale_after=f"{stale_s}s",
    )  # fmt: skip


def changes(rule: Rule, time_us: Sequence[int], value: Sequence[float]) -> list[Change]:
    machine = Machine(rule)
    return [change for t, v in zip(time_us, value, strict=True) for change in machine.observe(t, v)]


@given(
    steps=steps,
    threshold=st.sampled_from([0.0, 1.0, 2.0]),
    direction=st.sampled_from(["above", "below"]),
    for_s=st.integers(0, 6),
    keep_s=st.integers(0, 6),
    stale_s=st.integers(0, 7),
)
def test_the_machine_makes_the_episodes_of_the_words(
    steps: list[tuple[int, float]],
    threshold: float,
    direction: Side,
    for_s: int,
    keep_s: int,
    stale_s: int,
) -> None:
    judged = Rule(
        name="r", signal="value", threshold=threshold, direction=direction, for_=f"{for_s}s",
        keep_firing_for=f"{keep_s}s", stale_after=f"{stale_s}s",
    )  # fmt: skip
    time_us = [sum(step for step, _ in steps[: i + 1]) * SECOND for i in range(len(steps))]
    value = [value for _, value in steps]
    by_hand = episodes_by_hand(judged, time_us, value)
    made = changes(judged, time_us, value)
    assert [c.time_us for c in made if c.state == "firing"] == [e.start_us for e in by_hand]
    assert [(c.started_us, c.time_us) for c in made if c.state == "resolved"] == [
        (e.start_us, e.end_us) for e in by_hand if e.resolved
    ]


def test_a_false_observation_makes_a_pending_rule_wait_anew() -> None:
    assert changes(rule(for_s=2), [0, SECOND, 2 * SECOND], [3.0, 0.0, 3.0]) == []


def test_a_rule_without_for_fires_at_its_first_true_observation() -> None:
    assert changes(rule(), [7], [3.0]) == [Change(7, "firing", 3.0, 7)]


def test_a_resolution_names_the_value_that_brought_it_or_none_after_a_silence() -> None:
    assert changes(rule(), [0, 1], [3.0, 0.5])[1] == Change(1, "resolved", 0.5, 0)
    late = changes(rule(stale_s=2), [0, 3 * SECOND], [3.0, 0.5])
    assert late[1] == Change(2 * SECOND, "resolved", None, 0)


def test_time_alone_moves_a_machine_only_past_its_silence() -> None:
    machine = Machine(rule(stale_s=2))
    assert machine.expire(SECOND) == ()
    machine.observe(0, 3.0)
    assert machine.expire(2 * SECOND) == ()
    assert machine.started_us == 0
    assert [change.time_us for change in machine.expire(2 * SECOND + 1)] == [2 * SECOND]
    assert machine.started_us is None
