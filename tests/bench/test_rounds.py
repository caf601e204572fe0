"""A known cost is measured as what it is; a stack against itself is no difference; real processes."""

import pytest

from simlab.bench.bill import column, verdict
from simlab.bench.chance import difference_of, ratio_of
from simlab.bench.job import Measured
from simlab.bench.rounds import Settings, Way, in_rounds
from simlab.errors import InputError

from .known import Broken, Busy0, name_of

KNOWN_US = (1, 5, 20, 50)
LOOK_NS = 120.0
"""A look at the clock and a turn of the loop: a busy loop may end so much later than it should."""
SETTINGS = Settings(rounds=5, events=1_000, paced_events=10, seed=7)


@pytest.fixture(scope="module")
def rounds() -> dict[str, list[Measured]]:
    """Busy loops of known length, one of them three times over."""
    known = {f"{us}": Way(stack=f"{Busy0.__module__}:Busy{us}") for us in (0, *KNOWN_US)}
    again = {f"again {nth}": known["5"] for nth in range(2)}
    return in_rounds({**known, **again}, SETTINGS)


@pytest.mark.parametrize("us", KNOWN_US)
def test_a_busy_loop_is_measured_within_its_interval(
    rounds: dict[str, list[Measured]], us: int
) -> None:
    """What it costs more than a loop that looks at the clock and is not busy."""
    found = difference_of(
        column(rounds[f"{us}"], "called_median_ns"), column(rounds["0"], "called_median_ns")
    )
    assert found.low - LOOK_NS <= us * 1000 <= found.high + LOOK_NS
    assert found.half < 0.1 * us * 1000 + LOOK_NS


def test_the_mean_is_no_less_than_the_known_cost(rounds: dict[str, list[Measured]]) -> None:
    """It may be more: what else runs on the machine takes time from a mean, not from a median."""
    for us in KNOWN_US:
        for one in rounds[f"{us}"]:
            assert one.called_mean_ns >= us * 1000 - LOOK_NS
            assert one.drained_ns >= one.called_mean_ns


def test_a_stack_against_itself_is_called_a_difference_at_most_once(
    rounds: dict[str, list[Measured]],
) -> None:
    """Of three aspects, each with a noise floor from another pair."""
    called = 0
    for name in ("called_mean_ns", "drained_ns", "cpu_ns"):
        base = column(rounds["5"], name)
        itself = ratio_of(column(rounds["again 0"], name), base)
        floor = max(itself.high, 1 / itself.low)
        other = ratio_of(column(rounds["again 1"], name), base)
        called += verdict(other, floor=floor) != "no difference"
    assert called <= 1


def test_the_control_is_what_the_loop_itself_takes(rounds: dict[str, list[Measured]]) -> None:
    """A stack that is not busy costs little; the loop around it less than a microsecond."""
    for one in rounds["0"]:
        assert 0 < one.control_median_ns < 1000
        assert one.control_p99_ns >= one.control_median_ns
        assert 0 < one.called_median_ns < 1000


def test_a_quick_stack_gets_more_events_up_to_ten_times(
    rounds: dict[str, list[Measured]],
) -> None:
    assert {one.events for one in rounds["1"]} == {10 * SETTINGS.events}
    assert all(SETTINGS.events <= one.events < 10 * SETTINGS.events for one in rounds["50"])


def test_events_that_are_due_are_late_by_the_timer_and_the_stack(
    rounds: dict[str, list[Measured]],
) -> None:
    """An event is told no sooner than when it was due and the stack had taken its time."""
    for one in rounds["50"]:
        assert one.paced_median_ns >= 49_000  # less the control, whose clock is as cold
        assert one.late_p99_ns >= one.late_median_ns >= 50_000


def test_a_stack_that_fails_is_named_with_its_last_words() -> None:
    with pytest.raises(InputError, match="Broken': failed: RuntimeError: no room"):
        in_rounds({"one": Way(stack=name_of(Broken))}, SETTINGS)
