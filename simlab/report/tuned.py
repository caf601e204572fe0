"""What tuning found, as tables and sentences for a terminal."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import RenderableType

from simlab.report.numbers import UNDEFINED, human_s, per_day, percent, plural
from simlab.report.terminal import text_table
from simlab.report.words import condition, with_unit

if TYPE_CHECKING:
    import polars as pl

    from simlab.alerts.rule import Rule
    from simlab.tuning.figures import Figure, Figures
    from simlab.tuning.many import PooledTuning
    from simlab.tuning.tuned import Tuned

FRONT_ROWS: Final = 10
_FIGURES: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "recall": ("Recall", percent),
    "delay_median_s": ("Median delay", human_s),
    "delay_p90_s": ("P90 delay", human_s),
    "false_alarms_per_day": ("False alarms/day", per_day),
    "pages_per_day": ("Pages/day", per_day),
    "firing_ratio": ("Time firing", percent),
}


def choice_table(tuned: "Tuned") -> RenderableType:
    """Each rule's condition as given and as chosen."""
    pairs = zip(tuned.rules_before, tuned.rules_after, strict=True)
    rows = [(rule.name, condition(rule), condition(chosen)) for rule, chosen in pairs]
    title = f"The choice among {tuned.combinations:,} combinations"
    return text_table(("Rule", "As given", "Chosen"), rows, set(), title=title)


def unseen_table(tuned: "Tuned") -> RenderableType:
    """The figures on unseen data, each with its interval."""
    given, chosen = tuned.unseen.given, tuned.unseen.tuned
    rows = figure_rows(given, chosen)
    columns = ("", "As given", "Chosen")
    seen = f"{plural(chosen.incidents, 'incident')} in {chosen.days:.3g} days"
    if chosen.blocks < 2:
        note = f"{UNDEFINED} no interval: it takes two {tuned.blocks_are}s or more."
    else:
        note = (
            f"In brackets what chance leaves likely, 90 %: by drawing {chosen.blocks} "
            f"{tuned.blocks_are}s again and again."
        )
    title = f"On data that the choice did not see: {seen}"
    return text_table(columns, rows, {1, 2}, title=title, note=note)


def figure_rows(*columns: "Figures") -> list[tuple[str, ...]]:
    """A row a figure: what it is, and in each column what it amounts to, with its interval."""
    return [
        (head, *(_ranged(getattr(each, name), shown) for each in columns))
        for name, (head, shown) in _FIGURES.items()
    ]


def sensitivity_table(tuned: "Tuned") -> RenderableType:
    """How the figures on unseen data move with each threshold."""
    limits = {rule.name: rule for rule in tuned.rules_after}
    names = [name for name in _FIGURES if name in tuned.unseen.sensitivity.columns]
    rows = [
        (
            _moved(row["rule"], row["factor"], limits),
            *(_FIGURES[name][1](_number(row[name])) for name in names),
        )
        for row in tuned.unseen.sensitivity.iter_rows(named=True)
    ]
    columns = ("Threshold", *(_FIGURES[name][0] for name in names))
    title = "How much hangs on each threshold, the others as chosen, on the same data"
    return text_table(columns, rows, set(range(1, len(columns))), title=title)


def front_table(front: "pl.DataFrame", rules: "Sequence[Rule]") -> RenderableType:
    """Some rows of the front, evenly over it, and the chosen and the given point."""
    told = {rule.name: rule for rule in rules if f"{rule.name}.threshold" in front.columns}
    rows = [
        (
            _mark(row),
            percent(_number(row["recall"])),
            human_s(_number(row["delay_mean_s"])),
            per_day(row["false_alarms_per_day"]),
            *(_setting(row, rule) for rule in told.values()),
        )
        for row in _some(front).iter_rows(named=True)
    ]
    columns = ("", "Recall", "Mean delay", "False alarms/day", *told)
    on_front = int(front["on_front"].sum())
    title = f"What could be had where it was chosen: {plural(on_front, 'point')} on the front"
    beside = any(row[0].endswith("*") for row in rows)
    note = (
        "* not on the front: for its false alarms, more or sooner could be had." if beside else ""
    )
    return text_table(columns, rows, {1, 2, 3}, title=title, note=note)


def carried_over(tuned: "Tuned") -> str:
    """How well what the choice promised was kept on unseen data, in a sentence or two."""
    promised, kept = tuned.promised, tuned.unseen.tuned
    where = "on the others" if tuned.blocks_are == "dataset" else "where they were chosen"
    told = (
        f"The chosen rules raised {_rate(promised)} false alarms a day {where}, and "
        f"{_ranged(kept.false_alarms_per_day, per_day)} on unseen data; they caught "
        f"{percent(promised.recall.value)} and {_ranged(kept.recall, percent)} of incidents."
    )
    if kept.over_cap == kept.over_cap:
        told += f" With {tuned.blocks_are}s redrawn, false alarms were over the cap of "
        told += f"{tuned.budget.max_false_alarms_per_day:g} a day in {percent(kept.over_cap)} "
        told += "of draws."
    return told


def over_in_folds(tuned: "PooledTuning") -> str:
    """In how many datasets the others' choice broke the cap."""
    cap = tuned.budget.max_false_alarms_per_day
    over = int((tuned.folds["false_alarms_per_day"] > cap).sum())
    count = tuned.folds.height
    return f"On {over} of {count} datasets by themselves the others' choice broke the cap."


def _rate(figures: "Figures") -> str:
    return per_day(figures.false_alarms_per_day.value)


def _ranged(figure: "Figure", shown: Callable[[float], str]) -> str:
    if figure.low != figure.low:
        return shown(figure.value)
    return f"{shown(figure.value)} ({shown(figure.low)} to {shown(figure.high)})"


def _moved(name: str | None, factor: float, rules: "Mapping[str, Rule]") -> str:
    if name is None:
        return "as chosen"
    rule = rules[name]
    return f"{name} x {factor:g}: {with_unit(rule.signal, rule.limit * factor)}"


def _setting(row: Mapping[str, Any], rule: "Rule") -> str:
    threshold, for_ = row[f"{rule.name}.threshold"], row[f"{rule.name}.for"]
    wait = "" if for_ == "0s" else f" for {for_}"
    return with_unit(rule.signal, threshold) + wait


def _mark(row: Mapping[str, Any]) -> str:
    return f"{row['mark']}{'' if row['on_front'] else '*'}"


def _some(front: "pl.DataFrame") -> "pl.DataFrame":
    """The marked rows, and others evenly over the rest."""
    import polars as pl  # noqa: PLC0415 -- `simlab --help` should not pay for it

    marked = front["mark"] != ""
    others = front.filter(~marked)
    room = max(2, FRONT_ROWS - int(marked.sum()))
    last = others.height - 1
    places = sorted({round(last * step / (room - 1)) for step in range(room)}) if last >= 0 else []
    shown = pl.concat([others[places], front.filter(marked)])
    return shown.sort("false_alarms_per_day", "recall")


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
