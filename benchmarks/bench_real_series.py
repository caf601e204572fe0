"""Rules for plain series on real ones: chosen on first halves, judged on second halves.

Whatever was chosen on these series, the structure of the family and the prior, is chosen anew for
each group of them by the first halves of the other groups alone. What was not is said in
docs/background/real-series.md, where the table stands. The series are not part of the project:
SIMLAB_REAL_SERIES names a directory with `series/*.csv` and `labels/*.csv` of the same names.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Final, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture
from real_series import (
    GROUPS,
    HEAD,
    HOME,
    File,
    Tally,
    ewma,
    files,
    first_range,
    judged_rows,
    judged_rules,
    rolling_z,
    three_sigma,
    total,
)

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.tuning.plain.caps import Caps
from simlab.tuning.plain.evidence import KS
from simlab.tuning.plain.family import FAMILY, GROUP, Family, Kind, rules
from simlab.tuning.plain.first_part import FirstPart, first_part
from simlab.tuning.plain.prior import Prior, learn, pooled
from simlab.tuning.plain.propose import Proposal, chosen, propose
from simlab.tuning.plain.shipped import KNOTS, PRIOR

Parts: TypeAlias = dict[str, FirstPart]
"""First halves by the names of their series."""

KINDS: Final[tuple[tuple[Kind, ...], ...]] = (
    ("zscore",),
    ("seasonal_z",),
    ("zscore", "seasonal_z"),
)
CANDIDATES: Final = [
    Family(kinds=kinds, window=window, for_=for_)
    for kinds, window, for_ in product(KINDS, ("7d", "14d", "28d"), ("0s", "15m", "30m"))
]
EARLIER: Final = Family(kinds=("zscore",), window="14d")
"""The family as it was before, by earlier measurements on the whole of these series."""

BASELINES: Final = {
    "range of the first half": first_range,
    "mean ± 3 sigma": three_sigma,
    "rolling z (288 rows, k = 3)": rolling_z,
    "EWMA (weight .2, 3 sigma)": ewma,
}
CAPS: Final = Caps()
OTHER_CAPS: Final = [
    Caps(false_alarms_per_day=rate, firing_ratio=ratio)
    for rate, ratio in ((0.05, 0.005), (0.2, 0.02), (0.5, 0.02))
]

pytestmark = pytest.mark.skipif(not HOME.exists(), reason=f"no real series at {HOME}")


@dataclass(frozen=True, kw_only=True)
class Fold:
    """What was chosen for one group of series by the others' first halves."""

    family: Family
    prior: Prior


@pytest.fixture(scope="module")
def series() -> list[File]:
    """All the series."""
    return files()


@pytest.fixture(scope="module")
def first_halves(series: list[File]) -> dict[Family, Parts]:
    """What each candidate does on each first half."""
    return {family: _parts(series, family) for family in CANDIDATES}


def test_rules_for_real_series_hold_up_on_the_second_halves(
    benchmark: BenchmarkFixture,
    figure: Callable[[str], None],
    series: list[File],
    first_halves: dict[Family, Parts],
) -> None:
    """The whole choice for 23 series; the table; loosely, that it is no worse than it was."""
    benchmark.group = "real series"
    folds = _folds(series, first_halves, CAPS)
    proposals = benchmark.pedantic(
        lambda: {file.name: _one(file, folds[file.group], first_halves) for file in series},
        rounds=1,
    )
    figure(HEAD)
    for name, detector in BASELINES.items():
        figure(total(judged_rows(file, detector(file)) for file in series).line(name))
    for k in (4.0, 3.5):
        before = _all(series, partial(_earlier, first_halves=first_halves, k=k))
        figure(before.line(f"the family before, K = {k:g}"))
    by_name = {file.name: judged_rules(file, _alert(proposals[file.name].rules)) for file in series}
    result = total(by_name.values())
    figure(result.line("ours, file by file"))
    figure(_interval(list(by_name.values())))
    for group in GROUPS:
        mine = [file for file in series if file.group == group]
        figure(total(by_name[file.name] for file in mine).line(f"  {group}"))
    blind = _all(series, lambda file: _unlabelled(file, folds[file.group]).rules)
    figure(blind.line("ours, without labels"))
    figure(_many(series, folds).line("ours, a group's files together"))
    for caps in OTHER_CAPS:
        others = _folds(series, first_halves, caps)
        asked = _all(series, partial(_within, folds=others, parts=first_halves, caps=caps))
        figure(
            asked.line(f"ours, asked for {caps.false_alarms_per_day:g}, {caps.firing_ratio:.1%}")
        )
    shipped = _all(series, _as_shipped)
    figure(shipped.line("as shipped, which knows first halves"))
    for aggregate in ("absent", "range"):
        figure(_apart(series, proposals, aggregate))
    for group, fold in folds.items():
        figure(_told(group, fold, [proposals[f.name] for f in series if f.group == group]))
    assert result.recall >= 0.75
    assert result.false_per_day <= 0.15
    assert result.firing_ratio <= 0.01


def test_what_is_shipped_was_chosen_by_all_first_halves(
    benchmark: BenchmarkFixture, figure: Callable[[str], None], first_halves: dict[Family, Parts]
) -> None:
    """The family's defaults and the prior beside them are what the same choice gives on all."""
    benchmark.group = "real series"
    names = list(first_halves[FAMILY])
    told = benchmark.pedantic(lambda: _structure(names, first_halves, CAPS), rounds=1)
    prior = learn([part.evidence for part in first_halves[FAMILY].values()], caps=CAPS)
    for line in _shipped(prior):
        figure(line)
    assert told == FAMILY
    assert np.allclose(_at_knots(PRIOR), _at_knots(prior), rtol=0.01)
    assert PRIOR.normal == pytest.approx(prior.normal, rel=0.01)
    assert PRIOR.weight_days == pytest.approx(prior.weight_days, rel=0.01)


