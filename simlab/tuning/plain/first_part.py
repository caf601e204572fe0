"""The first part of a series, measured: all that a choice may look at."""

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from simlab.alerts.rule import DAY_US
from simlab.dataset.schema import TIMESTAMP, Dataset
from simlab.errors import ConfigError
from simlab.tuning.backtest import labels_of
from simlab.tuning.interval import Interval, when, whole
from simlab.tuning.plain.evidence import Evidence, evidence
from simlab.tuning.plain.family import FAMILY, Family, Frozen
from simlab.tuning.plain.frozen import frozen

WARM_US: Final = 4 * DAY_US
"""What the windows see before anything is judged: three days for the time of day, and one."""


@dataclass(frozen=True, kw_only=True)
class FirstPart:
    """The first part of one series.

    Attributes:
        name: of the series.
        until_us: where the part ends [µs since 1970], not included.
        frozen: what the rules freeze.
        evidence: what they do on it, once four days, or half of it, have warmed the windows.
        not_finite: how many of its values are NaN or infinite.
    """

    name: str
    until_us: int
    frozen: Frozen
    evidence: Evidence
    not_finite: int


def first_part(
    dataset: Dataset, *, until_us: int | None = None, family: Family = FAMILY
) -> FirstPart:
    """Measure a series before a moment; its middle in time for None.

    Raises:
        InputError: there is no value, or less than two days of it.
        ConfigError: no row lies before the moment.
    """
    span = whole(dataset)
    end_us = (span.start_us + span.until_us) // 2 if until_us is None else until_us
    if end_us <= span.start_us:
        raise ConfigError(
            f"{dataset.name}: found a first part until {when(end_us)}, expected its end after "
            f"the first row's {when(span.start_us)}"
        )
    end_us = min(end_us, span.until_us)
    part = _before(dataset, end_us)
    measured = frozen(part, family=family)
    warm_us = min(WARM_US, (end_us - span.start_us) // 2)
    judged = Interval(start_us=span.start_us + warm_us, until_us=end_us)
    truth = labels_of(part, judged)
    seen = evidence(part, measured, interval=judged, truth=truth, family=family)
    finite = part.rows["value"].drop_nulls().cast(pl.Float64).is_finite()
    return FirstPart(
        name=dataset.name,
        until_us=end_us,
        frozen=measured,
        evidence=seen,
        not_finite=int((~finite).sum()),
    )


def _before(dataset: Dataset, until_us: int) -> Dataset:
    """The rows before a moment; a label that starts later holds nothing of them."""
    until = pl.lit(until_us).cast(TIMESTAMP)
    return replace(dataset, rows=dataset.rows.filter(pl.col("timestamp") < until))
