"""The attempts at one slice's batches: drawn column by column, incidents applied on top.

Each column of each attempt has its own stream, drawn for all batches of the slice, so that the
same batch has the same luck with an incident and without.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from simlab.config import duration_s
from simlab.dataset.schema import ERROR_TYPES, STATUSES
from simlab.workload.arrivals import Floats, evenly_random, intensity, place, place_evenly
from simlab.workload.incidents import VISIBLE_SLOWDOWN, Mask, Trouble, overlapping
from simlab.workload.load import Load
from simlab.workload.profile import Profile
from simlab.workload.service import base_durations, warehouse_factors
from simlab.workload.size import batch_sizes
from simlab.workload.slices import Slice, longest_life_s, pauses_s, peak_arrivals

Int32s: TypeAlias = npt.NDArray[np.int32]
Int64s: TypeAlias = npt.NDArray[np.int64]
Codes: TypeAlias = npt.NDArray[np.uint8]

Seen: TypeAlias = dict[str, tuple[int, int]]

SUCCESS, ERROR, RETRY = (STATUSES.index(name) for name in ("success", "error", "retry"))
NO_ERROR: Final = len(ERROR_TYPES)
"""The code of an attempt that did not fail."""


@dataclass(frozen=True)
class Attempts:
    """Attempts side by side, all arrays of one length.

    Times are microseconds since the load began; `status` indexes `STATUSES` and `error_type`
    indexes `ERROR_TYPES`, or is `NO_ERROR`. `seen` tells, for each trouble that showed among
    the attempts drawn, when the first and the last of those ended.
    """

    end_us: Int64s
    duration_us: Int64s
    status: Codes
    warehouse_id: Int32s
    batch_id: Int64s
    attempt: Int32s
    batch_size: Int32s
    error_type: Codes
    seen: Seen

    def __len__(self) -> int:
        return len(self.end_us)

    def at(self, index: npt.NDArray[np.int64] | Mask) -> "Attempts":
        """Those that `index` picks, in its order; `seen` is left as it was."""
        picked = {name: getattr(self, name)[index] for name in COLUMNS}
        return Attempts(**picked, seen=self.seen)


COLUMNS: Final = (
    "end_us", "duration_us", "status", "warehouse_id",
    "batch_id", "attempt", "batch_size", "error_type",
)  # fmt: skip


@dataclass(frozen=True)
class _Batches:
    """What is known of a slice's batches before the first attempt."""

    due_us: Int64s
    warehouse_id: Int32s
    size: Int32s
    work_factor: Floats


def draw_attempts(load: Load, cut: Slice) -> Attempts:
    """All attempts at the batches of a slice, attempt by attempt, each in the order of due."""
    if load.profile.shape == "rows":
        return _independent(load, cut)
    reach_s = cut.end_s + longest_life_s(load.profile)
    near = overlapping(load.troubles, cut.start_s, reach_s)
    return joined(list(_tries(load, cut, _batches(load, cut, near), near)))


def joined(pieces: Sequence[Attempts]) -> Attempts:
    """Attempts one after another."""
    columns = {name: np.concatenate([getattr(p, name) for p in pieces]) for name in COLUMNS}
    return Attempts(**columns, seen=merged([piece.seen for piece in pieces]))


def merged(seens: Sequence[Seen]) -> Seen:
    """When each trouble first and last showed in any of them."""
    whole: Seen = {}
    for seen in seens:
        for name, (first, last) in seen.items():
            known = whole.get(name, (first, last))
            whole[name] = (min(known[0], first), max(known[1], last))
    return whole


def _batches(load: Load, cut: Slice, near: Sequence[Trouble]) -> _Batches:
    profile = load.profile
    due_s = _due(load, cut, near)
    warehouse_id = _warehouse_ids(load, cut, len(due_s))
    factors = warehouse_factors(profile.service, profile.warehouses, seed=load.seed)
    return _Batches(
        due_us=np.asarray(due_s * 1e6, np.int64),
        warehouse_id=warehouse_id,
        size=batch_sizes(profile.batch.size, len(due_s), load.stream("batch.size", cut.index)),
        work_factor=factors[warehouse_id],
    )


