"""A whole load before any trouble acts: its batches, with the luck of every attempt there may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simlab.dataset.batches import Batches
from simlab.dataset.schema import ERROR_TYPES, STATUSES
from simlab.workload.arrivals import Floats
from simlab.workload.fate import Fate, calm_fate
from simlab.workload.load import Load
from simlab.workload.luck import Fallen, Luck, first_batches, later_luck
from simlab.workload.outcome import RETRY, Codes
from simlab.workload.slices import Slice, parts, pauses_s

Kind = TypeVar("Kind", bound=np.generic)
Name = TypeVar("Name")


@dataclass(frozen=True)
class Calm:
    """The batches, and for each as many attempts as a batch can have.

    `batches` says how attempts go without trouble; the rest, an entry an attempt, is what their
    fate hangs on with it: how long each would take if the bot never gave up [s], and its luck
    from 0 to 1.
    """

    load: Load
    batches: Batches
    work_s: Floats
    chance: Floats

    @property
    def attempts_each(self) -> int:
        """How many attempts a batch can have."""
        return self.load.profile.outcome.max_attempts


def calm_of(load: Load) -> Calm:
    """The calm of a load; where the rows decide how long it is, of as many batches as rows.

    A batch has one attempt at the least, so those are enough.
    """
    pieces = [_piece(load, cut) for cut in _slices(load)]
    fallen = [piece[0] for piece in pieces]
    return Calm(
        load=load,
        batches=_batches(load, fallen, [piece[2] for piece in pieces]),
        work_s=_side_by_side([[luck.work_s for luck in piece[1]] for piece in pieces]),
        chance=_side_by_side([[luck.chance for luck in piece[1]] for piece in pieces]),
    )


def _slices(load: Load) -> Iterator[Slice]:
    wanted = load.rows_wanted
    for part in parts(load):
        for cut in part.slices[part.before :]:
            yield cut
            if wanted is not None and cut.first_batch + cut.batches + cut.extra > wanted:
                return


def _piece(load: Load, cut: Slice) -> tuple[Fallen, list[Luck], list[Fate]]:
    """A slice's batches, with luck and fate of first attempts, of second ones …"""
    fallen, luck = first_batches(load, cut)
    numbers = range(2, load.profile.outcome.max_attempts + 1)
    lucks = [luck, *(later_luck(load, fallen, number=number) for number in numbers)]
    return fallen, lucks, [calm_fate(load, each) for each in lucks]


def _batches(load: Load, fallen: Sequence[Fallen], fates: Sequence[list[Fate]]) -> Batches:
    most = load.profile.outcome.max_attempts
    status = _side_by_side([[fate.status for fate in each] for each in fates])
    error_type = _side_by_side([[fate.error_type for fate in each] for each in fates])
    work_us = _side_by_side([[fate.duration_us for fate in each] for each in fates])
    due_us = np.concatenate([each.due_us for each in fallen]) + load.profile.start_us
    pauses_us = [0, *(round(pause * 1e6) for pause in pauses_s(load.profile.outcome))]
    return Batches(
        due_us=due_us,
        batch_id=np.concatenate([each.batch_id for each in fallen]),
        warehouse_id=np.concatenate([each.warehouse_id for each in fallen]).astype(np.int64),
        batch_size=np.concatenate([each.size for each in fallen]).astype(np.int64),
        first_attempt=np.arange(len(due_us) + 1) * most,
        work_us=work_us,
        pause_us=np.tile(np.array(pauses_us, np.int64), len(due_us)),
        goes_on=status == RETRY,
        status=_named(STATUSES, status),
        error_type=_named((*ERROR_TYPES, None), error_type),
    )


def _side_by_side(columns: Sequence[Sequence[npt.NDArray[Kind]]]) -> npt.NDArray[Kind]:
    """Slices one after another, in each all attempts at a batch side by side."""
    return np.concatenate([np.stack(each, axis=1) for each in columns]).ravel()


def _named(names: Sequence[Name], codes: Codes) -> list[Name]:
    named: list[Name] = np.array(names, object)[codes].tolist()
    return named
