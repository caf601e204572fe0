"""Options that several commands take, and what their text means."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import polars as pl

    from simlab.alerts.rule import Rule
    from simlab.dataset.schema import Dataset

DEFAULT_SEED = 7

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same data.", min=0)]
WithoutIncidents = Annotated[
    bool, typer.Option("--without-incidents", help="The same load with nothing wrong.")
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID",
        help="The same load without that incident, such as latency_spike-2. May be repeated.",
    ),
]
Source = Annotated[
    Path,
    typer.Argument(
        metavar="PATH",
        help="A dataset, a run directory, a directory of logs, or a file "
        "(.jsonl, .json, .csv, .parquet, .log).",
        show_default=False,
    ),
]
Time = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="The time column of a foreign file.")
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="COLUMN=EXPRESSION",
        help="What a column is in a foreign file, such as duration=elapsed_ms/1000 or "
        '"status=http_status >= 500". May be repeated.',
    ),
]
MaxRejected = Annotated[
    float, typer.Option(help="The share of bad lines to put up with.", min=0.0, max=1.0)
]
Rules = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Alert rules; the strategy's three by default."),
]
Labels = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The truth: start,end and optionally id,kind."),
]


def read_source(
    path: Path,
    *,
    time: str | None,
    maps: Sequence[str] | None,
    max_rejected: float,
    labels: Path | None = None,
) -> "Dataset":
    """The dataset that the options name, with the labels they name; rejects are told of."""
    from dataclasses import replace

    from simlab.cli.console import note
    from simlab.dataset.read import read

    dataset = read(path, time=time, mapping=mapping(maps), max_rejected=max_rejected)
    if dataset.lines is not None and dataset.lines.rejected:
        kept = dataset.lines.rejected_file
        where = f"kept in {kept}" if kept else "which could not be kept"
        total = dataset.lines.accepted + dataset.lines.rejected
        note(f"{path}: {dataset.lines.rejected} of {total} lines rejected, {where}")
    return dataset if labels is None else replace(dataset, incidents=labels_within(labels, dataset))


def labels_within(path: Path, dataset: "Dataset") -> "pl.DataFrame":
    """The labels of a file, some of which lie within the data.

    Raises:
        InputError: they cannot be read, or none of them lies within the data.
    """
    from simlab.dataset.labels import read_labels
    from simlab.errors import InputError

    labels, times = read_labels(path), dataset.rows["timestamp"]
    within = (labels["start"] <= times[-1]) & (labels["end"] >= times[0])
    if not within.any():
        span = f"{times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC"
        raise InputError(f"{path}: none of its labels lies within the data, {span}")
    return labels


def mapping(entries: Sequence[str] | None) -> dict[str, str] | None:
    """`COLUMN=EXPRESSION` texts as a mapping.

    Raises:
        ConfigError: one has no `=`, or names a column twice.
    """
    from simlab.errors import ConfigError

    told: dict[str, str] = {}
    for entry in entries or ():
        column, equals, expression = entry.partition("=")
        if not equals or not column.strip() or not expression.strip():
            raise ConfigError(f"--map {entry!r}: write it like duration=elapsed_ms/1000")
        if column.strip() in told:
            raise ConfigError(f"--map {entry!r}: {column.strip()} is mapped already")
        told[column.strip()] = expression.strip()
    return told or None


def rules_or_strategy(path: Path | None) -> "tuple[Rule, ...]":
    """The rules of a file, or of simlab's own of that name; the strategy's by default."""
    from simlab.alerts.rules_file import load_rules
    from simlab.config import shipped

    if path is not None and (path.suffix == ".toml" or path.exists()):
        return load_rules(path)
    return load_rules(shipped("rules", "strategy" if path is None else str(path)))


def moment_us(text: str | None, option: str) -> int | None:
    """A moment that an option names [us since 1970]; None for none.

    Raises:
        ConfigError: it is no moment.
    """
    from simlab.dataset.text_time import parse_when
    from simlab.errors import ConfigError

    try:
        return None if text is None else parse_when(text)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}") from None


def length_s(text: str | None, option: str) -> float | None:
    """A length of time that an option names [s]; None for none.

    Raises:
        ConfigError: it is no length of time.
    """
    from simlab.config import duration_s
    from simlab.errors import ConfigError

    try:
        return None if text is None else duration_s(text)
    except ConfigError as error:
        raise ConfigError(f"{option}: {error}") from None


def fresh(name: str) -> Path:
    """A run directory's name that says what was run, a profile or a file, and when."""
    stem = Path(name).name.split(".")[0]
    return Path("runs") / f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
