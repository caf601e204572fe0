"""Which episodes belong to which incidents: decided here, once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.dataset.schema import INCIDENTS, empty
from simlab.errors import InputError

EVERY_WAREHOUSE: Final = -1
"""In place of a warehouse's id: an episode of a rule that does not tell them apart."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Labelled intervals during which something showed, sorted by `start_us`.

    Attributes:
        id: the labels' own names.
        kind: what kind of trouble, or of look-alike, each is.
        start_us: when it began to show [µs since 1970], included.
        end_us: when it ceased to show [µs since 1970], included.
        judged: whether it began to show within the judged interval. The others are known
            only so that what fires in them is no false alarm.
        warehouses: which it concerns, an entry a window; None is all.
    """

    id: tuple[str, ...]
    kind: tuple[str, ...]
    start_us: NDArray[np.int64]
    end_us: NDArray[np.int64]
    judged: NDArray[np.bool_]
    warehouses: tuple[frozenset[int] | None, ...]

    def concerning(self, warehouse_id: int) -> NDArray[np.int64]:
        """The positions of those that an episode of this warehouse may belong to, ascending."""
        every = warehouse_id == EVERY_WAREHOUSE
        concerned = (every or ids is None or warehouse_id in ids for ids in self.warehouses)
        return np.flatnonzero(np.fromiter(concerned, dtype=np.bool_, count=len(self.id)))

    def at(self, positions: NDArray[np.int64]) -> "Windows":
        """Some of them."""
        kept = positions.tolist()
        return Windows(
            id=tuple(self.id[position] for position in kept),
            kind=tuple(self.kind[position] for position in kept),
            start_us=self.start_us[positions],
            end_us=self.end_us[positions],
            judged=self.judged[positions],
            warehouses=tuple(self.warehouses[position] for position in kept),
        )


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What a rule should fire on, and what it should not be fooled by."""

    incidents: Windows
    lookalikes: Windows


@dataclass(frozen=True, kw_only=True)
class Match:
    """Episodes against the truth.

    Attributes:
        incident: for each episode, the position of the first incident in whose window it
            starts; -1 for a false alarm.
        lookalike: for each false alarm, the position of the first look-alike in whose window
            it starts; -1 for the other episodes.
        delay_s: for each incident, from `visible_start` to the first episode that starts in
            its window [s], 0 or more; NaN when none does.
    """

    incident: NDArray[np.int64]
    lookalike: NDArray[np.int64]
    delay_s: NDArray[np.float64]


def truth(incidents: pl.DataFrame, *, from_us: int, until_us: int) -> Truth:
    """The windows of a dataset's `incidents`.

    What showed nothing (`visible_start` or `visible_end` is null) is left out. Judged is what
    began to show at `from_us` or later and before `until_us`.

    Raises:
        InputError: one ceased to show before it began to.
    """
    _refuse_inverted(incidents)
    shown = incidents.drop_nulls(["visible_start", "visible_end"]).sort(
        "visible_start", "visible_end", maintain_order=True
    )
    return Truth(
        incidents=_windows(shown.filter(~pl.col("lookalike")), from_us, until_us),
        lookalikes=_windows(shown.filter(pl.col("lookalike")), from_us, until_us),
    )


def no_truth() -> Truth:
    """That nothing is known to have happened."""
    return truth(empty(INCIDENTS), from_us=0, until_us=0)


def match(
    start_us: NDArray[np.int64],
    truth: Truth,
    *,
    warehouse_id: NDArray[np.int64] | None = None,
) -> Match:
    """Decide each episode by its start, and each incident by the first start in its window.

    A window includes both its ends. Overlapping incidents stay apart: one episode may catch
    several. A look-alike is never an incident, and an episode that starts in an incident is
    true whatever look-alike lies over it. An episode of one warehouse belongs only to what
    concerns that warehouse.

    Args:
        start_us: when episodes started [µs since 1970], ascending.
        truth: the windows.
        warehouse_id: which warehouse each episode is of, `EVERY_WAREHOUSE` where its rule does
            not tell them apart; None is that for all.
    """
    incident, delay_s = _against(start_us, truth.incidents, warehouse_id)
    lookalike, _ = _against(start_us, truth.lookalikes, warehouse_id)
    return Match(
        incident=incident, lookalike=np.where(incident < 0, lookalike, -1), delay_s=delay_s
    )


