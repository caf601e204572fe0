"""`simlab run`: the instrumented bot over a workload."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simlab.cli.console import note, progress, say, show, show_json
from simlab.cli.options import (
    DEFAULT_SEED,
    Force,
    Json,
    Rules,
    Seed,
    Without,
    WithoutIncidents,
    fresh,
    length_s,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.run import Ran
    from simlab.run.real import RealWork
    from simlab.workload.source import Source

_DEFAULT_PORT = 9100
_SLOW_RATIO = 1.2
_LATE_S = 60.0


def run(
    workload: Annotated[
        str, typer.Argument(help="A dataset's path, or a profile's name or file.")
    ] = "busy-day",
    seed: Seed = DEFAULT_SEED,
    without_incidents: WithoutIncidents = False,
    without: Without = None,
    clock: Annotated[
        Literal["virtual", "wall"],
        typer.Option(help="virtual: as fast as it goes; wall: as time goes by, from now on."),
    ] = "virtual",
    speed: Annotated[
        float, typer.Option(help="How many times faster than wall time.", min=1e-3, max=1e6)
    ] = 1.0,
    for_time: Annotated[
        str | None,
        typer.Option(
            "--for", metavar="DURATION", help="Take only what is due in so long, such as 30s."
        ),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Wall time: the database to work on, as SQLAlchemy writes it. "
            "[default: inventory.db in the run directory]",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Bots side by side, instead of the profile's.", min=1)
    ] = None,
    rules: Rules = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The run directory. [default: runs/NAME-TIME]",
            show_default=False,
        ),
    ] = None,
    telemetry: Annotated[
        Literal["default", "plain"],
        typer.Option(help="plain: logging and prometheus_client as they come; default: cheaper."),
    ] = "default",
    sentry_dsn: Annotated[
        str | None,
        typer.Option(
            metavar="DSN",
            envvar="SENTRY_DSN",
            help="Report failed batches to Sentry.",
            show_default=False,
        ),
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            help="Serve metrics there; 0 takes a free port. "
            "[default: 9100 in wall time, none in virtual time]",
            min=0,
            max=65535,
            show_default=False,
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option(help="The address to serve metrics on.")
    ] = "127.0.0.1",
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Run the instrumented bot: it leaves its log, metrics, alerts, rows and KPIs."""
    from simlab.errors import ConfigError
    from simlab.run import run as run_bot

    if db is not None and clock == "virtual":
        raise ConfigError(f"--db {db}: only --clock wall works on a database; add it")
    judged, for_s = rules_or_strategy(rules), length_s(for_time, "--for")
    source = _source(workload, seed, incidents=not without_incidents, without=without or ())
    port = _DEFAULT_PORT if metrics_port is None and clock == "wall" else metrics_port
    name = f"Running {source.dataset.name}"
    with progress(name, total=len(source.dataset.rows), quiet=as_json) as report:
        ran = run_bot(
            source,
            out=out or fresh(source.dataset.name),
            rules=judged,
            clock=clock,
            speed=speed,
            workers=workers,
            for_s=for_s,
            db=db,
            telemetry=telemetry,
            sentry_dsn=sentry_dsn or None,
            metrics_port=port,
            metrics_host=metrics_host,
            force=force,
            report=report,
            announce=note,
        )
    for observer, count in ran.dropped.items():
        note(f"{observer} failed to take {count} events; the batches are as they were")
    if as_json:
        show_json({"path": str(ran.path), "rows": len(ran.dataset.rows), "alerts": ran.alerts,
                   "kpis": ran.kpis, "interrupted": ran.interrupted})  # fmt: skip
    else:
        _tell(ran)
    if ran.real is not None:
        _judge(ran.real, speed)
    if ran.asked_to_end:
        note("asked to end: the attempts at hand were finished, and no others begun")
    elif ran.interrupted:
        note("interrupted: the run directory holds what was done until then")
        raise typer.Exit(130)


def _source(workload: str, seed: int, *, incidents: bool, without: "Sequence[str]") -> "Source":
    from simlab.dataset.read import read
    from simlab.errors import ConfigError
    from simlab.workload.loading import load_profile
    from simlab.workload.source import source_of_dataset, source_of_profile

    path = Path(workload)
    if path.exists() and path.suffix != ".toml":
        if without or not incidents:
            raise ConfigError(
                f"{path}: its incidents are as they were made; name a profile instead"
            )
        return source_of_dataset(read(path), path)
    profile = load_profile(workload)
    return source_of_profile(profile, seed=seed, incidents=incidents, without=without)


def _tell(ran: "Ran") -> None:
    from simlab.report.terminal import kpis_table

    beside = {} if ran.real is None else ran.real.figures
    show(kpis_table({name: value for name, value in ran.kpis.items() if name not in beside}))
    say(f"{ran.path}: {len(ran.dataset.rows):,} attempts, {ran.alerts:,} alert events")
    if ran.real is not None and ran.real.stock.agrees:
        stock = ran.real.stock
        say(
            f"stock reconciled: {stock.opening:,} at the opening {stock.moved:+,} by"
            f" {stock.movements:,} movements in {stock.batches:,} batches = {stock.stock:,}"
        )


def _judge(real: "RealWork", speed: float) -> None:
    """Say where the machine did not keep up, and stop where the books do not agree."""
    from simlab.errors import CheckFailedError

    if real.overrun_ratio > _SLOW_RATIO or real.lag_s > _LATE_S:
        late = f", and the last ended {real.lag_s:,.0f} s late" if real.lag_s > _LATE_S else ""
        note(
            f"this machine does not keep up at speed {speed:g}: attempts took"
            f" {real.overrun_ratio:.2f} times as long as they were to{late}; lower --speed"
        )
    if not real.stock.agrees:
        stock = real.stock
        raise CheckFailedError(
            f"stock does not reconcile: {stock.opening:,} {stock.moved:+,} by movements, found"
            f" {stock.stock:,}; {stock.cells_off} places and {stock.batches_off} batches are off"
        )
