"""What becomes of attempts: their luck, and the troubles that act on them when they start."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from simlab.config import duration_s
from simlab.rng import uniforms
from simlab.workload.arrivals import Floats
from simlab.workload.incidents import Trouble
from simlab.workload.load import Load
from simlab.workload.luck import Int32s, Luck
from simlab.workload.micros import Int64s, whole_us
from simlab.workload.outcome import (
    SUCCESS,
    TIMEOUT,
    Codes,
    Mask,
    declared_types,
    error_types,
    statuses,
)

Seen: TypeAlias = dict[str, tuple[int, int]]
"""For each trouble that showed, by its id: when first and when last [us since the load began]."""

VISIBLE_SLOWDOWN: Final = 1.1
"""An attempt shows an incident that made it a tenth longer, or that changed how it ended."""


@dataclass(frozen=True)
class Tried:
    """Attempts that start at a time and a place, with their luck; arrays of one length.

    `start_us` counts from the load's beginning, and may be known to be in order.
    """

    start_us: Int64s
    batch_id: Int64s
    warehouse_id: Int32s
    luck: Luck
    in_order: bool

    def between(self, from_us: int, until_us: int) -> Int64s:
        """Those that start from one moment to before another, by index."""
        if self.in_order:
            return np.arange(*np.searchsorted(self.start_us, (from_us, until_us)))
        return np.flatnonzero((self.start_us >= from_us) & (self.start_us < until_us))

    def at(self, index: Int64s, *, start_us: Int64s | None = None) -> "Tried":
        """Those that `index` picks, maybe starting at another time."""
        return Tried(
            start_us=self.start_us[index] if start_us is None else start_us,
            batch_id=self.batch_id[index],
            warehouse_id=self.warehouse_id[index],
            luck=self.luck.at(index),
            in_order=False,
        )


@dataclass(frozen=True)
class Fate:
    """How long attempts work and how they end, as codes; `error_type` may be `NO_ERROR`."""

    duration_us: Int64s
    status: Codes
    error_type: Codes
    seen: Seen

    def put(self, index: Int64s, other: "Fate") -> None:
        """Another fate for those that `index` picks."""
        self.duration_us[index] = other.duration_us
        self.status[index] = other.status
        self.error_type[index] = other.error_type


def fate(load: Load, near: Sequence[Trouble], tried: Tried) -> Fate:
    """What becomes of attempts, where `near` are the troubles that may act on them."""
    calm = calm_fate(load, tried.luck)
    hits = list(_hits(load, near, tried))
    if hits:
        _spoil(load, tried, hits, calm)
    return calm


def calm_fate(load: Load, luck: Luck) -> Fate:
    """What becomes of attempts without any trouble."""
    limit_s = duration_s(load.profile.service.limit)
    timed_out = luck.work_s >= limit_s
    status = statuses(load.profile, luck.chance, number=luck.number, timed_out=timed_out)
    types = declared_types(load.profile, status, luck.chance)
    types[timed_out] = TIMEOUT
    return Fate(whole_us(np.minimum(luck.work_s, limit_s)), status, types, {})


@dataclass(frozen=True)
class _Added:
    """What troubles add for each attempt: a factor, probabilities, and how many hang it."""

    slowdown: Floats
    error: Floats
    retry: Floats
    hanging: Floats

    @classmethod
    def joined(cls, pieces: Sequence["_Added"]) -> "_Added":
        """To those of one after those of another."""
        return cls(
            np.concatenate([piece.slowdown for piece in pieces]),
            np.concatenate([piece.error for piece in pieces]),
            np.concatenate([piece.retry for piece in pieces]),
            np.concatenate([piece.hanging for piece in pieces]),
        )

    def less(self, other: "_Added") -> "_Added":
        """Without what another adds."""
        return _Added(
            self.slowdown / other.slowdown,
            self.error - other.error,
            self.retry - other.retry,
            self.hanging - other.hanging,
        )

    def at(self, index: Int64s) -> "_Added":
        """To those that `index` picks."""
        return _Added(
            self.slowdown[index], self.error[index], self.retry[index], self.hanging[index]
        )


@dataclass(frozen=True)
class _Hit:
    """The attempts that one trouble acts on, by index in order, and what it adds to each."""

    trouble: Trouble
    index: Int64s
    added: _Added

    @classmethod
    def of(cls, load: Load, trouble: Trouble, tried: Tried, inside: Int64s) -> "_Hit":
        effect, strength = trouble.effect, trouble.strength(tried.start_us[inside] / 1e6)
        hanging = np.zeros(len(inside))
        if effect.stuck:
            name = f"stuck.{trouble.id}.{tried.luck.number}"
            chance = uniforms(load.seed, name, tried.batch_id[inside])
            hanging = (chance < effect.stuck * strength).astype(np.float64)
        return cls(
            trouble,
            inside,
            _Added(
                slowdown=1 + effect.slowdown * strength,
                error=effect.error * strength,
                retry=effect.retry * strength,
                hanging=hanging,
            ),
        )


def _hits(load: Load, near: Sequence[Trouble], tried: Tried) -> Iterator[_Hit]:
    """The troubles that act on any of the attempts."""
    for trouble in near:
        if trouble.effect.on_attempts:
            inside = tried.between(round(trouble.start_s * 1e6), round(trouble.end_s * 1e6))
            if trouble.warehouses is not None:
                inside = inside[trouble.touches(tried.warehouse_id[inside])]
            if len(inside):
                yield _Hit.of(load, trouble, tried, inside)


def _spoil(load: Load, tried: Tried, hits: Sequence[_Hit], fate: Fate) -> None:
    """Change the fate of those that troubles act on, and note which trouble showed when."""
    groups = list(_apart(hits))
    sums = [_sum(group) for group in groups]
    touched = np.concatenate([index for index, _ in sums])
    usual_us, usual = fate.duration_us[touched], fate.status[touched]
    luck, added = tried.luck.at(touched), _Added.joined([each for _, each in sums])
    spoiled, timed_out = _ends(load, luck, added)
    fate.put(touched, spoiled)
    first = 0
    for group, (index, each) in zip(groups, sums, strict=True):
        here, first = slice(first, first + len(index)), first + len(index)
        if len(group) == 1:
            _tell(tried, group[0], fate, usual_us[here], usual[here])
        else:
            _tell_apart(load, tried, group, fate, index, each)
    fate.error_type[touched[timed_out]] = TIMEOUT


def _apart(hits: Sequence[_Hit]) -> Iterator[list[_Hit]]:
    """Groups of which no two act on the same stretch of attempts; each in the order of `hits`."""
    group: list[int] = []
    reach = -1
    for place in sorted(range(len(hits)), key=lambda place: int(hits[place].index[0])):
        if group and hits[place].index[0] > reach:
            yield [hits[each] for each in sorted(group)]
            group = []
        group.append(place)
        reach = max(reach, int(hits[place].index[-1]))
    yield [hits[each] for each in sorted(group)]


def _sum(hits: Sequence[_Hit]) -> tuple[Int64s, _Added]:
    """The attempts that any of them acts on, in order, and what all of them add to each."""
    if len(hits) == 1:
        return hits[0].index, hits[0].added
    low, high = min(int(hit.index[0]) for hit in hits), max(int(hit.index[-1]) for hit in hits) + 1
    here = np.zeros(high - low, bool)
    whole = _Added(np.ones(high - low), *np.zeros((3, high - low)))
    for hit in hits:
        index = hit.index - low
        here[index] = True
        whole.slowdown[index] *= hit.added.slowdown
        whole.error[index] += hit.added.error
        whole.retry[index] += hit.added.retry
        whole.hanging[index] += hit.added.hanging
    touched = np.flatnonzero(here)
    return touched + low, whole.at(touched)


def _ends(load: Load, luck: Luck, added: _Added) -> tuple[Fate, Mask]:
    """What becomes of attempts under trouble, and which of them the bot gives up."""
    limit_s = duration_s(load.profile.service.limit)
    work_s = luck.work_s * added.slowdown
    work_s[added.hanging > 0] = limit_s
    timed_out = work_s >= limit_s
    status = statuses(
        load.profile,
        luck.chance,
        number=luck.number,
        timed_out=timed_out,
        error=added.error,
        retry=added.retry,
    )
    types = declared_types(load.profile, status, luck.chance)
    return Fate(whole_us(np.minimum(work_s, limit_s)), status, types, {}), timed_out


def _tell_apart(
    load: Load, tried: Tried, hits: Sequence[_Hit], fate: Fate, touched: Int64s, added: _Added
) -> None:
    """Of several that may act on the same attempts, each shows where all but it would differ."""
    for hit in hits:
        rest = added.at(np.searchsorted(touched, hit.index)).less(hit.added)
        without, _ = _ends(load, tried.luck.at(hit.index), rest)
        _tell(tried, hit, fate, without.duration_us, without.status)


def _tell(tried: Tried, hit: _Hit, fate: Fate, usual_us: Int64s, usual: Codes) -> None:
    """Note which attempts show this trouble: those that would be otherwise without it alone."""
    here, weights = hit.index, hit.trouble.effect.error_types
    changed = fate.status[here] != usual
    if weights:
        failed = here[changed & (fate.status[here] != SUCCESS)]
        fate.error_type[failed] = error_types(weights, tried.luck.chance[failed])
    shown = here[changed | (fate.duration_us[here] >= VISIBLE_SLOWDOWN * usual_us)]
    if len(shown):
        ends_us = tried.start_us[shown] + fate.duration_us[shown]
        fate.seen[hit.trouble.id] = (int(ends_us.min()), int(ends_us.max()))
