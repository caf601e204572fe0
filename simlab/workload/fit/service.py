"""How long attempts work: warehouse, items and limit told apart, then a family for the rest."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from msgspec import Struct

from simlab.workload.fit.empirical import Quantiles
from simlab.workload.fit.estimate import Estimate, Learned, normal, rounded
from simlab.workload.fit.evidence import LONGEST_S, Evidence, durations
from simlab.workload.fit.families import FAMILIES, SCALES, Ends
from simlab.workload.fit.lengths import length_text
from simlab.workload.fit.spans import Floats, Mask
from simlab.workload.fit.tails import Works, fit_with_tail, log_likelihoods
from simlab.workload.fit.warehouses import Spread, fit_spread

EMPIRICAL: Final = "empirical"
_USUAL_LIMIT_S: Final = 300.0
_SAME: Final = 1e-5
"""The range of durations, relative, below which they are all the same."""
_SURE: Final = 2.0
"""Standard errors by which a likelihood must be higher to count as higher."""
_CLEAR: Final = 3.0
"""Standard errors by which the work for an item must be above 0 to count."""


class Candidate(Struct, frozen=True, kw_only=True):
    """A family in the contest.

    Attributes:
        dist: its name.
        log_likelihood: the mean log density of attempts held out, in a family fitted to others.
        behind: by how much the best has more.
        behind_error: the standard error of that, paired by attempt.
        chosen: whether the profile has it.
    """

    dist: str
    log_likelihood: float
    behind: float
    behind_error: float
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class ServiceFit:
    """The `[service]` of a profile, and the families that were tried, best first."""

    learned: Learned
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """When the bot gives up [s]; `seen` is whether attempts were cut there."""

    time_s: float
    seen: bool

    def cut(self, attempts: pl.DataFrame) -> Mask:
        """Which attempts were cut."""
        worked_s = durations(attempts)
        if not self.seen:
            return np.zeros(len(worked_s), np.bool_)
        return worked_s >= self.time_s * (1 - 1e-9)


@dataclass(frozen=True, kw_only=True)
class _Item:
    """The work that an item adds [s], and its standard error."""

    time_s: float
    error_s: float


def limit_of(rows: pl.DataFrame) -> Limit:
    """The limit that attempts ran into: two or more have a `timeout` at the greatest duration.

    It is none if half of all attempts are as long. A profile's limit is an hour at most, so
    longer attempts count as cut there. Where none was cut, no limit is known; it is then at least
    twice what was seen, and five minutes or more.
    """
    greatest_s = float(rows["duration"].max())  # type: ignore[arg-type]  # a float column
    if greatest_s > LONGEST_S:
        return Limit(time_s=LONGEST_S, seen=True)
    longest = rows.filter(pl.col("duration") >= greatest_s * (1 - 1e-9))
    cut = (pl.col("status") != "success") & (pl.col("error_type") == "timeout")
    if len(longest.filter(cut)) >= 2 and len(longest) < len(rows) / 2:
        return Limit(time_s=greatest_s, seen=True)
    ample_s = math.ceil(2 * greatest_s / 60) * 60.0
    return Limit(time_s=min(max(_USUAL_LIMIT_S, ample_s), LONGEST_S), seen=False)


def fit_service(evidence: Evidence, limit: Limit) -> ServiceFit:
    """The `[service]` of a profile.

    Warehouses' factors are divided out first, then what items add is taken off by least squares;
    the family is chosen for what is left, by the likelihood of attempts held out. A family of
    one parameter is kept where none is surely better (by two standard errors of the paired
    difference; the rule of Breiman et al. 1984), and the table of quantiles is used only where
    it is surely better than every family.
    """
    learn, held = evidence.ended(evidence.learn), evidence.ended(evidence.held)
    spread = fit_spread(learn)
    item = _item(learn, spread, limit)
    works, lost = _works(learn, spread, item, limit)
    judged, also_lost = _works(held, spread, item, limit)
    contest = _contest(works, judged) if _varies(works) else _no_contest()
    chosen = next(candidate.dist for candidate in contest if candidate.chosen)
    table, estimates = _told(chosen, works, _ends(works, judged), _doubts(learn, spread, item))
    rest, more = _rest(spread, item, limit)
    notes = [
        *_limit_notes(evidence, limit),
        *_lost_notes(lost + also_lost),
        *_warehouse_notes(learn, spread),
    ]
    learned = Learned(table=table | rest, estimates=(*estimates, *more), notes=tuple(notes))
    return ServiceFit(learned=learned, candidates=contest)


def _item(attempts: pl.DataFrame, spread: Spread, limit: Limit) -> _Item:
    """The slope of durations, factors divided out, over the batches' sizes."""
    known = attempts.filter(~limit.cut(attempts)).drop_nulls("batch_size")
    size = known["batch_size"].to_numpy().astype(np.float64)
    if len(size) < 3 or np.ptp(size) == 0:
        return _Item(time_s=0.0, error_s=0.0)
    time_s, off = durations(known) / spread.factor(known), size - size.mean()
    squares = float((off**2).sum())
    slope = float((off * time_s).sum()) / squares
    rest = time_s - time_s.mean() - slope * off
    error = math.sqrt(float((rest**2).sum()) / (len(size) - 2) / squares)
    return _Item(time_s=slope if slope > _CLEAR * error else 0.0, error_s=error)


