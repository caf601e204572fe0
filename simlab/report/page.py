"""What a dashboard shows of a dataset or a run on disk."""

from collections.abc import Sequence
from pathlib import Path

from simlab.alerts.rule import Rule
from simlab.dataset.manifest import FILE, Manifest, read_manifest
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.report.html import Page
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.tune import Tuning


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
    manifest = read_manifest(path) if (path / FILE).is_file() else None
    names = manifest.warehouse_names if manifest else []
    return Page(
        title=title or path.resolve().name,
        dataset=dataset,
        rules=rules,
        backtest=_judged(dataset, rules),
        tuning=tuning,
        warehouse_names=dict(enumerate(names, start=1)),
        facts={"Read from": str(path)} | (_facts(manifest) if manifest else {}),
    )


def _judged(dataset: Dataset, rules: Sequence[Rule]) -> Backtest | None:
    """What the rules did; None when none can be judged, and the page says which data it lacks."""
    try:
        return backtest(dataset, rules)
    except InputError:
        return None


def _facts(manifest: Manifest) -> dict[str, str]:
    told: dict[str, str] = {}
    if manifest.seed is not None and manifest.profile is not None:
        told |= {"Profile": str(manifest.profile["name"]), "Seed": str(manifest.seed)}
    if manifest.run is not None:
        told |= {"Run": manifest.run.run_id, "Clock": manifest.run.clock}
    return told
