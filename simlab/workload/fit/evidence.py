"""What a log has to say: its attempts outside of incidents, cut in two by time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.workload.fit.spans import Floats, Spans, Times, no_time

LEAST_ATTEMPTS: Final = 200
LEAST_S: Final = 300.0
LEAST_HELD: Final = 20
LONGEST_S: Final = 3600.0
"""What no attempt of a profile takes longer than."""
_CENTURY_S: Final = 100 * 365.25 * 86_400
_STRETCH_S: Final = 600.0
_MOST_STRETCHES: Final = 20


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A log made ready to be fitted.

    Attributes:
        name: where it comes from.
        rows: all attempts outside of incidents, with `end_us`, `start_us`, `due_us` [µs since
            1970], and `opens`, which says whether the row stands for its batch's coming: its
            first attempt, or, where attempts are not numbered, its last. `duration` is null
            where there was none above 0.
        samples: those outside of incidents; None when there are none.
        start_us: when the first row ended.
        end_us: when the last row ended.
        learn: the time to learn from.
        held: the time held out, to judge by.
        due_until_us: until then the batches that fell due are in the log, all but one in 100:
            later ones may have been at work when it ended.
        notes: what was left out.
    """

    name: str
    rows: pl.DataFrame
    samples: pl.DataFrame | None
    start_us: int
    end_us: int
    learn: Spans
    held: Spans
    due_until_us: int
    notes: tuple[str, ...]

    def ended(self, within: Spans) -> pl.DataFrame:
        """The attempts that ended within these spans and worked for some time."""
        worked = self.rows.filter(pl.col("duration").is_not_null())
        return worked.filter(within.cover(worked["end_us"].to_numpy()))

    def due(self, within: Spans) -> tuple[Times, Spans]:
        """When the batches of these spans fell due, in order, and the spans as far as known."""
        known = within.without(_span(self.due_until_us, np.iinfo(np.int64).max))
        due_us = np.sort(self.rows.filter("opens")["due_us"].to_numpy())
        return due_us[known.cover(due_us)], known


def evidence_of(dataset: Dataset, *, held_out: float) -> Evidence:
    """A dataset made ready to be fitted, `held_out` of its time set apart.

    The time is cut into up to 20 equal stretches, of at least ten minutes where there are so
    many, and the last part of each is held out. So both parts see every hour and any trend; gaps
    between arrivals stay whole; and neighbours in time, which are alike in real logs, are mostly
    on the same side, as they would not be in a random split.

    Raises:
        InputError: rows are no attempts, or there is too little of them.
        ConfigError: `held_out` is not from 0.05 to 0.8.
    """
    if not 0.05 <= held_out <= 0.8:
        raise ConfigError(f"--held-out {held_out:g}: expected a share from 0.05 to 0.8")
    if "duration" not in dataset.rows.columns:
        raise InputError(
            f"{dataset.name}: a plain series of timestamp,value; a fit needs attempts: say which "
            "column is their duration, such as --map duration=elapsed_ms/1000"
        )
    timed, trouble = _timed(dataset.rows), _trouble(dataset)
    rows = timed.filter(~trouble.cover(timed["end_us"].to_numpy()))
    _check_attempts(dataset.name, rows, left_out=len(timed) - len(rows))
    start_us, end_us = int(timed["end_us"][0]), int(timed["end_us"][-1])
    held = _held(start_us, end_us + 1, share=held_out)
    evidence = Evidence(
        name=dataset.name,
        rows=rows,
        samples=_calm_samples(dataset, trouble),
        start_us=start_us,
        end_us=end_us,
        learn=_span(start_us, end_us + 1).without(held).without(trouble),
        held=held.without(trouble),
        due_until_us=end_us - _usual_stay_us(rows),
        notes=(*_trouble_notes(dataset, timed, rows, trouble), *_duration_notes(rows)),
    )
    _check_time(dataset.name, _span(start_us, evidence.due_until_us).without(trouble).length_s)
    _check_parts(evidence)
    return evidence


def _span(start_us: int, end_us: int) -> Spans:
    return Spans(np.array([start_us]), np.array([max(start_us, end_us)]))


