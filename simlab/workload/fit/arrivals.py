"""The rate at which batches come, by hour and weekday, and how evenly."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simlab.clock import US_PER_S
from simlab.workload.fit.estimate import Estimate, Learned, normal, rounded
from simlab.workload.fit.evidence import Evidence
from simlab.workload.fit.spans import Floats, Mask, Spans, Times

_HOUR_US: Final = 3600 * US_PER_S
_MINUTE_US: Final = 60 * US_PER_S
_THURSDAY: Final = 3  # 1970-01-01 was one; weeks begin on Monday
_LEAST_HOUR_S: Final = 300.0
_LEAST_BATCHES: Final = 30.0
_TWO_WEEKS_S: Final = 14 * 86_400.0
_LEAST_MINUTES: Final = 5
_RARE_Z: Final = 3.29
"""What a standard normal variable exceeds, up or down, one time in 1,000."""
_EVEN: Final = 0.2
"""The coefficient of variation of gaps below which they are even; a Poisson process has 1."""


@dataclass(frozen=True)
class Cells:
    """Batches and time seen, by weekday (7) and hour of the day (24).

    Attributes:
        count: batches that fell due.
        time_s: how long it was looked at [s].
    """

    count: Floats
    time_s: Floats


@dataclass(frozen=True)
class Rate:
    """A rate [batches/s] times a factor of the weekday and one of the hour; both average 1."""

    per_s: float
    weekday: Floats
    hourly: Floats

    @property
    def by_cell(self) -> Floats:
        """The rate in each hour of a week, Monday 00:00 UTC first [batches/s]."""
        return self.per_s * np.outer(self.weekday, self.hourly).ravel()


@dataclass(frozen=True)
class Minutes:
    """Whole minutes: batches that came, and those that the rate expects."""

    count: Floats
    expected: Floats

    def dispersion(self, parameters: int) -> float:
        """The variance of counts about the rate over that of Poisson counts (Pearson's)."""
        squares = (self.count - self.expected) ** 2 / self.expected
        return float(squares.sum()) / max(1, len(squares) - parameters)

    @property
    def rare(self) -> tuple[float, float]:
        """What the dispersion of Poisson counts falls below, or exceeds, one time in 1,000."""
        degrees = max(1, len(self.count) - 1)
        error = float(np.sqrt(2 / degrees + 1 / max(self.count.sum(), 1.0)))
        skewed = rare_chi_square(degrees) / degrees
        return 1 - _RARE_Z * error, max(1 + _RARE_Z * error, skewed)

    def burstiness(self) -> Estimate:
        """The variance of the factor that counts of variance m + b m² have, by moments."""
        excess = (self.count - self.expected) ** 2 - self.expected
        weight = float((self.expected**2).sum())
        value = float(excess.sum()) / weight
        error = float(np.sqrt(((excess - value * self.expected**2) ** 2).sum())) / weight
        return normal("$.arrivals.burstiness", value, error)


def fit_arrivals(evidence: Evidence) -> Learned:
    """The `[arrivals]` of a profile.

    Batches are counted by the time that was looked at, so hours that are there in part count as
    such. Factors are those of greatest Poisson likelihood. They are used only where every hour
    (weekday) was seen enough, and where they differ by more than chance: the chi-square of flat
    counts, over the index of dispersion, is one that chance exceeds one time in 1,000.
    """
    due_us, known = evidence.due(evidence.learn)
    cells = _cells(due_us, known)
    usable, notes = _usable(evidence, cells)
    fullest = _fitted(cells, **usable)
    noise = _noise(_minutes(due_us, known, fullest), fullest)
    kept = {name: ok and _differ(cells, name, usable, noise) for name, ok in usable.items()}
    notes += [f"no {name} factors: they differ no more than by chance"
              for name, ok in usable.items() if ok and not kept[name]]  # fmt: skip
    rate = _fitted(cells, **kept)
    process = _process(_minutes(due_us, known, rate), _even(due_us, known, rate))
    table, estimates = _told(cells, rate, kept, process, len(known.start_us))
    return Learned(table=table, estimates=estimates, notes=(*notes, *process.notes))


@dataclass(frozen=True)
class _Process:
    """How evenly batches come; `dispersion` is what counts vary by, where Poisson's have 1."""

    name: str
    dispersion: float = 1.0
    burstiness: Estimate | None = None
    notes: tuple[str, ...] = ()


def _process(minutes: Minutes, variation: float) -> _Process:
    if variation < _EVEN:
        return _Process("fixed", dispersion=0.0)
    if len(minutes.count) < _LEAST_MINUTES:
        few = f"{len(minutes.count)} whole minutes are too few to tell bursts by"
        return _Process("poisson", notes=(few,))
    found, (least, most) = minutes.dispersion(1), minutes.rare
    told = f"the index of dispersion of counts by minute is {found:.3g}"
    burstiness = minutes.burstiness()
    if found > most and burstiness.value > 0:
        note = f"bursty: {told}; what the rate's factors leave unsaid adds to it"
        return _Process("bursty", found, burstiness, notes=(note,))
    if found < least:
        even = f"{told}: batches come more evenly than a Poisson process, and not at even gaps"
        return _Process("poisson", notes=(f"{even}; poisson is the nearest that there is",))
    return _Process("poisson")


def _told(
    cells: Cells, rate: Rate, kept: dict[str, bool], process: _Process, pieces: int
) -> tuple[dict[str, Any], tuple[Estimate, ...]]:
    total = max(float(cells.count.sum()), 1.0)
    # A count of even arrivals is off by up to one at each end of each piece of time.
    spread = max(process.dispersion, 1.0) if process.name != "fixed" else pieces / total
    table: dict[str, Any] = {"process": process.name, "per_minute": rounded(rate.per_s * 60)}
    error = _mean_error(cells, rate, kept) * np.sqrt(spread)
    estimates = [normal("$.arrivals.per_minute", rate.per_s * 60, rate.per_s * 60 * error)]
    if process.burstiness is not None:
        table["burstiness"] = rounded(min(process.burstiness.value, 100.0))
        estimates.append(process.burstiness)
    for name, axis in (("hourly", 0), ("weekday", 1)):
        if kept[name]:
            factors = getattr(rate, name)
            table[name] = [rounded(factor) for factor in factors]
            errors = factors * np.sqrt(spread / np.maximum(cells.count.sum(axis=axis), 1))
            paths = [f"$.arrivals.{name}[{index}]" for index in range(len(factors))]
            estimates += map(normal, paths, factors.tolist(), errors.tolist())
    return table, tuple(estimates)


def _mean_error(cells: Cells, rate: Rate, kept: dict[str, bool]) -> float:
    """The relative standard error of the mean rate, were the counts Poisson's.

    The mean over the hours (weekdays) gives each the same weight, however long it was seen.
    """
    errors = [1 / max(float(cells.count.sum()), 1.0)]
    for name, axis in (("hourly", 0), ("weekday", 1)):
        if kept[name]:
            factors, counts = getattr(rate, name), np.maximum(cells.count.sum(axis=axis), 1)
            errors.append(float((factors**2 / counts).sum()) / len(factors) ** 2)
    return float(np.sqrt(max(errors)))


def _cells(due_us: Times, known: Spans) -> Cells:
    hours = np.arange(known.start_us[0] // _HOUR_US, known.end_us[-1] // _HOUR_US + 2)
    time_s = np.diff(known.before(hours * _HOUR_US))
    shape = (7, 24)
    return Cells(
        count=_summed(_cell(due_us // _HOUR_US), np.ones(len(due_us))).reshape(shape),
        time_s=_summed(_cell(hours[:-1]), time_s).reshape(shape),
    )


def _summed(cell: Times, weight: Floats) -> Floats:
    return np.bincount(cell, weights=weight, minlength=168).astype(np.float64)


def _cell(hour: Times) -> Times:
    """Which hour of a week an hour since 1970 is."""
    return (hour + 24 * _THURSDAY) % 168


def _usable(evidence: Evidence, cells: Cells) -> tuple[dict[str, bool], list[str]]:
    """Which factors the log can tell, and why it cannot tell the others."""
    hours_s = cells.time_s.sum(axis=0)
    expected = hours_s * cells.count.sum() / cells.time_s.sum()
    seen = int(np.count_nonzero((hours_s >= _LEAST_HOUR_S) & (expected >= _LEAST_BATCHES)))
    hourly = seen == len(hours_s)
    span_s = (evidence.end_us - evidence.start_us) / US_PER_S
    weekday = span_s >= _TWO_WEEKS_S and bool(cells.time_s.sum(axis=1).min() >= _LEAST_HOUR_S)
    notes = []
    if not hourly:
        notes.append(
            f"no hourly factors: {seen} of 24 hours of the day were seen enough, which is for "
            f"{_LEAST_HOUR_S / 60:g} min and {_LEAST_BATCHES:g} batches"
        )
    if not weekday:
        notes.append(f"no weekday factors: the log spans {span_s / 86_400:.2g} days; 14 are needed")
    return {"hourly": hourly, "weekday": weekday}, notes


def _fitted(cells: Cells, *, hourly: bool, weekday: bool) -> Rate:
    """The rate of greatest Poisson likelihood, by fitting each margin in turn."""
    rate = Rate(float(cells.count.sum() / cells.time_s.sum()), np.ones(7), np.ones(24))
    for _ in range(50 if hourly and weekday else 1):
        if weekday:
            expected = cells.time_s @ rate.hourly
            rate = _scaled(replace(rate, weekday=cells.count.sum(axis=1) / expected))
        if hourly:
            expected = rate.weekday @ cells.time_s
            rate = _scaled(replace(rate, hourly=cells.count.sum(axis=0) / expected))
    expected = rate.weekday @ cells.time_s @ rate.hourly
    return replace(rate, per_s=float(cells.count.sum() / expected))


def _scaled(rate: Rate) -> Rate:
    weekday, hourly = rate.weekday / rate.weekday.mean(), rate.hourly / rate.hourly.mean()
    return replace(rate, weekday=weekday, hourly=hourly)


def _differ(cells: Cells, name: str, usable: dict[str, bool], noise: float) -> bool:
    """Whether counts differ by hour (weekday) more than chance explains."""
    axis = 0 if name == "hourly" else 1
    flat = _fitted(cells, **{**usable, name: False})
    expected = (cells.time_s * flat.by_cell.reshape(7, 24)).sum(axis=axis)
    counts = cells.count.sum(axis=axis)
    square = float(((counts - expected) ** 2 / np.maximum(expected, 1e-9)).sum())
    return square / noise > rare_chi_square(len(counts) - 1)


def rare_chi_square(degrees: int) -> float:
    """What a chi-square variable exceeds one time in 1,000 (Wilson and Hilferty 1931).

    It is at most 3 % too high, at one degree of freedom; for 23 the tables have 49.73.

    >>> round(rare_chi_square(23), 2)
    49.84
    """
    spread = 2 / (9 * degrees)
    return float(degrees * (1 - spread + 3.09 * np.sqrt(spread)) ** 3)


def _noise(minutes: Minutes, rate: Rate) -> float:
    """The index of dispersion, at least Poisson's."""
    if len(minutes.count) < _LEAST_MINUTES:
        return 1.0
    parameters = sum(
        bool(np.ptp(factors)) * len(factors) for factors in (rate.hourly, rate.weekday)
    )
    return max(1.0, minutes.dispersion(max(1, parameters)))


def _minutes(due_us: Times, known: Spans, rate: Rate) -> Minutes:
    first, last = known.start_us[0] // _MINUTE_US, known.end_us[-1] // _MINUTE_US
    minutes = np.arange(first, last + 1)
    seen_s = np.diff(known.before(np.append(minutes, last + 1) * _MINUTE_US))
    expected = rate.by_cell[_cell(minutes // 60)] * 60
    whole = (seen_s > 60 - 1e-3) & (expected > 0)
    count = np.bincount(due_us // _MINUTE_US - first, minlength=len(minutes))
    return Minutes(count=count[whole].astype(np.float64), expected=expected[whole])


def _even(due_us: Times, known: Spans, rate: Rate) -> float:
    """The coefficient of variation of gaps, each told in batches expected."""
    rates = rate.by_cell[_cell(due_us[1:] // _HOUR_US)]
    gaps = (
        np.diff(due_us)[_same_piece(due_us, known)] / US_PER_S * rates[_same_piece(due_us, known)]
    )
    return float(gaps.std() / gaps.mean()) if len(gaps) and gaps.mean() > 0 else np.inf


def _same_piece(due_us: Times, known: Spans) -> Mask:
    return np.asarray(np.diff(known.number(due_us)) == 0)


def gaps_s(due_us: Times, known: Spans) -> Floats:
    """The gaps between batches, those left out that reach over the edge of a span [s]."""
    return np.asarray(np.diff(due_us)[_same_piece(due_us, known)] / US_PER_S)
