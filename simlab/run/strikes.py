"""A load's trouble as it befalls the bot: each attempt at the moment at which it really starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simlab.bot.ledger import NEVER, Entry, Ledger
from simlab.config import duration_s
from simlab.dataset.schema import ERROR_TYPES, STATUSES
from simlab.events import Status
from simlab.rng import uniforms
from simlab.workload.calm import Calm
from simlab.workload.incidents import Trouble
from simlab.workload.outages import Outages
from simlab.workload.outcome import ERROR, RETRY, SUCCESS, TIMEOUT, after_retry, error_types

_STATUSES: Final[Sequence[Status]] = STATUSES


@dataclass(frozen=True)
class _Touch:
    """What one trouble adds to one attempt; `hangs` has the bot give it up."""

    trouble: Trouble
    slowdown: float
    error: float
    retry: float
    hangs: bool


class Strikes:
    """The troubles of a load, for the loop: what `fate` does by the slice, an attempt at a time.

    Both give an attempt that starts at the same moment the same fate, to the bit; a test holds
    them to it.

    Args:
        calm: the load, and the luck of its attempts.
        troubles: those of its troubles that are to act.
        shift_us: how much later than planned the load is run.
    """

    def __init__(self, calm: Calm, troubles: Sequence[Trouble], *, shift_us: int = 0) -> None:
        self._calm = calm
        self._origin_us = calm.load.profile.start_us + shift_us
        self._troubles = [each for each in troubles if each.effect.on_attempts]
        self._acting: list[Trouble] = []
        self._since_us = self._until_us = -NEVER
        self._limit_s = duration_s(calm.load.profile.service.limit)
        self._struck: set[int] = set()
        self.outages_us = _outages_us(troubles, self._origin_us)

    def strike(self, now_us: int, attempt: int, batch: int, ledger: Ledger) -> int:
        """Have the troubles that are at work now act on an attempt that starts."""
        if not self._since_us <= now_us < self._until_us:
            self._look_around(now_us)
        if not self._acting:
            return self._until_us
        warehouse_id = ledger.warehouse_id[batch]
        touches = [
            self._touch(trouble, now_us, attempt, ledger.batch_id[batch])
            for trouble in self._acting
            if trouble.warehouses is None or warehouse_id in trouble.warehouses
        ]
        if touches:
            self._struck.add(attempt)
            ledger.put(attempt, self._entry(attempt, touches))
        return now_us

    def spare(self, attempt: int, ledger: Ledger) -> None:
        """Make an attempt's entries what they are without trouble."""
        batches = self._calm.batches
        ledger.put(
            attempt,
            (
                int(batches.work_us[attempt]),
                bool(batches.goes_on[attempt]),
                batches.status[attempt],  # type: ignore[arg-type]  # one of the three
                batches.error_type[attempt],
            ),
        )

    def undo(self, ledger: Ledger) -> None:
        """Spare all that have been struck."""
        for attempt in self._struck:
            self.spare(attempt, ledger)
        self._struck.clear()

    def _look_around(self, now_us: int) -> None:
        """Note which troubles are at work now, and from when until when that holds."""
        spans = [(trouble, *self._span_us(trouble)) for trouble in self._troubles]
        self._acting = [trouble for trouble, start, end in spans if start <= now_us < end]
        edges = [edge for _, start, end in spans for edge in (start, end)]
        self._since_us = max((edge for edge in edges if edge <= now_us), default=-NEVER)
        self._until_us = min((edge for edge in edges if edge > now_us), default=NEVER)

    def _span_us(self, trouble: Trouble) -> tuple[int, int]:
        return (
            self._origin_us + round(trouble.start_s * 1e6),
            self._origin_us + round(trouble.end_s * 1e6),
        )

    def _touch(self, trouble: Trouble, now_us: int, attempt: int, batch_id: int) -> _Touch:
        effect = trouble.effect
        strength = trouble.strength_at((now_us - self._origin_us) / 1e6)
        hangs = bool(effect.stuck) and self._hangs(trouble, strength, attempt, batch_id)
        return _Touch(
            trouble,
            slowdown=1 + effect.slowdown * strength,
            error=effect.error * strength,
            retry=effect.retry * strength,
            hangs=hangs,
        )

    def _hangs(self, trouble: Trouble, strength: float, attempt: int, batch_id: int) -> bool:
        name = f"stuck.{trouble.id}.{self._number(attempt)}"
        chance = uniforms(self._calm.load.seed, name, np.array([batch_id]))[0]
        return bool(chance < trouble.effect.stuck * strength)

    def _number(self, attempt: int) -> int:
        return attempt % self._calm.attempts_each + 1

    def _entry(self, attempt: int, touches: Sequence[_Touch]) -> Entry:
        """How an attempt goes that these touch."""
        slowdown, error, retry = 1.0, 0.0, 0.0
        for touch in touches:
            slowdown *= touch.slowdown
            error += touch.error
            retry += touch.retry
        work_s = float(self._calm.work_s[attempt]) * slowdown
        given_up = any(touch.hangs for touch in touches) or work_s >= self._limit_s
        work_us = round(min(work_s, self._limit_s) * 1e6) if not given_up else self._limit_us
        if given_up:
            code = after_retry(self._calm.load.profile, self._number(attempt))
            return work_us, code == RETRY, _STATUSES[code], ERROR_TYPES[TIMEOUT]
        code = self._code(attempt, error, retry)
        kind = None if code == SUCCESS else self._error_type(attempt, touches, code, error, retry)
        return work_us, code == RETRY, _STATUSES[code], kind

    @property
    def _limit_us(self) -> int:
        return round(self._limit_s * 1e6)

    def _code(self, attempt: int, more_errors: float, more_retries: float) -> int:
        """How an attempt ends that was not given up, as `outcome.statuses` has it."""
        profile, chance = self._calm.load.profile, float(self._calm.chance[attempt])
        error = profile.outcome.error + more_errors
        if chance < error:
            return ERROR
        if chance < error + (profile.outcome.retry + more_retries):
            return after_retry(profile, self._number(attempt))
        return SUCCESS

    def _error_type(
        self, attempt: int, touches: Sequence[_Touch], code: int, error: float, retry: float
    ) -> str:
        """What failed it: the last of those without which it would have ended otherwise."""
        weights = self._calm.load.profile.outcome.error_types
        for touch in touches:
            without = self._code(attempt, error - touch.error, retry - touch.retry)
            if touch.trouble.effect.error_types and without != code:
                weights = dict(touch.trouble.effect.error_types)
        chance = self._calm.chance[attempt : attempt + 1]
        return ERROR_TYPES[int(error_types(weights, chance)[0])]


def _outages_us(troubles: Sequence[Trouble], origin_us: int) -> list[tuple[int, int]]:
    outages = Outages.of((t.start_s, t.end_s) for t in troubles if t.effect.down)
    starts_us, ends_us = outages.start_us + origin_us, outages.end_us + origin_us
    return list(zip(starts_us.tolist(), ends_us.tolist(), strict=True))
