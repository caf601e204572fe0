"""What a bot is to be run on: the batches, and the machine it has them on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simlab.dataset.dictionaries import NO_DICTIONARIES, Dictionaries
from simlab.dataset.manifest import FILE, read_manifest
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.workload.dictionaries import dictionaries
from simlab.workload.draw import draw
from simlab.workload.load import load_of
from simlab.workload.loading import load_profile, parse_profile
from simlab.workload.names import warehouse_names
from simlab.workload.profile import Profile
from simlab.workload.samples import Background, background, sample_count

_FOREIGN: Final = "flat"
"""The profile whose machine a dataset from outside is run on."""
_LONGER: Final = 1.25
"""A bot takes longer over a load than the load lasts, when batches queue."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A dataset with what its profile says of the machine.

    Attributes:
        dataset: rows, and the truth where it is known.
        profile: the declared load; that of `flat` where the dataset comes from outside.
        seed: what the dataset was drawn from; None when it comes from outside.
        background: the machine without the bot's work.
        warehouse_names: the first for warehouse 1; empty when they have none.
        dictionaries: what its rows refer to; empty when it comes from outside.
    """

    dataset: Dataset
    profile: Profile
    seed: int | None
    background: Background
    warehouse_names: Sequence[str]
    dictionaries: Dictionaries = NO_DICTIONARIES


def source_of_profile(profile: Profile, *, seed: int) -> Source:
    """The workload that a profile and a seed name."""
    dataset = draw(profile, seed=seed)
    return Source(
        dataset=dataset,
        profile=profile,
        seed=seed,
        background=_background(dataset, profile, seed=seed, incidents=True),
        warehouse_names=warehouse_names(profile, seed=seed),
        dictionaries=dictionaries(profile, seed=seed),
    )


def source_of_dataset(dataset: Dataset, path: Path) -> Source:
    """A dataset that was read from `path`, on the machine that its manifest tells of."""
    manifest = read_manifest(path) if (path / FILE).is_file() else None
    if manifest is None or manifest.profile is None or manifest.seed is None:
        profile = load_profile(_FOREIGN)
        calm = _background(dataset, profile, seed=0, incidents=False)
        return Source(
            dataset=dataset, profile=profile, seed=None, background=calm, warehouse_names=()
        )
    profile = parse_profile(manifest.profile, where=str(path / FILE))
    calm = _background(dataset, profile, seed=manifest.seed, incidents=manifest.incidents)
    return Source(
        dataset=dataset,
        profile=profile,
        seed=manifest.seed,
        background=calm,
        warehouse_names=manifest.warehouse_names,
        dictionaries=manifest.dictionaries,
    )


def _background(dataset: Dataset, profile: Profile, *, seed: int, incidents: bool) -> Background:
    """The machine for as long as the bot may need."""
    times_us = dataset.rows["timestamp"].to_physical()
    if times_us.is_empty():
        raise InputError(f"{dataset.name}: no batch is due: there is nothing to run")
    rows_s = (int(times_us.max()) - int(times_us.min())) / 1e6  # type: ignore[arg-type]  # integers
    span_s = _LONGER * max(profile.limit_s or 0.0, rows_s) + 3600
    load = load_of(profile, seed=seed, incidents=incidents, span_s=span_s)
    return background(load, count=sample_count(profile, span_s))
