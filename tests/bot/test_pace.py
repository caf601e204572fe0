"""What comes after a worker's wait is learned, be it short or long, and left out of the wait."""

from threading import Event

import numpy as np
import pytest

from simlab.bot.pace import CutShortError, Pace
from simlab.clock import US_PER_S, WallClock

WORK_S = 0.2


class StandingClock(WallClock):
    """Moves only when it is pushed."""

    def __init__(self) -> None:
        super().__init__(0)
        self.us = 0

    def now_us(self) -> int:
        return self.us

    def push(self, seconds: float) -> None:
        self.us += round(seconds * US_PER_S)


class Passing(Event):
    """Whoever waits for it has the clock pushed on."""

    def __init__(self, clock: StandingClock) -> None:
        super().__init__()
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        self.clock.push(timeout or 0.0)
        return self.is_set()


def late_s(after_s: float, *, attempts: int, seed: int = 1) -> list[float]:
    """How late attempts end that are followed by so long, half and twice as long too."""
    clock, rng = StandingClock(), np.random.default_rng(seed)
    pace, late = Pace(clock, Passing(clock)), []
    for _ in range(attempts):
        end_us = clock.us + round(WORK_S * US_PER_S)
        pace.wait(end_us)
        clock.push(after_s * 2 ** rng.uniform(-1, 1))
        pace.learn(end_us, waited=True)
        late.append(-clock.left_s(end_us))
    return late


@pytest.mark.parametrize("after_s", [0.0004, 0.005, 0.03])
def test_after_a_hundred_attempts_half_end_early_whatever_follows_the_wait(after_s: float) -> None:
    """A file nearby, a server, a server far away."""
    late = late_s(after_s, attempts=1_100)[100:]
    assert abs(float(np.median(late))) < 0.15 * after_s
    assert 0.4 < np.mean(np.array(late) > 0) < 0.6


def test_a_stall_now_and_then_makes_the_others_no_shorter() -> None:
    """The mean of what follows is 5 times the median here."""
    clock = StandingClock()
    pace, early = Pace(clock, Passing(clock)), []
    for number in range(1_000):
        end_us = clock.us + round(WORK_S * US_PER_S)
        pace.wait(end_us)
        clock.push(0.041 if number % 10 == 0 else 0.001)
        early.append(clock.left_s(end_us))
        pace.learn(end_us, waited=True)
    assert max(early[100:]) < 0.0005


def test_when_the_bot_goes_down_nobody_waits_on() -> None:
    clock = StandingClock()
    cut = Passing(clock)
    cut.set()
    with pytest.raises(CutShortError):
        Pace(clock, cut).wait(US_PER_S)
