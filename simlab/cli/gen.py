"""`simlab gen`: make a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import progress, say, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, Seed
from simlab.cli.planning import list_profiles, show_plan

if TYPE_CHECKING:
    from simlab.workload.profile import Profile


def gen(
    profile: Annotated[
        str, typer.Argument(help="A profile's name (see --list) or its file.")
    ] = "busy-day",
    rows: Annotated[
        int | None, typer.Option(help="Make exactly so many rows.", min=1, show_default=False)
    ] = None,
    seed: Seed = DEFAULT_SEED,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A directory, or a file: .jsonl, .json, .csv (each also .gz, .zst), .parquet. "
            "[default: out/PROFILE]",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="When the load begins, instead of the profile's."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes to work in. [default: all cores]", min=1, show_default=False),
    ] = None,
    without_incidents: Annotated[
        bool, typer.Option("--without-incidents", help="The same load with nothing wrong.")
    ] = False,
    force: Force = False,
    listing: Annotated[
        bool, typer.Option("--list", help="Describe the profiles that come with simlab.")
    ] = False,
    planned: Annotated[
        bool, typer.Option("--plan", help="Tell what would be made, and make nothing.")
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the plan as .png or .svg; implies --plan."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a dataset: rows, samples and the incidents that are the truth."""
    if listing:
        list_profiles(as_json=as_json)
        return
    if planned or plot is not None:
        load, with_incidents = _load(profile, rows, start), not without_incidents
        show_plan(
            load, seed=seed, incidents=with_incidents, image=plot, force=force, as_json=as_json
        )
        return
    from simlab.engine.local import default_workers
    from simlab.report.numbers import plural
    from simlab.workload.arrivals import rows_expected
    from simlab.workload.generate import generate

    load = _load(profile, rows, start)
    target = out or Path("out") / load.name
    with progress(f"Making {load.name}", total=rows_expected(load), quiet=as_json) as report:
        made = generate(
            load,
            seed=seed,
            out=target,
            workers=workers or default_workers(),
            incidents=not without_incidents,
            force=force,
            report=report,
        )
    if as_json:
        files = [str(file) for file in made.files]
        show_json({"path": str(made.path), "rows": made.rows, "incidents": made.incidents,
                   "lookalikes": made.lookalikes, "seed": seed, "files": files})  # fmt: skip
        return
    trouble = f", {plural(made.incidents, 'incident')}, {plural(made.lookalikes, 'look-alike')}"
    say(f"{made.path}: {plural(made.rows, 'row')}{trouble if load.shape == 'batches' else ''}")


def _load(name: str, rows: int | None, start: str | None) -> "Profile":
    from simlab.cli.options import moment_us
    from simlab.workload.loading import load_profile, starting, with_rows

    load = load_profile(name)
    load = load if rows is None else with_rows(load, rows)
    start_us = moment_us(start, "--start")
    return load if start_us is None else starting(load, start_us)