def _due(load: Load, cut: Slice, near: Sequence[Trouble]) -> Floats:
    """When the slice's batches fall due, in order [s]."""
    shape = intensity(load.profile)
    start_s, end_s = cut.start_s, cut.end_s
    if load.profile.arrivals.process == "fixed":
        usual = place_evenly(shape, start_s=start_s, end_s=end_s)
    else:
        rng = load.stream("arrivals.place", cut.index)
        usual = place(shape, start_s=start_s, end_s=end_s, count=cut.batches, rng=rng)
    if not cut.extra:
        return usual
    peaks = [trouble for trouble in near if trouble.effect.arrivals]
    edges_s, expected = peak_arrivals(shape, peaks, start_s=start_s, end_s=end_s)
    rng = load.stream("arrivals.peak", cut.index)
    extra = np.interp(evenly_random(cut.extra, rng) * expected[-1], expected, edges_s)
    return np.sort(np.concatenate([usual, extra]))


def _warehouse_ids(load: Load, cut: Slice, count: int) -> Int32s:
    rng = load.stream("warehouse_id", cut.index)
    return rng.integers(1, load.profile.warehouses + 1, count, dtype=np.int32)


@dataclass(frozen=True)
class _Try:
    """Which batches of a slice get their attempt `number`, and when it starts."""

    number: int
    alive: Int64s
    start_us: Int64s


def _tries(
    load: Load, cut: Slice, batches: _Batches, near: Sequence[Trouble]
) -> Iterator[Attempts]:
    """First attempts, second attempts …, as long as there is one to be retried."""
    trial = _Try(1, np.arange(len(batches.due_us)), batches.due_us)
    pauses_us = [round(pause * 1e6) for pause in pauses_s(load.profile.outcome)]
    while True:
        tried = _tried(load, cut, batches, near, trial)
        yield tried
        again = tried.status == RETRY
        if not again.any():
            return
        start_us = tried.end_us[again] + pauses_us[trial.number - 1]
        trial = _Try(trial.number + 1, trial.alive[again], start_us)


def _tried(
    load: Load, cut: Slice, batches: _Batches, near: Sequence[Trouble], trial: _Try
) -> Attempts:
    """One attempt at each batch that is still alive.

    Luck is drawn for all batches of the slice and picked from, so that a batch's luck does not
    hang on how many others are tried again.
    """
    profile, alive, number = load.profile, trial.alive, trial.number
    warehouse_id, size = batches.warehouse_id[alive], batches.size[alive]
    acting = _Acting.on(near, trial.start_us / 1e6, warehouse_id)
    base_s = base_durations(
        profile.service, len(batches.due_us), load.stream(f"service.{number}", cut.index)
    )[alive]
    base_s = (base_s + profile.service.per_item * size) * batches.work_factor[alive]
    limit_s = duration_s(profile.service.limit)
    duration_us = np.rint(np.minimum(base_s * acting.slowdown, limit_s) * 1e6).astype(np.int64)
    end_us = trial.start_us + duration_us
    luck = load.stream(f"outcome.{number}", cut.index).random(len(batches.due_us))[alive]
    status = _status(profile, luck, acting.error, acting.retry, number)
    unspoiled = _status(profile, luck, 0.0, 0.0, number)
    types_luck = load.stream(f"error_type.{number}", cut.index).random(len(batches.due_us))[alive]
    return Attempts(
        end_us=end_us,
        duration_us=duration_us,
        status=status,
        warehouse_id=warehouse_id,
        batch_id=cut.first_batch + alive,
        attempt=np.full(len(alive), number, np.int32),
        batch_size=size,
        error_type=_error_types(profile, status, types_luck),
        seen=acting.seen(end_us, changed=status != unspoiled),
    )


