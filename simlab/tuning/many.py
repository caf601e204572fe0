"""Thresholds chosen over many datasets, and judged on each by the choice on the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset, LineCount
from simlab.engine import local
from simlab.engine.choice import Engine
from simlab.errors import InputError
from simlab.tuning.backtest import labels_of
from simlab.tuning.budget import Budget
from simlab.tuning.cautions import cautions_on_data
from simlab.tuning.choose import Choice, ChooseBy, choose
from simlab.tuning.figures import figures
from simlab.tuning.front import FRONT_UP_TO, front
from simlab.tuning.grid import Grid
from simlab.tuning.interval import whole
from simlab.tuning.labels import cautions_on_labels
from simlab.tuning.match import no_truth
from simlab.tuning.signals import refuse_untelling
from simlab.tuning.sweep import Sweep, grids, pooled, sweep
from simlab.tuning.tally import Tally, tally, together, without
from simlab.tuning.tuned import Tuned, all_moved, combinations, in_place, silent
from simlab.tuning.unseen import judged, tries

Source: TypeAlias = Callable[[], Dataset]
"""Gives a dataset where it is called; with several workers it must go through pickle."""
Report: TypeAlias = Callable[[int], None]
"""Is told how many datasets have been gone through, each twice."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PooledTuning(Tuned):
    """Tuning over many datasets.

    Attributes:
        folds: a row a dataset: its name as `dataset`, `incidents` and how many of them are
            `caught`, and `false_alarms_per_day`, all by the choice on the other datasets, of
            which each rule's `NAME.threshold` and `NAME.for` tell.
    """

    folds: pl.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class _Part:
    """What a worker tells of a dataset."""

    name: str
    labelled: bool
    sweep: Sweep
    lines: LineCount | None


def tune_many(
    sources: Sequence[Source],
    rules: Sequence[Rule],
    budget: Budget,
    *,
    by: ChooseBy = "auto",
    surely: bool = True,
    engine: Engine = local.map_in_order,
    workers: int = 1,
    report: Report | None = None,
) -> PooledTuning:
    """Choose over all of some datasets, and over all but each to judge on that one.

    Each dataset is gone through twice: for every point of the grids, and for the rules chosen,
    as they are and a little off. Between the two only counts and delays are kept. Where a
    rule's `search` leaves thresholds open, the first dataset's values place them.

    Args:
        sources: where the datasets come from, two or more.
        rules: what to tune. One that cannot be judged on the first dataset stays as it is.
        budget: caps and costs, as `simlab.tune` explains them.
        by: what to choose by.
        surely: whether the upper limit of false alarms is to meet the cap.
        engine: what goes through the datasets.
        workers: in so many processes.
        report: told of each dataset gone through.

    Raises:
        InputError: there are no incidents to choose by, one dataset lacks what the others have,
            or no rule can be judged.
        CheckFailedError: no combination meets the caps.
        ConfigError: the grids are too large to join.
    """
    told = report or _silent
    dataset = sources[0]()
    known, tried = _placed(dataset, rules)
    refuse_untelling(dataset, known)
    cautions = (*cautions_on_data(dataset, known), *cautions_on_labels(dataset))
    del dataset

    def swept(grids_: Sequence[Grid], done: int) -> list[_Part]:
        each = partial(_swept, rules=known, tried=grids_)
        parts = []
        with closing(engine(each, sources, workers=workers)) as results:
            for part in results:
                parts.append(part)
                told(done + len(parts))
        return parts

    parts = swept(tried, 0)
    _check_labels(parts, by)
    first = pooled([part.sweep for part in parts])
    choice = choose(first, budget, by=by, surely=surely, folds=True)
    chosen = _choices(first, choice)
    final = all_moved(first.points, choice.points)
    near = [
        tries(rule, [final[place], *(each[place] for each in chosen)])
        for place, rule in enumerate(known)
    ]
    second = pooled([part.sweep for part in swept(near, len(parts))])
    return PooledTuning(
        budget=budget,
        rules_before=tuple(rules),
        rules_after=in_place(rules, final),
        combinations=combinations(first.points),
        incidents=first.block.size,
        silent=silent(first.points, choice.points),
        chosen_by=choice.chosen_by,
        surely=choice.surely,
        promised=figures(_promised(first, choice), draws=0),
        unseen=judged(second, chosen, cap_per_day=budget.max_false_alarms_per_day),
        blocks_are="dataset",
        front=front(
            first,
            budget,
            chosen=choice.points,
            max_false_alarms_per_day=FRONT_UP_TO * budget.max_false_alarms_per_day,
        ),
        notes=(*cautions, *_on_lines(parts), *choice.notes),
        folds=_folds([part.name for part in parts], first, choice, chosen),
    )


