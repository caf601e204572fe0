"""What `simlab tune` is given: datasets by their paths, or a profile's seeds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.options import mapping, read_source
from simlab.cli.plain import are_plain

if TYPE_CHECKING:
    from simlab.dataset.schema import Dataset
    from simlab.tuning.many import Source


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How to read what is on disk."""

    time: str | None
    maps: list[str] | None
    max_rejected: float
    labels: Path | None

    def dataset(self, path: str) -> "Dataset":
        """Read one of several; its labels are the file, or the one of its name in the folder."""
        labels = self.labels
        if labels is not None and labels.is_dir():
            labels /= Path(path).name
        return read_source(
            Path(path),
            time=self.time,
            maps=self.maps,
            max_rejected=self.max_rejected,
            labels=labels,
        )


def plain_series(
    paths: "Sequence[str]", one: "Dataset | None", reading: Reading
) -> "list[Dataset] | None":
    """The datasets, when they are plain series; None when they are attempts."""
    if one is None and not all(Path(path).is_file() for path in paths):
        return None  # a plain series is a file
    if one is None and not are_plain([reading.dataset(paths[0])]):
        return None
    series = [one] if one is not None else [reading.dataset(path) for path in paths]
    return series if are_plain(series) else None


def refuse_for_many(*, train_until: str | None, labels: Path | None) -> None:
    """Refuse what goes with one dataset alone.

    Raises:
        ConfigError: there is such an option.
    """
    from simlab.errors import ConfigError

    if train_until is not None:
        raise ConfigError(
            "--train-until goes with one PATH: of several datasets each is judged by what was "
            "chosen on the others"
        )
    if labels is not None:
        raise ConfigError(
            "--labels goes with one PATH: give each of several its own, as NAME.incidents.csv "
            "beside NAME.csv"
        )


def sources_of(
    paths: "Sequence[str]", reading: Reading, *, seeds: int | None, seed: int
) -> "list[Source]":
    """Where each dataset comes from."""
    from simlab.errors import ConfigError
    from simlab.tuning.sources import Drawn, Saved
    from simlab.workload.loading import load_profile

    if seeds is None:
        maps = mapping(reading.maps)
        return [
            Saved(
                path=Path(path), time=reading.time, mapping=maps, max_rejected=reading.max_rejected
            )
            for path in paths
        ]
    if len(paths) != 1:
        raise ConfigError(f"--seeds draws one PROFILE: found {len(paths)} names, expected one")
    profile = load_profile(paths[0])
    return [Drawn(profile=profile, seed=seed + number) for number in range(seeds)]


def split_us(text: str, dataset: "Dataset") -> int:
    """`50%` of the data's time, or a moment [us since 1970]."""
    from simlab.cli.options import moment_us
    from simlab.errors import ConfigError

    moment = None if text.endswith("%") else moment_us(text, "--train-until")
    if moment is not None:
        return moment
    if not re.fullmatch(r"\d{1,2}(\.\d+)?%", text):
        raise ConfigError(f"--train-until {text!r}: write it like 50%, below 100%, or as a time")
    share = float(text[:-1]) / 100
    times_us = dataset.rows["timestamp"].to_physical()
    first, last = int(times_us[0]), int(times_us[-1])
    return first + round((last - first) * share)
