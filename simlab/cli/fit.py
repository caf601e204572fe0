"""`simlab fit`: a profile learned from a log."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import caution, say, show, show_json
from simlab.cli.options import (
    DEFAULT_SEED,
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Seed,
    Source,
    Time,
    read_source,
)

if TYPE_CHECKING:
    from simlab.workload.fit.fitted import Fitted


def fit(
    path: Source,
    out: Annotated[
        Path | None,
        typer.Option(metavar="profile.toml", help="Write the profile.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(help="The profile's name. [default: the log's]", show_default=False),
    ] = None,
    labels: Labels = None,
    held_out: Annotated[
        float, typer.Option(help="The share of the log's time to judge by.", min=0.05, max=0.8)
    ] = 0.3,
    seed: Seed = DEFAULT_SEED,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Fit a profile to a log, and tell how far data drawn from it are from the log."""
    from simlab.dataset.target import refuse_existing
    from simlab.report.fits import fit_tables
    from simlab.workload.fit.fit import fit as learn
    from simlab.workload.fit.text import write_fitted

    if out is not None:
        refuse_existing(out, force=force)
    dataset = read_source(path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels)
    fitted = learn(dataset, name=name or _named(path), held_out=held_out, seed=seed)
    if out is not None:
        write_fitted(fitted, out, force=force)
    if as_json:
        show_json({"path": None if out is None else str(out), **_as_json(fitted)})
        return
    show(*fit_tables(fitted))
    for note in fitted.notes:
        say(f"- {note}")
    caution(fitted.cautions)
    if out is not None:
        say(f"{out}: the profile {fitted.profile.name}")


def _named(path: Path) -> str:
    """A profile's name from a file's: its first part, without what no name may hold."""
    stem = path.resolve().name.split(".")[0]
    return re.sub(r"[^\w .+-]", "-", stem).lstrip(" .+-")[:100] or "fitted"


def _as_json(fitted: "Fitted") -> dict[str, object]:
    return {
        "profile": dict(fitted.table) | {"start": fitted.table["start"].isoformat()},
        "attempts": fitted.attempts,
        "held_out": fitted.held_out,
        "estimates": fitted.estimates,
        "families": fitted.candidates,
        "distances": fitted.distances,
        "notes": fitted.notes,
        "cautions": fitted.cautions,
    }
