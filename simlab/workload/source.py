"""What a bot is to be run on: the batches, and the machine it has them on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simlab.dataset.dictionaries import NO_DICTIONARIES, Dictionaries
from simlab.dataset.manifest import FILE, read_manifest
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.workload.dictionaries import dictionaries
from simlab.workload.draw import draw
from simlab.workload.load import Load, load_of
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
        load: what its batches and their luck are drawn from, so that trouble acts on each attempt
            when it really starts; None where attempts are as they were recorded.
        background: the machine without the bot's work.
        warehouse_names: the first for warehouse 1; empty when they have none.
        dictionaries: what its rows refer to; empty when it comes from outside.
    """

    dataset: Dataset
    profile: Profile
    seed: int | None
    load: Load | None
    background: Background
    warehouse_names: Sequence[str]
    dictionaries: Dictionaries = NO_DICTIONARIES


def source_of_profile(
    profile: Profile, *, seed: int, incidents: bool = True, without: Collection[str] = ()
) -> Source:
    """The workload that a profile and a seed name.

    Args:
        profile: its shape.
        seed: 0 or more.
        incidents: whether to inject the profile's incidents; look-alikes always come.
        without: ids of incidents that are left out.

    Raises:
        InputError: no batch is due.
        ConfigError: there is no incident of an id in `without`.
    """
    dataset = draw(profile, seed=seed, incidents=incidents, without=without)
    span_s = _span_s(dataset, profile)
    load = load_of(profile, seed=seed, incidents=incidents, without=without)
    return Source(
        dataset=dataset,
        profile=profile,
        seed=seed,
        load=load if profile.shape == "batches" else None,
        background=_background(load, span_s),
        warehouse_names=warehouse_names(profile, seed=seed),
        dictionaries=dictionaries(profile, seed=seed),
    )


def source_of_dataset(dataset: Dataset, path: Path) -> Source:
    """A dataset that was read from `path`, on the machine that its manifest tells of.

    One that `generate` made is drawn again, as its manifest says. Others are as recorded.
    """
    manifest = read_manifest(path) if (path / FILE).is_file() else None
    if manifest is None or manifest.profile is None or manifest.seed is None:
        profile = load_profile(_FOREIGN)
        calm = _background(load_of(profile, seed=0, incidents=False), _span_s(dataset, profile))
        return Source(
            dataset=dataset, profile=profile, seed=None, load=None, background=calm,
            warehouse_names=(),
        )  # fmt: skip
    profile = parse_profile(manifest.profile, where=str(path / FILE))
    load = load_of(
        profile, seed=manifest.seed, incidents=manifest.incidents, without=manifest.without
    )
    made_here = manifest.run is None and profile.shape == "batches"
    return Source(
        dataset=dataset,
        profile=profile,
        seed=manifest.seed,
        load=load if made_here else None,
        background=_background(load, _span_s(dataset, profile)),
        warehouse_names=manifest.warehouse_names,
        dictionaries=manifest.dictionaries,
    )


def _span_s(dataset: Dataset, profile: Profile) -> float:
    """For how long the bot may need the machine.

    Raises:
        InputError: there is nothing to do.
    """
    times_us = dataset.rows["timestamp"].to_physical()
    if times_us.is_empty():
        raise InputError(f"{dataset.name}: no batch is due: there is nothing to run")
    rows_s = (int(times_us.max()) - int(times_us.min())) / 1e6  # type: ignore[arg-type]  # integers
    return _LONGER * max(profile.limit_s or 0.0, rows_s) + 3600


def _background(load: Load, span_s: float) -> Background:
    return background(load, count=sample_count(load.profile, span_s))
