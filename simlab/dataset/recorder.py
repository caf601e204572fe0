"""An observer that keeps what a bot emits, as the frames of a dataset."""

from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from simlab.dataset.schema import ROWS, SAMPLES, TIMESTAMP
from simlab.events import Attempt, Event, Sample

_FLUSH_AT: Final = 16_384


class Recorder:
    """Keeps attempts and samples, packed every 16,384 of them so that a long run stays small.

    Args:
        report: told how many attempts have been kept, at each packing.
    """

    def __init__(self, report: Callable[[int], None] | None = None) -> None:
        self._report = report
        self._attempts: list[Event] = []
        self._samples: list[Event] = []
        self._rows: list[pl.DataFrame] = []
        self._readings: list[pl.DataFrame] = []
        self._kept = 0

    def emit(self, event: Event) -> None:
        """Keep the event, if it is one of the two kinds."""
        if type(event) is Attempt:
            self._attempts.append(event)
            if len(self._attempts) >= _FLUSH_AT:
                self._pack()
        elif type(event) is Sample:
            self._samples.append(event)

    def rows(self) -> pl.DataFrame:
        """All attempts so far, in the order in which they came."""
        self._pack()
        return pl.concat(self._rows)

    def samples(self) -> pl.DataFrame:
        """All samples so far, in the order in which they came."""
        self._pack()
        return pl.concat(self._readings)

    def _pack(self) -> None:
        self._kept += len(self._attempts)
        self._rows.append(frame_of(self._attempts, ROWS))
        self._readings.append(frame_of(self._samples, SAMPLES))
        self._attempts, self._samples = [], []
        if self._report is not None:
            self._report(self._kept)


def frame_of(events: Sequence[Event], columns: dict[str, pl.DataType]) -> pl.DataFrame:
    """Events as a frame with these columns, in their order."""
    series = {
        name: pl.Series(name, [getattr(event, _field(name)) for event in events], _plain(kind))
        for name, kind in columns.items()
    }
    return pl.DataFrame(series).with_columns(pl.col("timestamp").cast(TIMESTAMP))


def _field(column: str) -> str:
    return "time_us" if column == "timestamp" else column


def _plain(kind: pl.DataType) -> pl.DataType:
    """The type to build a column with: times come as microseconds."""
    return pl.Int64() if kind == TIMESTAMP else kind