def _parts(series: Sequence[File], family: Family) -> Parts:
    return {
        file.name: first_part(file.dataset, until_us=file.middle_us, family=family)
        for file in series
    }


def _folds(
    series: Sequence[File], first_halves: dict[Family, Parts], caps: Caps
) -> dict[str, Fold]:
    return {group: _fold(group, series, first_halves, caps) for group in GROUPS}


def _fold(
    group: str, series: Sequence[File], first_halves: dict[Family, Parts], caps: Caps
) -> Fold:
    others = [file.name for file in series if file.group != group]
    family = _structure(others, first_halves, caps)
    seen = [first_halves[family][name].evidence for name in others]
    return Fold(family=family, prior=learn(seen, caps=caps))


def _structure(names: Sequence[str], first_halves: dict[Family, Parts], caps: Caps) -> Family:
    """The candidate that catches the most windows at the least K that keeps the caps.

    Of several the one with the fewest false alarms there.
    """

    def merit(family: Family) -> tuple[float, float]:
        seen = [first_halves[family][name].evidence for name in names]
        at = pooled(seen).least(caps)
        if at is None:
            return -1.0, 0.0
        return sum(one.caught[at] for one in seen), -sum(one.false[at] for one in seen)

    return max(CANDIDATES, key=merit)


def _one(file: File, fold: Fold, first_halves: dict[Family, Parts]) -> Proposal:
    part = first_halves[fold.family][file.name]
    return chosen(part, fold.prior, caps=CAPS, family=fold.family)


def _within(
    file: File, *, folds: dict[str, Fold], parts: dict[Family, Parts], caps: Caps
) -> tuple[Rule, ...]:
    fold = folds[file.group]
    part = parts[fold.family][file.name]
    return chosen(part, fold.prior, caps=caps, family=fold.family).rules


def _unlabelled(file: File, fold: Fold) -> Proposal:
    (proposal,) = propose(
        [replace(file.dataset, incidents=None)],
        train_until_us=file.middle_us,
        family=fold.family,
        prior=fold.prior,
    )
    return proposal


def _as_shipped(file: File) -> tuple[Rule, ...]:
    (proposal,) = propose([file.dataset], train_until_us=file.middle_us)
    return proposal.rules


def _earlier(file: File, *, first_halves: dict[Family, Parts], k: float) -> tuple[Rule, ...]:
    return rules(first_halves[EARLIER][file.name].frozen, k=k, family=EARLIER)


def _many(series: Sequence[File], folds: dict[str, Fold]) -> Tally:
    tallies = []
    for group, fold in folds.items():
        mine = [file for file in series if file.group == group]
        told = propose([file.dataset for file in mine], family=fold.family, prior=fold.prior)
        pairs = zip(mine, told, strict=True)
        tallies += [judged_rules(file, _alert(proposal.rules)) for file, proposal in pairs]
    return total(tallies)


def _all(series: Sequence[File], chosen_for: Callable[[File], Sequence[Rule]]) -> Tally:
    return total(judged_rules(file, _alert(chosen_for(file))) for file in series)


def _alert(told: Sequence[Rule]) -> list[Rule]:
    """The rules that are one alert; silence is another, which labels do not know of."""
    return [rule for rule in told if rule.group == GROUP]


def _interval(tallies: Sequence[Tally]) -> str:
    """Intervals by drawing files again, since what one file does hangs together."""
    random = np.random.default_rng(7)
    drawn = [
        total(tallies[place] for place in random.integers(len(tallies), size=len(tallies)))
        for _ in range(2000)
    ]
    recall = np.quantile([one.recall for one in drawn], [0.05, 0.95])
    rate = np.quantile([one.false_per_day for one in drawn], [0.05, 0.95])
    ratio = np.quantile([one.firing_ratio for one in drawn], [0.05, 0.95])
    return (
        f"  90 % of draws of files: recall {recall[0]:.2f} to {recall[1]:.2f}, false/day "
        f"{rate[0]:.3f} to {rate[1]:.3f}, firing {ratio[0]:.2%} to {ratio[1]:.2%}"
    )


def _apart(series: Sequence[File], proposals: dict[str, Proposal], aggregate: str) -> str:
    counts = []
    for file in series:
        one = [rule for rule in proposals[file.name].rules if rule.aggregate == aggregate]
        starts = replay(one, file.dataset)["start"].dt.timestamp("us").to_numpy()
        counts.append(int(np.count_nonzero(starts >= file.middle_us)))
    return f"{aggregate}, an alert of its own: {sum(counts)} in {len(counts)} second halves"


def _told(group: str, fold: Fold, proposals: Sequence[Proposal]) -> str:
    family, least = fold.family, min(proposal.k for proposal in proposals)
    return (
        f"for {group} the others chose {'+'.join(family.kinds)}, window {family.window}, for "
        f"{family.for_}, weight {fold.prior.weight_days:.0f} d; K {least:g} to "
        f"{max(proposal.k for proposal in proposals):g}"
    )


def _shipped(prior: Prior) -> list[str]:
    """The prior as `simlab.tuning.plain.shipped` has it."""
    rows = zip(KNOTS, *_at_knots(prior), strict=True)
    head = f"prior: normal {prior.normal:.4f}, weight {prior.weight_days:.1f} d"
    return [head, *(f"  {', '.join(f'{value:.4g}' for value in row)}" for row in rows)]


def _at_knots(prior: Prior) -> NDArray[np.float64]:
    columns = (prior.false, prior.true, prior.firing, prior.firing_squares, prior.inside)
    return np.stack(columns)[:, np.searchsorted(KS, KNOTS)]
