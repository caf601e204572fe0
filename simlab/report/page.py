"""What a dashboard is made of, and that of a dataset or a run on disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from simlab.alerts.replay import EPISODES
from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import load_rules
from simlab.dataset.manifest import FILE, Manifest, read_manifest
from simlab.dataset.parts import Parts
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.report.overview import Overview, overview, overview_of_parts
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.score import Score
from simlab.tuning.streamed import backtest_parts
from simlab.tuning.tune import Tuning

TUNED: Final = "tuned.toml"
"""Where in a run directory chosen rules are kept."""


def no_episodes() -> pl.DataFrame:
    """A frame of no episode, with the columns of `Backtest.episodes`."""
    return pl.DataFrame(schema={**EPISODES, "incident": pl.String()})


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Rules that were chosen, and what they do on all of the data that a page shows."""

    rules: tuple[Rule, ...]
    scores: tuple[Score, ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a dashboard is made of.

    Attributes:
        title: the page's heading.
        shown: what happened; whatever of it is missing is said to be.
        rules: what watched it.
        scores: what each rule did, and last all together; empty when none could be judged.
        episodes: of those rules, as `Backtest.episodes`.
        tuning: better thresholds, and how both did on data that the choice never saw.
        chosen: without `tuning`, the rules that an earlier choice left in the run directory.
        warehouse_names: by id.
        facts: about the run, by their names, such as `seed`.
    """

    title: str
    shown: Overview
    rules: Sequence[Rule]
    scores: Sequence[Score] = ()
    episodes: pl.DataFrame = field(default_factory=no_episodes)
    tuning: Tuning | None = None
    chosen: Chosen | None = None
    warehouse_names: Mapping[int, str] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


def page_of(
    dataset: Dataset,
    path: Path,
    rules: Sequence[Rule],
    *,
    title: str | None = None,
    tuning: Tuning | None = None,
) -> Page:
    """The page of a dataset that was read from `path`, with what its manifest tells.

    Args:
        dataset: what was read.
        path: where from.
        rules: to judge over all of it.
        title: the heading; the path's last name by default.
        tuning: shown beside them.
    """
    return _page(
        overview(dataset),
        path,
        rules,
        lambda judged: backtest(dataset, judged),
        title=title,
        tuning=tuning,
    )


def page_of_parts(
    parts: Parts, path: Path, rules: Sequence[Rule], *, title: str | None = None
) -> Page:
    """The page of a dataset on disk that is too large to be held as a whole; see `page_of`.

    Raises:
        InputError: a part cannot be read, or the parts are not in the order of time.
    """
    return _page(
        overview_of_parts(parts),
        path,
        rules,
        lambda judged: backtest_parts(parts, judged),
        title=title,
        tuning=None,
    )


def _page(
    shown: Overview,
    path: Path,
    rules: Sequence[Rule],
    judge: Callable[[Sequence[Rule]], Backtest],
    *,
    title: str | None,
    tuning: Tuning | None,
) -> Page:
    manifest = read_manifest(path) if (path / FILE).is_file() else None
    names = manifest.warehouse_names if manifest else []
    judged = _judged(rules, judge)
    return Page(
        title=title or path.resolve().name,
        shown=shown,
        rules=rules,
        scores=judged.scores if judged else (),
        episodes=judged.episodes if judged else no_episodes(),
        tuning=tuning,
        chosen=None if tuning else _chosen(path, rules, judge),
        warehouse_names=dict(enumerate(names, start=1)),
        facts={"Read from": str(path)} | (_facts(manifest) if manifest else {}),
    )


def _judged(rules: Sequence[Rule], judge: Callable[[Sequence[Rule]], Backtest]) -> Backtest | None:
    """What the rules did; None when none can be judged, and the page says which data it lacks."""
    try:
        return judge(rules)
    except InputError:
        return None


def _chosen(
    path: Path, rules: Sequence[Rule], judge: Callable[[Sequence[Rule]], Backtest]
) -> Chosen | None:
    """The rules that were chosen for this run, where they are the same rules but for thresholds.

    Raises:
        ConfigError: there is a file of them that cannot be read.
    """
    file = path / TUNED
    if not file.is_file():
        return None
    chosen = load_rules(file)
    if [rule.name for rule in chosen] != [rule.name for rule in rules]:
        return None
    judged = _judged(chosen, judge)
    return None if judged is None else Chosen(rules=chosen, scores=judged.scores)


def _facts(manifest: Manifest) -> dict[str, str]:
    told: dict[str, str] = {}
    if manifest.seed is not None and manifest.profile is not None:
        told |= {"Profile": str(manifest.profile["name"]), "Seed": str(manifest.seed)}
    if manifest.run is not None:
        told |= {"Run": manifest.run.run_id, "Clock": manifest.run.clock}
    return told