def _timed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the moments of their attempts; durations that cannot be are null."""
    worked = (pl.col("duration") > 0) & (pl.col("duration") < _CENTURY_S)
    waited = pl.col("queue_wait").fill_nan(None).fill_null(0.0).clip(0.0, _CENTURY_S)
    numbered = rows["attempt"].null_count() < len(rows)
    opens = pl.col("attempt") == 1 if numbered else pl.col("status") != "retry"
    return (
        rows.with_columns(
            duration=pl.when(worked).then("duration"),
            end_us=pl.col("timestamp").dt.epoch("us"),
            opens=opens.fill_null(value=False),
        )
        .with_columns(start_us=pl.col("end_us") - _us(pl.col("duration").fill_null(0.0)))
        .with_columns(due_us=pl.col("start_us") - _us(waited))
        .sort("end_us", maintain_order=True)
    )


def _usual_stay_us(rows: pl.DataFrame) -> int:
    """From due to done, for all attempts but one in 100."""
    stays_us = rows["end_us"] - rows["due_us"]
    return round(stays_us.quantile(0.99) or 0.0)


def _us(seconds: pl.Expr) -> pl.Expr:
    return (seconds * US_PER_S).round().cast(pl.Int64)


def _trouble(dataset: Dataset) -> Spans:
    """While an incident showed, both its ends included; look-alikes are part of usual life."""
    if dataset.incidents is None:
        return no_time()
    shown = dataset.incidents.filter(~pl.col("lookalike")).drop_nulls(
        ["visible_start", "visible_end"]
    )
    ends = (shown[name].dt.epoch("us").to_numpy() for name in ("visible_start", "visible_end"))
    first, last = ends
    return Spans.joining(first, last + 1)


def _held(start_us: int, end_us: int, *, share: float) -> Spans:
    span_us = end_us - start_us
    count = int(np.clip(span_us // round(_STRETCH_S * US_PER_S), 2, _MOST_STRETCHES))
    ends = start_us + np.arange(1, count + 1) * span_us // count
    return Spans(ends - round(span_us / count * share), ends)


def _calm_samples(dataset: Dataset, trouble: Spans) -> pl.DataFrame | None:
    if dataset.samples is None:
        return None
    times_us = dataset.samples["timestamp"].dt.epoch("us").to_numpy()
    return dataset.samples.filter(~trouble.cover(times_us))


def _check_attempts(name: str, rows: pl.DataFrame, *, left_out: int) -> None:
    found = rows["duration"].count()
    outside = " outside of incidents" if left_out else ""
    if not found:
        raise InputError(
            f"{name}: no duration above 0 in its {len(rows):,} rows{outside}; a fit needs "
            f"{LEAST_ATTEMPTS} attempts that worked for some time [s]"
        )
    if found < LEAST_ATTEMPTS:
        raise InputError(
            f"{name}: too little to fit: {found} attempts with a duration{outside}; "
            f"{LEAST_ATTEMPTS} are needed"
        )
    _check_lengths(name, rows)


def _check_lengths(name: str, rows: pl.DataFrame) -> None:
    median_s = float(np.median(durations(rows.drop_nulls("duration"))))
    if median_s > LONGEST_S:
        raise InputError(
            f"{name}: half of the attempts took {median_s / 3600:.3g} h or more; a profile's take "
            "an hour at most"
        )


def _check_time(name: str, found_s: float) -> None:
    if found_s < LEAST_S:
        raise InputError(
            f"{name}: too little to fit: {found_s / 60:.3g} min of time that is no incident's, the "
            f"last attempts' work left out; {LEAST_S / 60:g} min are needed"
        )


def _check_parts(evidence: Evidence) -> None:
    for part, spans in (("to learn from", evidence.learn), ("held out", evidence.held)):
        found = len(evidence.ended(spans))
        if found < LEAST_HELD or len(evidence.due(spans)[0]) < 2:
            raise InputError(
                f"{evidence.name}: too little to fit: {found} attempts in the part {part}; "
                f"{LEAST_HELD} are needed, so use a longer log or another --held-out"
            )


def _trouble_notes(
    dataset: Dataset, timed: pl.DataFrame, rows: pl.DataFrame, trouble: Spans
) -> list[str]:
    if dataset.incidents is None:
        return ["incidents are unknown: all rows count as usual life, trouble included"]
    if len(rows) == len(timed):
        return []
    minutes = trouble.length_s / 60
    gone = len(timed) - len(rows)
    return [f"left out: {gone:,} rows and the {minutes:,.1f} min while incidents showed"]


def _duration_notes(rows: pl.DataFrame) -> list[str]:
    none = rows["duration"].null_count()
    if not none:
        return []
    share = none / len(rows)
    return [f"{none:,} rows ({share:.2%}) have no duration above 0: durations are of the others"]


def durations(attempts: pl.DataFrame) -> Floats:
    """How long these attempts worked [s]."""
    worked_s: Floats = attempts["duration"].to_numpy()
    return worked_s
