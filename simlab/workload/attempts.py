"""The attempts at one slice's batches: first ones, second ones, until none is to be retried."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from simlab.config import duration_s
from simlab.workload.fate import Fate, Seen, Tried, fate
from simlab.workload.incidents import Trouble
from simlab.workload.load import Load
from simlab.workload.luck import (
    Fallen,
    Int32s,
    Luck,
    due_times_s,
    first_batches,
    later_luck,
    warehouse_ids,
)
from simlab.workload.micros import Int64s, whole_us
from simlab.workload.outcome import NO_ERROR, RETRY, Codes, Mask, statuses
from simlab.workload.service import base_durations
from simlab.workload.slices import Slice, longest_life_s, pauses_s


@dataclass(frozen=True)
class Attempts:
    """Attempts side by side, all arrays of one length.

    Times are microseconds since the load began; `status` indexes `STATUSES` and `error_type`
    indexes `ERROR_TYPES`, or is `NO_ERROR`. `waited_us` is how long each had to wait for the
    bot to be up; None in a load without outages. `seen` tells, for each trouble that showed
    among the attempts drawn, when the first and the last of those ended.
    """

    end_us: Int64s
    duration_us: Int64s
    status: Codes
    warehouse_id: Int32s
    batch_id: Int64s
    attempt: Codes
    batch_size: Int32s
    error_type: Codes
    waited_us: Int64s | None
    seen: Seen

    def __len__(self) -> int:
        return len(self.end_us)

    def at(self, index: Int64s | Mask) -> "Attempts":
        """Those that `index` picks, in its order; `seen` is left as it was."""
        picked = {name: getattr(self, name)[index] for name in COLUMNS}
        waited_us = None if self.waited_us is None else self.waited_us[index]
        return Attempts(**picked, waited_us=waited_us, seen=self.seen)


COLUMNS: Final = (
    "end_us", "duration_us", "status", "warehouse_id",
    "batch_id", "attempt", "batch_size", "error_type",
)  # fmt: skip


def draw_attempts(load: Load, cut: Slice, *, ending_from_s: float = 0.0) -> list[Attempts]:
    """The attempts at the batches of a slice: first ones, second ones …, each in the order of due.

    In a load without batches there are only first ones.

    Args:
        load: what is drawn.
        cut: the slice.
        ending_from_s: batches may be left out that are done before then.
    """
    if load.profile.shape == "rows":
        return [_independent(load, cut)]
    life_s = longest_life_s(load.profile)
    reach_s = load.outages.done_by_s(cut.end_s, life_s=life_s)
    near = load.near(cut.start_s, reach_s)
    from_us = round(load.outages.due_from_s(ending_from_s, life_s=life_s) * 1e6)
    return list(_rounds(load, cut, near, from_us))


def joined(pieces: Sequence[Attempts]) -> Attempts:
    """Attempts one after another."""
    columns = {name: np.concatenate([getattr(p, name) for p in pieces]) for name in COLUMNS}
    waited = [piece.waited_us for piece in pieces if piece.waited_us is not None]
    waited_us = np.concatenate(waited) if waited else None
    return Attempts(**columns, waited_us=waited_us, seen=merged([piece.seen for piece in pieces]))


def merged(seens: Sequence[Seen]) -> Seen:
    """When each trouble first and last showed in any of them."""
    whole: Seen = {}
    for seen in seens:
        for name, (first, last) in seen.items():
            known = whole.get(name, (first, last))
            whole[name] = (min(known[0], first), max(known[1], last))
    return whole


def _rounds(load: Load, cut: Slice, near: Sequence[Trouble], from_us: int) -> Iterator[Attempts]:
    """First attempts, second attempts …, as long as there is one to be retried."""
    pauses_us = [round(pause * 1e6) for pause in pauses_s(load.profile.outcome)]
    fallen, luck = first_batches(load, cut, from_us)
    ready_us = fallen.due_us
    while True:
        attempts = _attempts(load, fallen, luck, ready_us, near)
        yield attempts
        again = np.flatnonzero(attempts.status == RETRY)
        if not len(again):
            return
        fallen, ready_us = fallen.at(again), attempts.end_us[again] + pauses_us[luck.number - 1]
        luck = later_luck(load, fallen, number=luck.number + 1)


def _attempts(
    load: Load, fallen: Fallen, luck: Luck, ready_us: Int64s, near: Sequence[Trouble]
) -> Attempts:
    """One attempt at each batch that is still alive."""
    tried = Tried(ready_us, fallen.batch_id, fallen.warehouse_id, luck, in_order=luck.number == 1)
    ends = fate(load, near, tried)
    start_us = _begun_anew(load, near, tried, ends) if load.outages else ready_us
    return Attempts(
        end_us=start_us + ends.duration_us,
        duration_us=ends.duration_us,
        status=ends.status,
        warehouse_id=fallen.warehouse_id,
        batch_id=fallen.batch_id,
        attempt=np.full(len(ready_us), luck.number, np.uint8),
        batch_size=fallen.size,
        error_type=ends.error_type,
        waited_us=start_us - ready_us if load.outages else None,
        seen=ends.seen,
    )


def _begun_anew(load: Load, near: Sequence[Trouble], tried: Tried, ends: Fate) -> Int64s:
    """When attempts start that an outage may hold up or cut short; `ends` is changed for those.

    Each begins anew when the bot is up again, as often as it takes. An outage shows from its
    start, because nothing is logged, to the end of the last attempt that it held up. What was
    cut short never ended, and shows nothing else.
    """
    start_us = tried.start_us.copy()
    moved = np.arange(len(start_us))
    held_up: list[tuple[Int64s, Int64s]] = []
    while len(moved):
        begins_us = load.outages.up_again_us(
            start_us[moved], start_us[moved] + ends.duration_us[moved]
        )
        late = begins_us > start_us[moved]
        moved, begins_us = moved[late], begins_us[late]
        if len(moved):
            start_us[moved] = begins_us
            ends.put(moved, fate(load, near, tried.at(moved, start_us=begins_us)))
            held_up.append((moved, begins_us))
    if held_up:
        settled = fate(load, near, replace(tried, start_us=start_us, in_order=False))
        ends_us = start_us + settled.duration_us
        shown = [_seen_outages(load, near, begin, ends_us[index]) for index, begin in held_up]
        ends.seen.clear()
        ends.seen.update(merged([settled.seen, *shown]))
    return start_us


def _seen_outages(load: Load, near: Sequence[Trouble], begins_us: Int64s, ends_us: Int64s) -> Seen:
    """The outages after which attempts begin."""
    seen: Seen = {}
    for trouble in near:
        if trouble.effect.down:
            over_us = load.outages.over_us(round(trouble.start_s * 1e6))
            held_up = ends_us[begins_us == over_us]
            if len(held_up):
                seen[trouble.id] = (round(trouble.start_s * 1e6), int(held_up.max()))
    return seen


def _independent(load: Load, cut: Slice) -> Attempts:
    """Rows that have nothing to do with each other, durations in whole milliseconds."""
    times_us = whole_us(due_times_s(load, cut))
    count = len(times_us)
    service = load.profile.service
    base_s = base_durations(service, count, load.stream("service.1", cut.index))
    base_s = np.minimum(base_s, duration_s(service.limit))
    luck = Luck(1, base_s, load.stream("outcome.1", cut.index).random(count))
    never = np.zeros(count, bool)
    return Attempts(
        end_us=times_us,
        duration_us=whole_us(base_s / 1e3) * 1000,  # so many whole milliseconds
        status=statuses(load.profile, luck.chance, number=1, timed_out=never),
        warehouse_id=warehouse_ids(load, cut, count),
        batch_id=cut.first_batch + np.arange(count),
        attempt=np.ones(count, np.uint8),
        batch_size=np.ones(count, np.int32),
        error_type=np.full(count, NO_ERROR, np.uint8),
        waited_us=None,
        seen={},
    )
