"""What a profile and a seed will make, told before anything is made."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from simlab.workload.arrivals import Floats, Intensity, intensity
from simlab.workload.incidents import Trouble
from simlab.workload.load import load_of
from simlab.workload.profile import Profile
from simlab.workload.utilisation import (
    attempts_with,
    mean_attempts,
    peak_utilisation,
    rates_per_hour,
    service_times_s,
    span_s,
    timeout_share,
    work_s,
)

_ROW_BYTES: Final[Mapping[str, Mapping[str, float]]] = {
    "batches": {"parquet": 14.0, "csv": 61.0, "jsonl": 182.0},
    "rows": {"parquet": 7.0, "csv": 43.0, "jsonl": 96.0},
}
"""What a row takes on disk by the profile's shape, measured on 200,000 rows."""
_HOUR_S: Final = 3_600.0
_STEPS: Final = 64
"""In how many steps a trouble's course is added up."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be expected of a load; counts and rates are means, troubles are as drawn.

    Attributes:
        profile: the load.
        seed: whose troubles these are.
        incidents: whether the profile's incidents are injected.
        span_s: how long batches keep falling due [s].
        batches: how many do, those of load peaks among them.
        rows: attempts at them, with the retries that incidents bring; exact where the profile
            says how many.
        size_bytes: of the rows, by format [bytes]; packed text takes about a tenth.
        hourly: batches an hour by hour of the day, 24 of them; NaN for hours it does not touch.
        weekday: batches an hour by weekday, Monday first; NaN for days it does not touch.
        mean_per_hour: batches an hour, load peaks left out.
        peak_per_hour: the same in the busiest hour.
        service_mean_s: of an attempt's duration without incidents [s].
        service_p50_s: half of the attempts take no longer [s].
        service_p95_s: 95 % take no longer [s].
        service_p99_s: 99 % take no longer [s].
        timeout_share: of attempts that reach the profile's limit, 0 to 1.
        attempts_per_batch: on average, without incidents.
        utilisation: the share of time that the workers are busy, without incidents and peaks.
        peak_utilisation: the same in the busiest hour; above 1 a queue builds up in it.
        troubles: incidents and look-alikes that begin in that time, by their start.
    """

    profile: Profile
    seed: int
    incidents: bool
    span_s: float
    batches: int
    rows: int
    size_bytes: Mapping[str, int]
    hourly: tuple[float, ...]
    weekday: tuple[float, ...]
    mean_per_hour: float
    peak_per_hour: float
    service_mean_s: float
    service_p50_s: float
    service_p95_s: float
    service_p99_s: float
    timeout_share: float
    attempts_per_batch: float
    utilisation: float
    peak_utilisation: float
    troubles: tuple[Trouble, ...]

    @property
    def cautions(self) -> list[str]:
        """What to know before making it."""
        if self.peak_utilisation <= 1:
            return []
        needed = int(np.ceil(self.profile.workers * self.peak_utilisation))
        asked = f"{self.peak_utilisation:.0%} of what {self.profile.workers} workers can do"
        remedy = f"set workers to {needed}, or lower arrivals.per_minute"
        return [f"in the busiest hour the work is {asked}, so a queue builds up; {remedy}"]


def plan(
    profile: Profile, *, seed: int, incidents: bool = True, without: Collection[str] = ()
) -> Plan:
    """What `generate` would make of a profile and a seed; nothing is drawn but the troubles.

    Args:
        profile: the load.
        seed: 0 or more.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        without: ids of incidents that are left out.

    Raises:
        ConfigError: rows are to be spread over hours whose factors are all 0, or there is no
            incident of an id in `without`.
    """
    length_s = span_s(profile)
    load = load_of(profile, seed=seed, incidents=incidents, without=without, span_s=length_s)
    troubles = load.troubles
    usual = float(intensity(profile).expected(length_s))
    batches, rows = _expected(profile, troubles, usual=usual, until_s=length_s)
    p50_s, p95_s, p99_s = np.quantile(service_times_s(profile), [0.5, 0.95, 0.99])
    per_row = _ROW_BYTES[profile.shape]
    return Plan(
        profile=profile,
        seed=seed,
        incidents=incidents,
        span_s=length_s,
        batches=batches,
        rows=rows,
        size_bytes={form: round(each * rows) for form, each in per_row.items()},
        hourly=_means_by(profile, of="hour"),
        weekday=_means_by(profile, of="weekday"),
        mean_per_hour=usual / length_s * _HOUR_S,
        peak_per_hour=float(rates_per_hour(profile).max()),
        service_mean_s=float(service_times_s(profile).mean()),
        service_p50_s=float(p50_s),
        service_p95_s=float(p95_s),
        service_p99_s=float(p99_s),
        timeout_share=timeout_share(profile),
        attempts_per_batch=mean_attempts(profile),
        utilisation=usual / length_s * work_s(profile) / profile.workers,
        peak_utilisation=peak_utilisation(profile),
        troubles=troubles,
    )


def usual_rows(profile: Profile) -> int:
    """About how many rows a load has, without what incidents and load peaks add."""
    if profile.rows is not None:
        return profile.rows
    batches = float(intensity(profile).expected(span_s(profile)))
    return round(batches * mean_attempts(profile))


def _expected(
    profile: Profile, troubles: tuple[Trouble, ...], *, usual: float, until_s: float
) -> tuple[int, int]:
    """Batches and rows, with what each trouble adds by itself."""
    if profile.rows is not None:
        return round(profile.rows / mean_attempts(profile)), profile.rows
    shape = intensity(profile)
    added = [_added(profile, shape, trouble, until_s=until_s) for trouble in troubles]
    batches = usual + sum(more for more, _ in added)
    again = sum(retries for _, retries in added)
    return round(batches), round(batches * mean_attempts(profile) + again)


def _added(
    profile: Profile, shape: Intensity, trouble: Trouble, *, until_s: float
) -> tuple[float, float]:
    """The batches, and the further attempts at usual ones, that a trouble brings."""
    step_s = (min(trouble.end_s, until_s) - trouble.start_s) / _STEPS
    middle_s = np.asarray(trouble.start_s + (np.arange(_STEPS) + 0.5) * step_s, np.float64)
    strength, due = trouble.strength(middle_s), shape.rate(middle_s) * step_s
    touched = trouble.warehouses
    share = 1.0 if touched is None else len(touched) / profile.warehouses
    effect = trouble.effect
    tried = attempts_with(
        profile,
        retry=(effect.retry + effect.stuck) * strength,
        slowdown=1 + effect.slowdown * strength,
    )
    again = share * float((due * (tried - mean_attempts(profile))).sum())
    return effect.arrivals * float((due * strength).sum()), again


def _means_by(profile: Profile, *, of: str) -> tuple[float, ...]:
    """The mean rate of each hour of the day, or weekday, among the hours that the load touches."""
    rates = rates_per_hour(profile)
    nth = np.arange(len(rates)) + int(intensity(profile).origin_s // _HOUR_S)
    group, count = (nth % 24, 24) if of == "hour" else (nth // 24 % 7, 7)
    return _grouped(rates, group, count)


def _grouped(values: Floats, group: npt.NDArray[np.int64], count: int) -> tuple[float, ...]:
    """The mean of each group; NaN where there is none of it."""
    sums = np.bincount(group, weights=values, minlength=count)
    sizes = np.bincount(group, minlength=count)
    means = np.divide(sums, sizes, out=np.full(count, np.nan), where=sizes > 0)
    return tuple(float(mean) for mean in means)