def _works(attempts: pl.DataFrame, spread: Spread, item: _Item, limit: Limit) -> tuple[Works, int]:
    """What is left of durations, and how many have nothing left."""
    size = attempts["batch_size"].fill_null(0).to_numpy()
    worked_s = np.minimum(durations(attempts), limit.time_s)
    time_s = worked_s / spread.factor(attempts) - item.time_s * size
    some = time_s > 0
    return Works(time_s[some], limit.cut(attempts)[some]), int(np.count_nonzero(~some))


def _ends(works: Works, judged: Works) -> Ends:
    every = np.concatenate([works.time_s, judged.time_s])
    return Ends(low=float(every.min()), high=float(every.max()))


def _varies(works: Works) -> bool:
    return float(np.ptp(works.time_s)) > _SAME * float(works.time_s.max())


def _no_contest() -> tuple[Candidate, ...]:
    """Durations that are all the same are a lognormal without spread."""
    return (
        Candidate(
            dist="lognormal", log_likelihood=math.nan, behind=0.0, behind_error=0.0, chosen=True
        ),
    )


def _contest(works: Works, judged: Works) -> tuple[Candidate, ...]:
    ends = _ends(works, judged)
    each = {
        name: log_likelihoods(family, fit_with_tail(family, works, ends), judged)
        for name, family in FAMILIES.items()
    }
    best = max(each, key=lambda name: each[name].mean())
    chosen = "exponential" if not _surely(each[best], each["exponential"]) else best
    each[EMPIRICAL] = Quantiles.of(works).log_likelihoods(judged, each[best])
    chosen = EMPIRICAL if _surely(each[EMPIRICAL], each[best]) else chosen
    top = each[max(each, key=lambda name: each[name].mean())]
    told = [_candidate(name, mine, top, chosen=name == chosen) for name, mine in each.items()]
    return tuple(sorted(told, key=lambda candidate: -candidate.log_likelihood))


def _surely(one: Floats, other: Floats) -> bool:
    """Whether the first likelihoods are higher by more than two standard errors."""
    ahead, error = _difference(one, other)
    return ahead > _SURE * error or math.isinf(ahead)


def _difference(one: Floats, other: Floats) -> tuple[float, float]:
    """The mean paired difference and its standard error."""
    if not np.isfinite(other).all():
        return math.inf, math.nan
    apart = one - other
    return float(apart.mean()), float(apart.std(ddof=1)) / math.sqrt(len(apart))


def _candidate(name: str, mine: Floats, top: Floats, *, chosen: bool) -> Candidate:
    behind, error = _difference(top, mine)
    return Candidate(
        dist=name,
        log_likelihood=float(mine.mean()),
        behind=behind,
        behind_error=error,
        chosen=chosen,
    )


@dataclass(frozen=True)
class _Doubts:
    """What the steps before leave unsure, relative: of lengths of time, and of numbers."""

    scale: float
    shape: float


def _doubts(attempts: pl.DataFrame, spread: Spread, item: _Item) -> _Doubts:
    if not item.time_s:
        return _Doubts(scale=spread.centre_error, shape=0.0)
    size = float(attempts["batch_size"].fill_null(0).mean())  # type: ignore[arg-type]  # numbers
    left_s = float(durations(attempts).mean()) - item.time_s * size
    shift = item.error_s * size / max(left_s, item.error_s * size)
    return _Doubts(scale=math.hypot(spread.centre_error, shift), shape=2 * shift)


def _told(
    dist: str, works: Works, ends: Ends, doubts: _Doubts
) -> tuple[dict[str, Any], list[Estimate]]:
    if dist == EMPIRICAL:
        quantiles = [float(f"{time_s:.4g}") for time_s in Quantiles.of(works).time_s.tolist()]
        return {"dist": dist, "quantiles": quantiles}, []
    family = FAMILIES[dist]
    found = fit_with_tail(family, works, ends)
    errors = family.errors(works.time_s[~works.cut], found)
    estimates = []
    for key, value in found.items():
        doubt = value * (doubts.scale if key in SCALES else doubts.shape)
        estimates.append(normal(f"$.service.{key}", value, math.hypot(errors[key], doubt)))
    return {"dist": dist} | {key: rounded(value) for key, value in found.items()}, estimates


def _rest(spread: Spread, item: _Item, limit: Limit) -> tuple[dict[str, Any], list[Estimate]]:
    table: dict[str, Any] = {}
    estimates = []
    if item.error_s:
        error_s = math.hypot(item.error_s, item.time_s * spread.centre_error)
        estimates.append(normal("$.service.per_item", item.time_s, error_s))
        table["per_item"] = rounded(item.time_s)
    if math.isfinite(spread.error):
        estimates.append(normal("$.service.warehouse_spread", spread.sigma, spread.error))
        table["warehouse_spread"] = rounded(spread.sigma)
    return table | {"limit": length_text(limit.time_s)}, estimates


def _limit_notes(evidence: Evidence, limit: Limit) -> list[str]:
    cut = int(np.count_nonzero(limit.cut(evidence.rows.drop_nulls("duration"))))
    if cut:
        told = length_text(limit.time_s)
        return [f"{cut:,} attempts were cut at {told}: counted as longer by no one knows what"]
    return [f"no limit was seen: service.limit is {length_text(limit.time_s)}, a guess"]


def _lost_notes(lost: int) -> list[str]:
    if not lost:
        return []
    return [f"{lost:,} attempts took less than their items' usual work: left out of the family"]


def _warehouse_notes(attempts: pl.DataFrame, spread: Spread) -> list[str]:
    if math.isfinite(spread.error):
        return []
    known = attempts["warehouse_id"].drop_nulls().n_unique()
    return [f"no warehouse_spread: {known} warehouses are known; 3 are needed"]
