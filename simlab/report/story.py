"""The whole story on one machine: what the demo tells, as one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import write_rules
from simlab.dataset.target import refuse_existing
from simlab.report.html import write_dashboard
from simlab.report.page import page_of
from simlab.run import Ran, run
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.cautions import cautions_on_tuning
from simlab.tuning.tune import Tuning, tune
from simlab.workload.profile import Profile
from simlab.workload.source import source_of_profile

FALSE_ALARMS_PER_DAY = 2.0


@dataclass(frozen=True, kw_only=True)
class Story:
    """What came of it.

    Attributes:
        ran: the run.
        whole: the rules as given, over all of the run.
        tuning: the chosen rules, and both on the part that the choice did not see.
        cautions: what to know before believing the figures.
        rules_file: where the chosen rules are.
        dashboard: where the page is.
    """

    ran: Ran
    whole: Backtest
    tuning: Tuning
    cautions: list[str]
    rules_file: Path
    dashboard: Path


def story(
    profile: Profile,
    rules: Sequence[Rule],
    *,
    seed: int,
    out: Path,
    force: bool = False,
    tell: Callable[[str], None] | None = None,
    report: Callable[[int], None] | None = None,
) -> Story:
    """Make a load, run the bot through it, judge its rules, choose better ones, draw a page.

    Args:
        profile: the load.
        rules: to judge, and to start from.
        seed: 0 or more.
        out: the run directory to make; the chosen rules and the page go there too.
        force: replace what is at `out`.
        tell: told of each step.
        report: told how many attempts have ended, now and then.

    Raises:
        OutputError: `out` exists or cannot be written.
        InputError: there is no trouble in the first half to choose by.
        KeyboardInterrupt: the run was stopped; what it did until then is at `out`.
    """
    refuse_existing(out, force=force)
    say = tell or _silent
    say(f"1/5 Generating {profile.name}, seed {seed}")
    source = source_of_profile(profile, seed=seed)
    say(f"2/5 Running the instrumented bot through {len(source.dataset.rows):,} attempts")
    ran = run(source, out=out, rules=rules, metrics_port=0, force=force, report=report)
    if ran.interrupted:
        raise KeyboardInterrupt("the run directory holds what was done until then")
    say(f"3/5 Judging the rules, which brought {ran.alerts:,} alert events, against the truth")
    whole = backtest(ran.dataset, rules)
    say("4/5 Choosing thresholds on the first half in time, judging on the second")
    tuning = tune(ran.dataset, rules, max_false_alarms_per_day=FALSE_ALARMS_PER_DAY)
    rules_file, page = out / "tuned.toml", out / "dashboard.html"
    write_rules(tuning.rules_after, rules_file)
    tuning.front.write_csv(out / "front.csv")
    say("5/5 Drawing the dashboard")
    title = f"simlab demo: {profile.name}"
    write_dashboard(page_of(ran.dataset, out, rules, title=title, tuning=tuning), page)
    return Story(
        ran=ran,
        whole=whole,
        tuning=tuning,
        cautions=cautions_on_tuning(tuning, max_false_alarms_per_day=FALSE_ALARMS_PER_DAY),
        rules_file=rules_file,
        dashboard=page,
    )


def _silent(_: str) -> None:
    """Tell no one."""
