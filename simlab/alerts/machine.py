"""The alert state machine of one rule, observation by observation."""

import math
from typing import Final, Literal, NamedTuple

from simlab.alerts.rule import Rule

_NEVER_US: Final = 1 << 63


class Change(NamedTuple):
    """A rule that began to fire, or that resolved; `value` is None after a silence."""

    time_us: int
    state: Literal["firing", "resolved"]
    value: float | None
    started_us: int


class Machine:
    """Where one rule stands; `simlab.alerts` defines the states and the moves.

    Attributes:
        started_us: when the episode under way began to fire; None when none is.
        is_active: whether the rule is pending or firing.
        seen_us: when the rule was last judged.
        stale_us: a rule not observed until after this moment has gone silent.
        value: what the rule was last judged by; NaN before, and where that is undefined.
    """

    __slots__ = (
        "_for_us", "_keep_us", "_last_true_us", "_pending_us", "_sign", "_signed_threshold",
        "_stale_after_us", "is_active", "seen_us", "stale_us", "started_us", "value",
    )  # fmt: skip

    def __init__(self, rule: Rule) -> None:
        self._sign = 1.0 if rule.side == "above" else -1.0
        self._signed_threshold = self._sign * rule.limit
        self._for_us = rule.for_us
        self._keep_us = rule.keep_us
        self._stale_after_us = rule.silence_us
        self._pending_us: int | None = None
        self._last_true_us = 0
        self.started_us: int | None = None
        self.is_active = False
        self.seen_us = 0
        self.stale_us = _NEVER_US
        self.value = math.nan

    @property
    def is_firing(self) -> bool:
        """Whether an episode is under way."""
        return self.started_us is not None

    def has_gone_silent(self, now_us: int) -> bool:
        """Whether what the rule was last judged by no longer stands for now."""
        return now_us - self.seen_us > self._stale_after_us

    def observe(self, time_us: int, value: float) -> tuple[Change, ...]:
        """Take the next observation; what changed, in the order it did.

        One that is beyond nothing, while the rule is not active, may be left out.
        """
        changes = self._observed(time_us, value)
        self.is_active = self._pending_us is not None or self.started_us is not None
        return changes

    def expire(self, time_us: int) -> tuple[Change, ...]:
        """Let time go on to `time_us` without an observation; the resolution, if it is one."""
        if time_us <= self.stale_us:
            return ()
        self._pending_us = None
        self.is_active = False
        return () if self.started_us is None else self._resolve(self.stale_us, None)

    def _observed(self, time_us: int, value: float) -> tuple[Change, ...]:
        gone = self.expire(time_us) if time_us > self.stale_us else ()
        self.stale_us = time_us + self._stale_after_us
        self.value = value
        self.seen_us = time_us
        if self._sign * value > self._signed_threshold:
            return (*gone, *self._hold(time_us, value))
        self._pending_us = None
        if self.started_us is None:
            return gone
        return self._lapse(time_us, value)

    def _hold(self, time_us: int, value: float) -> tuple[Change, ...]:
        """The condition is true."""
        self._last_true_us = time_us
        if self.started_us is not None:
            return ()
        if self._pending_us is None:
            self._pending_us = time_us
        if time_us - self._pending_us < self._for_us:
            return ()
        self._pending_us = None
        self.started_us = time_us
        return (Change(time_us, "firing", value, time_us),)

    def _lapse(self, time_us: int, value: float) -> tuple[Change, ...]:
        """The condition is false while the rule fires."""
        if time_us - self._last_true_us < self._keep_us:
            return ()
        return self._resolve(time_us, value)

    def _resolve(self, time_us: int, value: float | None) -> tuple[Change, ...]:
        started_us, self.started_us = self.started_us, None
        assert started_us is not None
        return (Change(time_us, "resolved", value, started_us),)
