"""A plan, and the profiles there are, for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from simlab.report.bars import Bars
from simlab.report.inert import visible
from simlab.report.numbers import (
    UNDEFINED,
    human_s,
    megabytes,
    number,
    percent,
    plural,
)
from simlab.report.terminal import Fitting, text_table
from simlab.report.timeline import Stretch, Timeline
from simlab.workload.catalogue import Listed
from simlab.workload.incidents import Trouble
from simlab.workload.kinds import KINDS
from simlab.workload.plan import Plan

MOST_ROWS: Final = 20
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ORDER: Final = list(KINDS)
_FORMATS: Final = {"parquet": "Parquet", "csv": "CSV", "jsonl": "JSON lines"}


def plan_view(plan: Plan) -> RenderableType:
    """All that a plan tells, top to bottom: figures, rates, the timeline, each trouble."""
    first, *others = _parts(plan)
    return Group(first, *(piece for other in others for piece in (Text(), other)))


def _parts(plan: Plan) -> Iterator[RenderableType]:
    yield figures(plan)
    yield from rates(plan)
    if plan.troubles:
        yield timeline(plan)
    for lookalike, noun in ((False, "incident"), (True, "look-alike")):
        shown = [trouble for trouble in plan.troubles if trouble.lookalike == lookalike]
        if shown:
            yield troubles_table(plan, shown, noun=noun)


def figures(plan: Plan) -> RenderableType:
    """How much there will be, how long attempts take, how busy the workers are."""
    profile = plan.profile
    rows = [
        ("begins", f"{profile.start:%Y-%m-%d %H:%M} UTC, a {profile.start:%A}"),
        ("lasts", human_s(plan.span_s)),
        ("batches", _batches(plan)),
        ("rows", f"{_rows(plan)}; {number(plan.attempts_per_batch)} attempts a batch without incidents"),
        ("size", ", ".join(f"{_size(plan.size_bytes[key])} as {_FORMATS[key]}" for key in _FORMATS)),
        ("attempts", _service(plan)),
        ("workers", _workers(plan)),
        ("trouble", _trouble(plan)),
    ]  # fmt: skip
    title = f"Plan of {profile.name}, seed {plan.seed}"
    return text_table(("", ""), rows, set(), title=title, note=visible(profile.description))


def rates(plan: Plan) -> Iterator[Bars]:
    """Batches an hour by the hour of the day and by weekday, where they differ."""
    hours = [f"{hour:02}:00" for hour in range(24)]
    weekdays = plan.profile.arrivals.weekday
    if plan.profile.arrivals.hourly is not None:
        yield _bars(plan, "Batches an hour, by the hour of the day (UTC)", hours, plan.hourly)
    if weekdays is not None:
        yield _bars(plan, "Batches an hour, by weekday", _DAYS, plan.weekday)


def timeline(plan: Plan) -> Timeline:
    """Each drawn trouble on its kind's lane."""
    ordered = sorted(plan.troubles, key=lambda trouble: _ORDER.index(trouble.kind))
    return Timeline(
        title="Trouble by kind, as high as severe; below it what only looks like it (UTC)",
        start=plan.profile.start,
        span_s=plan.span_s,
        stretches=[_stretch(trouble) for trouble in ordered],
    )


def troubles_table(plan: Plan, troubles: Sequence[Trouble], *, noun: str) -> RenderableType:
    """One row for each of the first 20: what, when, how long, how bad, where."""
    columns = ("id", "kind", "start", "length", "severity", "warehouses")
    rows = [_cells(plan, trouble) for trouble in troubles[:MOST_ROWS]]
    left_out = len(troubles) - len(rows)
    note = f"{left_out:,} more: --json tells them all" if left_out else ""
    title = plural(len(troubles), noun)
    wide = text_table(columns, rows, {3, 4}, title=title, note=note)
    short = [(row[0], row[2], row[3], row[4], row[5]) for row in rows]
    names = (columns[0], *columns[2:])
    return Fitting(wide, text_table(names, short, {2, 3}, title=title, note=note))


