"""The commands and what they have in common."""

import typer

from simlab import __version__
from simlab.cli import (
    backtest,
    bench,
    dashboard,
    demo,
    drift,
    effect,
    export,
    fit,
    gen,
    kpi,
    recover,
    run,
    top,
    tune,
    watch,
)

app = typer.Typer(
    name="simlab",
    help="Choose alert thresholds for a batch bot from evidence.",
    epilog="Start with: simlab demo. Exit codes: 0 done, 1 the check said no, 2 bad input, "
    "130 interrupted. With --debug, errors show where they come from.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo.demo, gen.gen, fit.fit, run.run, recover.recover, kpi.kpi, effect.effect,
    backtest.backtest, tune.tune, drift.drift, export.export, bench.bench, dashboard.dashboard,
    top.top, watch.watch,
):  # fmt: skip
    app.command()(command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"simlab {__version__}")
        raise typer.Exit


@app.callback()
def _simlab(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Choose alert thresholds for a batch bot from evidence."""
    del version