@dataclass(frozen=True)
class _Acting:
    """What the troubles near add up to for each attempt; `hits` are the attempts of each."""

    slowdown: Floats
    error: Floats
    retry: Floats
    hits: Sequence[tuple[Trouble, Int64s, Floats]]

    @classmethod
    def on(cls, near: Sequence[Trouble], start_s: Floats, warehouse_id: Int32s) -> "_Acting":
        hits = [_hit(trouble, start_s, warehouse_id) for trouble in near]
        slowdown, error, retry = np.ones(len(start_s)), *np.zeros((2, len(start_s)))
        for trouble, index, strength in hits:
            slowdown[index] *= 1 + trouble.effect.slowdown * strength
            error[index] += trouble.effect.error * strength
            retry[index] += trouble.effect.retry * strength
        return cls(slowdown, error, retry, hits)

    def seen(self, end_us: Int64s, *, changed: Mask) -> Seen:
        """When attempts ended that a trouble slowed visibly, or may have made end otherwise."""
        whole: Seen = {}
        for trouble, index, strength in self.hits:
            shown_us = end_us[index[_shows(trouble, strength, changed[index])]]
            if len(shown_us):
                whole[trouble.id] = (int(shown_us.min()), int(shown_us.max()))
        return whole


def _hit(trouble: Trouble, start_s: Floats, warehouse_id: Int32s) -> tuple[Trouble, Int64s, Floats]:
    """The attempts that a trouble acts on, and how strongly."""
    inside = np.flatnonzero((start_s >= trouble.start_s) & (start_s < trouble.end_s))
    index = inside[trouble.touches(warehouse_id[inside])]
    return trouble, index, trouble.strength(start_s[index])


def _shows(trouble: Trouble, strength: Floats, changed: Mask) -> Mask:
    slowed = 1 + trouble.effect.slowdown * strength >= VISIBLE_SLOWDOWN
    spoils = trouble.effect.error + trouble.effect.retry > 0
    return np.asarray(slowed | (changed & (strength > 0)) if spoils else slowed)


def _status(
    profile: Profile,
    luck: Floats,
    more_errors: Floats | float,
    more_retries: Floats | float,
    number: int,
) -> Codes:
    """How each attempt ends: the lowest luck fails for good, the next lowest is retried."""
    error = profile.outcome.error + more_errors
    failed = luck < error
    again = ~failed & (luck < error + profile.outcome.retry + more_retries)
    last = number == profile.outcome.max_attempts and profile.shape == "batches"
    return np.asarray(failed * ERROR + again * (ERROR if last else RETRY), np.uint8)


def _error_types(profile: Profile, status: Codes, luck: Floats) -> Codes:
    """A declared error type for each attempt that failed."""
    weights = profile.outcome.error_types
    share = np.cumsum(list(weights.values())) / sum(weights.values())
    codes = np.array([ERROR_TYPES.index(name) for name in weights], np.uint8)
    types = np.full(len(status), NO_ERROR, np.uint8)
    failed = np.flatnonzero(status != SUCCESS)
    types[failed] = codes[np.searchsorted(share, luck[failed], side="right")]
    return types


def _independent(load: Load, cut: Slice) -> Attempts:
    """Rows that have nothing to do with each other, durations in whole milliseconds."""
    times_us = np.asarray(_due(load, cut, ()) * 1e6, np.int64)
    count = len(times_us)
    service = load.profile.service
    base_s = base_durations(service, count, load.stream("service.1", cut.index))
    base_s = np.minimum(base_s, duration_s(service.limit))
    luck = load.stream("outcome.1", cut.index).random(count)
    return Attempts(
        end_us=times_us,
        duration_us=np.rint(base_s * 1e3).astype(np.int64) * 1000,
        status=_status(load.profile, luck, 0.0, 0.0, 1),
        warehouse_id=_warehouse_ids(load, cut, count),
        batch_id=cut.first_batch + np.arange(count),
        attempt=np.ones(count, np.int32),
        batch_size=np.ones(count, np.int32),
        error_type=np.full(count, NO_ERROR, np.uint8),
        seen={},
    )
