"""`simlab demo`: the whole story on one machine, in under half a minute."""

from pathlib import Path
from typing import Annotated

import typer

from simlab.cli.console import note, progress, say, show, show_json
from simlab.cli.options import DEFAULT_SEED, Force, Json, Seed, fresh


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
    from simlab.cli.dashboard import page_of
    from simlab.cli.options import rules_or_strategy
    from simlab.cli.run import exit_if_interrupted
    from simlab.cli.tune import show_tuning, write_rules
    from simlab.dataset.target import refuse_existing
    from simlab.report.html import write_dashboard
    from simlab.report.terminal import scores_table
    from simlab.run import run
    from simlab.tuning.backtest import backtest
    from simlab.tuning.tune import tune
    from simlab.workload.profile import load_profile
    from simlab.workload.source import source_of_profile

    target, rules = out or fresh("demo"), rules_or_strategy(None)
    refuse_existing(target, force=force)
    tell = (lambda _: None) if as_json else note  # no one to tell
    source = source_of_profile(load_profile(profile), seed=seed)
    batches = len(source.dataset.rows)
    troubles = 0 if source.dataset.incidents is None else len(source.dataset.incidents)
    tell(
        f"1/5 Generated {source.profile.name}, seed {seed}: {batches:,} attempts, "
        f"{troubles} incidents and look-alikes"
    )
    with progress("2/5 Running the instrumented bot", total=batches, quiet=as_json) as report:
        ran = run(source, out=target, rules=rules, metrics_port=0, force=force, report=report)
    exit_if_interrupted(ran)
    tell(f"2/5 Ran the instrumented bot through them: {ran.alerts:,} alert events")
    tell("3/5 Judging the strategy's rules against the truth")
    whole = backtest(ran.dataset, rules)
    tell("4/5 Choosing thresholds on the first half of the day, judging on the second")
    tuning = tune(ran.dataset, rules)
    write_rules(tuning, target / "tuned.toml", force=True)
    tuning.front.write_csv(target / "front.csv")
    tell("5/5 Drawing the dashboard")
    page = target / "dashboard.html"
    title = f"simlab demo: {source.profile.name}"
    write_dashboard(page_of(ran.dataset, target, rules, title=title, tuning=tuning), page)
    if as_json:
        show_json({"run": str(target), "dashboard": str(page), "strategy": whole.scores,
                   "unseen": {"given": tuning.unseen_before.scores,
                              "tuned": tuning.unseen_after.scores}})  # fmt: skip
        return
    show(scores_table(whole.scores, rules=rules, title="The strategy's rules, over the whole day"))
    show_tuning(tuning)
    say(f"run directory  {target}")
    say(f"tuned rules    {target / 'tuned.toml'}")
    say(f"dashboard      {page}")