def _silent(_: int) -> None:
    """Tell no one."""


def _placed(dataset: Dataset, rules: Sequence[Rule]) -> tuple[list[Rule], tuple[Grid, ...]]:
    """The rules that can be judged, and their grids."""
    known: list[Rule] = []
    tried: list[Grid] = []
    fault: InputError | None = None
    for rule in rules:
        try:
            tried += grids([rule], dataset)
            known.append(rule)
        except InputError as error:
            fault = error
    if fault is not None and not known:
        raise fault
    return known, tuple(tried)


def _swept(source: Source, *, rules: Sequence[Rule], tried: Sequence[Grid]) -> _Part:
    dataset = source()
    interval = whole(dataset)
    labels = labels_of(dataset, interval)
    return _Part(
        name=dataset.name,
        lines=dataset.lines,
        labelled=labels is not None,
        sweep=sweep(dataset, rules, truth=labels or no_truth(), interval=interval, tried=tried),
    )


def _on_lines(parts: Sequence[_Part]) -> Iterator[str]:
    """What of the datasets could not be read."""
    for part in parts:
        if part.lines is not None and part.lines.rejected:
            total = part.lines.accepted + part.lines.rejected
            kept = part.lines.rejected_file
            where = f"kept in {kept}" if kept else "which could not be kept"
            yield f"{part.name}: {part.lines.rejected} of {total} lines rejected, {where}"


def _check_labels(parts: Sequence[_Part], by: ChooseBy) -> None:
    unlabelled = [part.name for part in parts if not part.labelled]
    if unlabelled and (by == "labels" or len(unlabelled) < len(parts)):
        raise InputError(
            f"{unlabelled[0]}: found no labels, expected incidents as for the other datasets; "
            "give them, leave it out, or choose by normal data alone (--choose-by normal)"
        )
    if by != "normal" and not unlabelled and not any(part.sweep.block.size for part in parts):
        raise InputError(
            f"{parts[0].name}: found no incident in any of {len(parts)} datasets, expected one "
            "or more to choose by; give others, or choose by normal data alone "
            "(--choose-by normal)"
        )


def _choices(swept: Sweep, choice: Choice) -> list[list[Rule]]:
    """The rules that the others chose, a dataset each."""
    assert choice.folds is not None
    return [all_moved(swept.points, points.tolist()) for points in choice.folds]


def _promised(swept: Sweep, choice: Choice) -> Tally:
    assert choice.folds is not None
    return together(
        [without(tally(swept, points), block) for block, points in enumerate(choice.folds)]
    )


def _folds(
    names: Sequence[str], swept: Sweep, choice: Choice, chosen: Sequence[Sequence[Rule]]
) -> pl.DataFrame:
    assert choice.folds is not None
    told = tally(swept, choice.folds)
    count = len(names)
    caught = np.isfinite(told.delay_s)
    figures_ = {
        "dataset": list(names),
        "incidents": np.bincount(told.block, minlength=count),
        "caught": np.bincount(told.block[caught], minlength=count),
        "false_alarms_per_day": told.false_alarms * 86_400 / told.span_s,
    }
    settings = {
        f"{points.rule.name}.{key}": [getattr(rules[place], name) for rules in chosen]
        for place, points in enumerate(swept.points)
        for key, name in (("threshold", "limit"), ("for", "for_"))
    }
    return pl.DataFrame(figures_ | settings)
