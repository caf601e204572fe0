"""`simlab demo`: the whole story on one machine, in under half a minute."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import caution, note, progress, say, show, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, Seed, fresh, rules_or_strategy
from simlab.cli.tuned import show_tuning

if TYPE_CHECKING:
    from simlab.alerts.rule import Rule
    from simlab.report.story import Story


def demo(
    seed: Seed = DEFAULT_SEED,
    profile: Annotated[str, typer.Option(help="Another profile's name or file.")] = "busy-day",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The run directory. [default: runs/demo-TIME]",
            show_default=False,
        ),
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make a day of trouble, run the bot through it, backtest, tune, and draw a dashboard."""
    from simlab.report.story import story
    from simlab.workload.arrivals import rows_expected
    from simlab.workload.loading import load_profile

    rules = rules_or_strategy(None)
    load = load_profile(profile)
    with progress("Running the bot", total=rows_expected(load), quiet=as_json) as report:
        try:
            told = story(
                load,
                rules,
                seed=seed,
                out=out or fresh("demo"),
                force=force,
                tell=None if as_json else note,
                report=report,
            )
        except KeyboardInterrupt as stopped:
            note(f"interrupted{': ' if stopped.args else ''}{stopped}")
            raise typer.Exit(130) from None
    if as_json:
        show_json(_as_json(told))
    else:
        _show(told, rules)


def _show(told: "Story", rules: "Sequence[Rule]") -> None:
    from simlab.report.terminal import scores_table

    title = "The strategy's rules, over the whole run"
    show(scores_table(told.whole.scores, rules=rules, title=title))
    show_tuning(told.tuning)
    caution(told.cautions)
    say(f"run directory  {told.ran.path}")
    say(f"tuned rules    {told.rules_file}")
    say(f"dashboard      {told.dashboard}")


def _as_json(told: "Story") -> dict[str, object]:
    tuning = told.tuning
    return {
        "run": str(told.ran.path),
        "dashboard": str(told.dashboard),
        "strategy": told.whole.scores,
        "unseen": {"given": tuning.unseen_before.scores, "tuned": tuning.unseen_after.scores},
    }