def profiles_view(listed: Sequence[Listed]) -> RenderableType:
    """Each profile in a line of figures and a line of words."""
    heads = ("Profile", "Lasts", "Rows", "Incidents/day", "Look-alikes/day", "Busy, peak")
    rows = [heads, *map(_listed_cells, listed)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
    lines: list[RenderableType] = []
    for row, profile in zip(rows, (None, *listed), strict=True):
        cells = [_padded(cell, widths[nth], nth) for nth, cell in enumerate(row)]
        lines.append(Text("  ".join(cells).rstrip(), style="bold" if profile is None else ""))
        if profile is not None:
            lines.append(Padding(Text(visible(profile.description), style="dim"), (0, 0, 0, 2)))
    note = "Incidents and look-alikes: how many a day, of how many kinds. Busy: the workers."
    return Group(*lines, Text(note, style="dim"))


def _padded(cell: str, width: int, nth: int) -> str:
    return cell.ljust(width) if nth == 0 else cell.rjust(width)


def _listed_cells(listed: Listed) -> tuple[str, ...]:
    return (
        listed.name,
        human_s(listed.span_s),
        _about(listed.rows),
        _a_day(listed.incidents_per_day, listed.incident_kinds),
        _a_day(listed.lookalikes_per_day, listed.lookalike_kinds),
        f"{percent(round(listed.utilisation, 2))}, {percent(round(listed.peak_utilisation, 2))}",
    )


def _a_day(rate: float, kinds: Sequence[str]) -> str:
    return f"{number(round(rate, 2))} of {plural(len(kinds), 'kind')}" if kinds else UNDEFINED


def _size(count_bytes: int) -> str:
    large = count_bytes >= 1e9
    return f"{number(count_bytes / 1e9)} GB" if large else megabytes(count_bytes)


def _about(count: float) -> str:
    """Three digits, which is as much as is known."""
    return number(float(f"{count:.3g}"))


def _batches(plan: Plan) -> str:
    mean, peak = number(plan.mean_per_hour), number(plan.peak_per_hour)
    return f"about {_about(plan.batches)}; {mean} an hour, {peak} in the busiest"


def _rows(plan: Plan) -> str:
    exact = plan.profile.rows is not None
    return number(plan.rows) if exact else f"about {_about(plan.rows)}"


def _service(plan: Plan) -> str:
    quantiles = (plan.service_p50_s, plan.service_p95_s, plan.service_p99_s)
    p50, p95, p99 = map(human_s, quantiles)
    share = percent(plan.timeout_share) if plan.timeout_share else "none"
    limit = f"{share} reach the limit of {plan.profile.service.limit}"
    mean = human_s(plan.service_mean_s)
    return f"take {mean} on average; half up to {p50}, 95 % up to {p95}, 99 % up to {p99}; {limit}"


def _workers(plan: Plan) -> str:
    mean, peak = percent(plan.utilisation), percent(plan.peak_utilisation)
    return f"{plan.profile.workers}, busy {mean} of the time, {peak} in the busiest hour"


def _trouble(plan: Plan) -> str:
    benign = sum(trouble.lookalike for trouble in plan.troubles)
    incidents = plural(len(plan.troubles) - benign, "incident")
    left_out = "" if plan.incidents else " (left out, as asked)"
    return f"{incidents}{left_out}, {plural(benign, 'look-alike')}"


def _bars(plan: Plan, title: str, labels: Sequence[str], values: Sequence[float]) -> Bars:
    busy = plan.peak_utilisation / plan.peak_per_hour
    remarks = ([_about(value) for value in values], [_busy(value * busy) for value in values])
    return Bars(title=title, labels=labels, values=values, remarks=remarks)


def _busy(share: float) -> str:
    return f"busy {percent(round(share, 2))}"


def _stretch(trouble: Trouble) -> Stretch:
    return Stretch(
        lane=trouble.kind,
        start_s=trouble.start_s,
        end_s=trouble.end_s,
        height=trouble.severity,
        faint=trouble.lookalike,
    )


def _cells(plan: Plan, trouble: Trouble) -> tuple[str, ...]:
    start = plan.profile.start + timedelta(seconds=trouble.start_s)
    return (
        trouble.id,
        trouble.kind,
        f"{start:%Y-%m-%d %H:%M}",
        human_s(trouble.end_s - trouble.start_s),
        f"{trouble.severity:.2f}",
        _where(plan, trouble),
    )


def _where(plan: Plan, trouble: Trouble) -> str:
    chosen, all_of_them = trouble.warehouses, plan.profile.warehouses
    if chosen is None:
        return "all"
    return f"no. {chosen[0]}" if len(chosen) == 1 else f"{len(chosen)} of {all_of_them:,}"
