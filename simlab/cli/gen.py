"""`simlab gen`: make a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simlab.cli.console import interruptible, progress, say, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, Seed, Without, WithoutIncidents
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
    engine: Annotated[
        Literal["local", "dask"],
        typer.Option(help="local: processes of this machine; dask: those of a Dask cluster."),
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDR",
            help="The Dask scheduler, such as tcp://10.0.0.5:8786, whose workers must see PATH "
            "under the same name; without one, dask starts --workers processes here.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on from what was made before a kill, an interrupt or a full disk, "
            "and keep it should that happen now.",
        ),
    ] = False,
    without_incidents: WithoutIncidents = False,
    without: Without = None,
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
        show_plan(
            _load(profile, rows, start),
            seed=seed,
            incidents=not without_incidents,
            without=without or (),
            image=plot,
            force=force,
            as_json=as_json,
        )
        return
    from simlab.engine.local import default_workers, work_on_one_core

    if workers == 1:
        work_on_one_core()  # before the imports below
    from simlab.report.numbers import plural
    from simlab.workload.arrivals import rows_expected
    from simlab.workload.generate import generate

    load = _load(profile, rows, start)
    target = out or Path("out") / load.name
    total = rows_expected(load)
    with interruptible(), progress(f"Making {load.name}", total=total, quiet=as_json) as report:
        made = generate(
            load,
            seed=seed,
            out=target,
            workers=workers or default_workers(),
            engine=engine,
            scheduler=scheduler,
            incidents=not without_incidents,
            without=without or (),
            force=force,
            resume=resume,
            report=report,
        )
    if as_json:
        files = [str(file) for file in made.files]
        show_json({"path": str(made.path), "rows": made.rows, "incidents": made.incidents,
                   "lookalikes": made.lookalikes, "seed": seed, "kept": made.kept,
                   "files": files})  # fmt: skip
        return
    trouble = f", {plural(made.incidents, 'incident')}, {plural(made.lookalikes, 'look-alike')}"
    whole = f"{plural(made.rows, 'row')}{trouble if load.shape == 'batches' else ''}"
    say(f"{made.path}: {whole}{_before(made.kept, made.rows)}")


def _before(kept: int, rows: int) -> str:
    """What of the rows an earlier call had made, if any."""
    if kept and kept == rows:
        return "; complete already"
    return f"; {kept:,} of the rows were made already" if kept else ""


def _load(name: str, rows: int | None, start: str | None) -> "Profile":
    from simlab.cli.options import moment_us
    from simlab.workload.loading import load_profile, starting, with_rows

    load = load_profile(name)
    load = load if rows is None else with_rows(load, rows)
    start_us = moment_us(start, "--start")
    return load if start_us is None else starting(load, start_us)
