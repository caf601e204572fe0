"""What tuning found for plain series, as tables and sentences for a terminal."""

from math import isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import RenderableType

from simlab.alerts.rule import DAY_US
from simlab.report.numbers import human_s, number, part, per_day, percent
from simlab.report.terminal import scores_table, text_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.tuning.plain.propose import Proposal
    from simlab.tuning.plain.unseen import Plain

_COLUMNS: Final = (
    "Series", "K", "Expected/day", "at most", "False alarms/day", "Caught", "Median delay",
    "Time firing",
)  # fmt: skip
_NOTE: Final = (
    "K: how many standard deviations the z-scores allow. Expected, and at most with 90 % "
    "sureness: false alarms a day that the first part and other series let expect. The rest: "
    "what was found on the part that the choice did not see."
)


def series_table(found: "Sequence[Plain]") -> RenderableType:
    """A row a series: what was chosen, what it promised, and what it did on unseen data."""
    rows = [_row(each) for each in found]
    if len(rows) > 1:
        rows.append(_all(found))
    title = "Rules chosen on the first part, judged on the rest"
    return text_table(_COLUMNS, rows, set(range(1, len(_COLUMNS))), title=title, note=_NOTE)


def rules_table(found: "Plain") -> RenderableType:
    """The rules of one series, and what each did on unseen data."""
    title = f"{Path(found.proposal.name).name}: the rules, on data that the choice did not see"
    scores = found.unseen.scores if found.unseen else ()
    return scores_table(scores, rules=found.proposal.rules, title=title)


def spacing_told(proposal: "Proposal") -> str:
    """How the observations of the first part lie in time, in a sentence."""
    told = proposal.frozen.spacing
    return (
        f"{Path(proposal.name).name}: {told.rows:,} values in {told.days:.1f} days, one every "
        f"{human_s(told.step_s)}; {number(told.gaps)} gaps, the longest "
        f"{human_s(told.longest_gap_s)}; {number(told.uneven)} uneven steps, "
        f"{number(told.repeated)} repeated stamps"
    )


def _row(found: "Plain") -> tuple[str, ...]:
    proposal, score = found.proposal, found.score
    return (
        Path(proposal.name).name,
        number(proposal.k),
        per_day(proposal.false_alarms_per_day),
        per_day(proposal.false_alarms_upper),
        per_day(score.false_alarms_per_day),
        part(score.caught, score.incidents),
        human_s(score.delay_median_s),
        percent(score.firing_ratio),
    )


def _all(found: "Sequence[Plain]") -> tuple[str, ...]:
    """All series together: false alarms and firing by their days."""
    unseen = [each.unseen for each in found if each.unseen is not None]
    days = sum((told.until_us - told.start_us) / DAY_US for told in unseen)
    scores = [told.scores[-1] for told in unseen]
    labelled = [score for score in scores if not isnan(score.incidents)]
    false = sum(score.false_episodes for score in scores)
    return (
        "all", "", "", "",
        per_day(false / days if days else nan),
        part(sum(score.caught for score in labelled), sum(score.incidents for score in labelled)),
        "", "",
    )  # fmt: skip