def delays_s(start_us: NDArray[np.int64], incidents: Windows) -> NDArray[np.float64]:
    """For each window how long until the first of ascending moments in it [s]; NaN for none."""
    never = np.iinfo(np.int64).max
    first_us = np.append(start_us, never)[np.searchsorted(start_us, incidents.start_us)]
    caught = first_us <= incidents.end_us
    return np.where(caught, (first_us - incidents.start_us) / US_PER_S, np.nan)


def pairs(
    start_us: NDArray[np.int64], windows: Windows, warehouse_id: NDArray[np.int64] | None
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Positions of the episodes of one warehouse, and of the windows that concern it, by warehouse."""
    if warehouse_id is None:
        yield np.arange(start_us.size), np.arange(len(windows.id))
        return
    for warehouse in np.unique(warehouse_id).tolist():
        yield np.flatnonzero(warehouse_id == warehouse), windows.concerning(warehouse)


def _against(
    start_us: NDArray[np.int64], windows: Windows, warehouse_id: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each episode its window, -1 for none; for each window the delay, NaN for none [s]."""
    if warehouse_id is None:  # what a search asks for, thousands of times
        return first_around(start_us, windows), delays_s(start_us, windows)
    around = np.full(start_us.size, -1, dtype=np.int64)
    delay_s = np.full(len(windows.id), np.nan)
    for episodes, positions in pairs(start_us, windows, warehouse_id):
        some, starts = windows.at(positions), start_us[episodes]
        # The last is where -1, no window at all, points.
        around[episodes] = np.append(positions, -1)[first_around(starts, some)]
        delay_s[positions] = np.fmin(delay_s[positions], delays_s(starts, some))
    return around, delay_s


def _refuse_inverted(incidents: pl.DataFrame) -> None:
    inverted = incidents.filter(pl.col("visible_end") < pl.col("visible_start"))
    for row in inverted.head(1).iter_rows(named=True):
        raise InputError(
            f"incident {row['id']!r}: found visible_end {row['visible_end']:%Y-%m-%dT%H:%M:%SZ} "
            f"before visible_start {row['visible_start']:%Y-%m-%dT%H:%M:%SZ}, expected it after; "
            "swap them"
        )


def _windows(shown: pl.DataFrame, from_us: int, until_us: int) -> Windows:
    start_us = shown["visible_start"].dt.timestamp("us").to_numpy()
    return Windows(
        id=tuple(shown["id"]),
        kind=tuple(shown["kind"]),
        start_us=start_us,
        end_us=shown["visible_end"].dt.timestamp("us").to_numpy(),
        judged=(start_us >= from_us) & (start_us < until_us),
        warehouses=tuple(None if ids is None else frozenset(ids) for ids in shown["warehouses"]),
    )


def first_around(moment_us: NDArray[np.int64], windows: Windows) -> NDArray[np.int64]:
    """The position of the first window that holds each moment, -1 for none.

    The first window whose end raises the running maximum to the moment is the first that ends
    late enough. When it starts too late, so do all after it.
    """
    if not windows.start_us.size:
        return np.full(moment_us.size, -1, dtype=np.int64)
    position = np.searchsorted(np.maximum.accumulate(windows.end_us), moment_us, side="left")
    candidate = np.minimum(position, windows.start_us.size - 1)
    around = (position == candidate) & (windows.start_us[candidate] <= moment_us)
    return np.where(around, candidate, -1)
