"""What batches and attempts have from the start, before any trouble acts on them.

Each column has its own stream, drawn for all batches of a slice, so that the same batch has the
same luck with an incident and without. Later attempts are few, and which there are hangs on the
trouble: their luck comes from the batch's id.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from simlab.rng import VariatesById, uniforms
from simlab.workload.arrivals import Floats, evenly_random, place, place_evenly
from simlab.workload.bursts import bursts
from simlab.workload.load import Load
from simlab.workload.micros import Int64s, whole_us
from simlab.workload.service import base_durations
from simlab.workload.size import batch_sizes
from simlab.workload.slices import Slice, peak_arrivals

Int32s: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Fallen:
    """Batches of a slice in the order in which they fall due; times in us since the load began.

    `factor` is how much slower than usual each one's warehouse is.
    """

    due_us: Int64s
    batch_id: Int64s
    warehouse_id: Int32s
    size: Int32s
    factor: Floats

    def at(self, index: Int64s) -> "Fallen":
        """Those that `index` picks."""
        return Fallen(
            self.due_us[index],
            self.batch_id[index],
            self.warehouse_id[index],
            self.size[index],
            self.factor[index],
        )


@dataclass(frozen=True)
class Luck:
    """What each attempt `number` at some batches would be if there were no trouble.

    `work_s` is how long it would take if the bot never gave up [s]; `chance`, from 0 to 1, says
    how it ends.
    """

    number: int
    work_s: Floats
    chance: Floats

    def at(self, index: Int64s) -> "Luck":
        """Of those that `index` picks."""
        return Luck(self.number, self.work_s[index], self.chance[index])


def first_batches(load: Load, cut: Slice, from_us: int = 0) -> tuple[Fallen, Luck]:
    """The batches that fall due in a slice, with the luck of the first attempts at them.

    Those due before `from_us` are left out; the others are the same with them and without.
    """
    profile = load.profile
    due_us = whole_us(due_times_s(load, cut))
    count, skipped = len(due_us), int(np.searchsorted(due_us, from_us))
    warehouse_id = warehouse_ids(load, cut, count)[skipped:]
    fallen = Fallen(
        due_us=due_us[skipped:],
        batch_id=np.arange(cut.first_batch + skipped, cut.first_batch + count),
        warehouse_id=warehouse_id,
        size=batch_sizes(profile.batch.size, count, load.stream("batch.size", cut.index))[skipped:],
        factor=load.warehouse_factors[warehouse_id],
    )
    base_s = base_durations(profile.service, count, load.stream("service.1", cut.index))[skipped:]
    chance = load.stream("outcome.1", cut.index).random(count)[skipped:]
    return fallen, Luck(1, _work_s(load, base_s, fallen), chance)


def later_luck(load: Load, fallen: Fallen, *, number: int) -> Luck:
    """Of attempt `number`, 2 or more, at some batches."""
    ids = fallen.batch_id
    base_s = base_durations(
        load.profile.service, len(ids), VariatesById(load.seed, f"service.{number}", ids)
    )
    chance = uniforms(load.seed, f"outcome.{number}", ids)
    return Luck(number, _work_s(load, base_s, fallen), chance)


def due_times_s(load: Load, cut: Slice) -> Floats:
    """When the slice's batches fall due, in order [s]."""
    usual = _usual_s(load, cut)
    if not cut.extra:
        return usual
    shape = load.intensity
    near = load.near(cut.start_s, cut.end_s)
    peaks = [trouble for trouble in near if trouble.effect.arrivals]
    edges_s, expected = peak_arrivals(shape, peaks, start_s=cut.start_s, end_s=cut.end_s)
    rng = load.stream("arrivals.peak", cut.index)
    extra = np.interp(evenly_random(cut.extra, rng) * expected[-1], expected, edges_s)
    return np.sort(np.concatenate([usual, extra]), kind="stable")  # merges two that are in order


def warehouse_ids(load: Load, cut: Slice, count: int) -> Int32s:
    """Each batch's warehouse, all equally likely."""
    rng = load.stream("warehouse_id", cut.index)
    return np.asarray(rng.integers(1, load.profile.warehouses + 1, count, dtype=np.int32))


def _usual_s(load: Load, cut: Slice) -> Floats:
    shape, rng = load.intensity, load.stream("arrivals.place", cut.index)
    match load.profile.arrivals.process:
        case "fixed":
            return place_evenly(shape, start_s=cut.start_s, end_s=cut.end_s)
        case "poisson":
            return place(shape, start_s=cut.start_s, end_s=cut.end_s, count=cut.batches, rng=rng)
        case "bursty":
            edges_s, expected = bursts(load, shape, start_s=cut.start_s, end_s=cut.end_s)
            drawn = evenly_random(cut.batches, rng) * expected[-1]
            return np.asarray(np.interp(drawn, expected, edges_s))


def _work_s(load: Load, base_s: Floats, fallen: Fallen) -> Floats:
    work_s = load.profile.service.per_item * fallen.size
    work_s += base_s
    work_s *= fallen.factor
    return np.asarray(work_s)
