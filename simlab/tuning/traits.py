"""What a workload is like, quantity by quantity, in stretches of time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.tuning.interval import whole
from simlab.workload.fit.arrivals import gaps_s
from simlab.workload.fit.distances import four_digits
from simlab.workload.fit.spans import Floats, Spans, Times, no_time

BLOCKS: Final = 40
"""As many stretches a dataset is cut into; what is drawn again by chance is whole stretches."""
LEAST_VALUES: Final = 50
"""Of a quantity with fewer values nothing is said."""

_COLUMNS: Final = ("duration", "queue_wait", "batch_size", "value")
_SAMPLED: Final = ("cpu_percent", "mem_usage_mb")
_SHARES: Final[Mapping[str, tuple[pl.Expr, pl.Expr]]] = {
    "error_ratio": (pl.col("status") == "error", pl.col("status") != "retry"),
    "retry_ratio": (pl.col("status") == "retry", pl.lit(value=True)),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Trait:
    """One quantity of a workload.

    Attributes:
        block: which stretch each value was seen in, 0 to `BLOCKS` - 1.
        value: what was seen: a number; 0 or 1 for a share; an id for a mix; 1 for a rate.
    """

    block: NDArray[np.int64]
    value: Floats


@dataclass(frozen=True, kw_only=True, eq=False)
class Traits:
    """What a dataset says about its workload, while no label showed.

    Attributes:
        values: quantities that are compared by their distribution.
        shares: of finished batches, or of attempts, that went wrong.
        mix: which warehouse each attempt was for; None when none is known.
        arrivals: an entry a batch that fell due; None for a plain series, or too few.
        length_s: how much of each stretch no label showed in [s].
        labelled: whether trouble is known, and left out.
    """

    values: Mapping[str, Trait]
    shares: Mapping[str, Trait]
    mix: Trait | None
    arrivals: Trait | None
    length_s: Floats
    labelled: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretches:
    """The time of a dataset, cut, and what of it is calm."""

    edges_us: Times
    calm: Spans

    def trait(self, time_us: Times, value: Floats) -> Trait:
        """What was seen in calm time."""
        calm = self.calm.cover(time_us)
        block = np.searchsorted(self.edges_us[1:-1], time_us[calm], side="right")
        return Trait(block=block, value=value[calm])


def traits(dataset: Dataset) -> Traits:
    """What a dataset's workload is like.

    What happened while a label showed, an incident or a look-alike, is left out, and so is the
    time. Batches fall due when their first attempt started, less the time it had waited; where
    attempts are not numbered, their last stands for the batch.

    Raises:
        InputError: there are no rows and no samples.
    """
    cut = _stretches(dataset)
    rows, attempts = dataset.rows, "status" in dataset.rows.columns
    due_us = _due_us(rows) if "duration" in rows.columns else None
    calm_due_us = None if due_us is None else due_us[cut.calm.cover(due_us)]
    values = dict(_numbers(cut, rows, _COLUMNS))
    if dataset.samples is not None:
        values |= dict(_numbers(cut, dataset.samples, _SAMPLED))
    if calm_due_us is not None and len(calm_due_us) > LEAST_VALUES:
        values["gap"] = _gaps(cut, calm_due_us)
    known = attempts and "warehouse_id" in rows.columns
    mix = dict(_numbers(cut, rows, ("warehouse_id",))) if known else {}
    return Traits(
        values=values,
        shares=_shares(cut, rows) if attempts else {},
        mix=mix.get("warehouse_id"),
        arrivals=None if due_us is None else _arrivals(cut, due_us),
        length_s=np.diff(cut.calm.before(cut.edges_us)),
        labelled=dataset.incidents is not None,
    )


def _stretches(dataset: Dataset) -> _Stretches:
    span = whole(dataset)
    edges = np.linspace(span.start_us, span.until_us, BLOCKS + 1).round().astype(np.int64)
    every = Spans(np.array([span.start_us]), np.array([span.until_us]))
    return _Stretches(edges_us=edges, calm=every.without(_trouble(dataset)))


def _trouble(dataset: Dataset) -> Spans:
    if dataset.incidents is None:
        return no_time()
    shown = dataset.incidents.drop_nulls(["visible_start", "visible_end"])
    first, last = (
        shown[name].dt.epoch("us").to_numpy() for name in ("visible_start", "visible_end")
    )
    return Spans.joining(first, last + 1)


def _numbers(
    cut: _Stretches, frame: pl.DataFrame, columns: Sequence[str]
) -> Iterator[tuple[str, Trait]]:
    """The columns that have values enough."""
    for column in columns:
        if column not in frame.columns:
            continue
        seen = frame.select("timestamp", pl.col(column).cast(pl.Float64).fill_nan(None))
        seen = seen.drop_nulls()
        found = cut.trait(
            seen["timestamp"].dt.epoch("us").to_numpy(), four_digits(seen[column].to_numpy())
        )
        if found.value.size >= LEAST_VALUES:
            yield column, found


def _shares(cut: _Stretches, rows: pl.DataFrame) -> dict[str, Trait]:
    found = {}
    for name, (bad, among) in _SHARES.items():
        seen = rows.filter(among).select("timestamp", bad=bad.cast(pl.Float64))
        time_us = seen["timestamp"].dt.epoch("us").to_numpy()
        found[name] = cut.trait(time_us, seen["bad"].to_numpy())
    return {name: trait for name, trait in found.items() if trait.value.size >= LEAST_VALUES}


def _due_us(rows: pl.DataFrame) -> Times:
    """When batches fell due, in order."""
    numbered = "attempt" in rows.columns and rows["attempt"].null_count() < rows.height
    opens = pl.col("attempt") == 1 if numbered else pl.col("status") != "retry"
    waited = pl.col("queue_wait") if "queue_wait" in rows.columns else pl.lit(None, pl.Float64)
    stayed_s = pl.col("duration").fill_nan(None).fill_null(0.0) + waited.fill_nan(None).fill_null(
        0.0
    )
    stayed_us = (stayed_s * US_PER_S).round().cast(pl.Int64)
    due = rows.filter(opens).select(pl.col("timestamp").dt.epoch("us") - stayed_us)
    return np.sort(due.to_series().to_numpy())


def _arrivals(cut: _Stretches, due_us: Times) -> Trait | None:
    found = cut.trait(due_us, np.ones(len(due_us)))
    return found if found.value.size >= LEAST_VALUES else None


def _gaps(cut: _Stretches, due_us: Times) -> Trait:
    """Gaps between batches that fell due, none across trouble, where the second one did."""
    same = np.diff(cut.calm.number(due_us)) == 0
    return cut.trait(due_us[1:][same], four_digits(gaps_s(due_us, cut.calm)))
