"""`simlab effect`: what each incident did, from a pair of datasets or runs."""

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli.console import show, show_json
from simlab.cli.options import Json, Source


def effect(
    path: Source,
    without: Annotated[
        Path,
        typer.Argument(
            metavar="WITHOUT",
            help="The same load made or run without some or all of the incidents.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Tell what each incident did to latency, errors, retries and CPU, from a pair of datasets."""
    from simlab.dataset.effect import effect as effect_of
    from simlab.dataset.read import read
    from simlab.report.effects import effect_table

    told = effect_of(read(path), read(without))
    if as_json:
        show_json({"with": str(path), "without": str(without), "incidents": told})
        return
    show(effect_table(told, title=f"What incidents did: {path} against {without}"))
