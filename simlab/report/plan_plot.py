"""A plan as a picture: rates by hour and weekday above a timeline of its trouble."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from simlab.report import style
from simlab.report.inert import visible
from simlab.report.marks import threshold_line
from simlab.report.numbers import number, percent, plural
from simlab.workload.incidents import Trouble
from simlab.workload.kinds import KINDS
from simlab.workload.plan import Plan

_LANE_IN: Final = 0.24
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LOOKS: Final[dict[bool, dict[str, Any]]] = {
    False: {"facecolor": style.INCIDENT, "edgecolor": style.INCIDENT},
    True: {"facecolor": style.GRID, "edgecolor": style.LOOKALIKE, "hatch": "////"},
}
"""By whether it is a look-alike."""
_NEAR: Final = 1.5
"""How many times the busiest hour what the workers can do may be, to be drawn as a line."""


def plan_figure(plan: Plan) -> Figure:
    """The rates, with what the workers can do where it is near, and each trouble on a lane."""
    lanes = [kind for kind in KINDS if any(trouble.kind == kind for trouble in plan.troubles)]
    with style.style():
        heights = [2.4, 0.6 + _LANE_IN * len(lanes)] if lanes else [2.4]
        figure = Figure(figsize=(9.6, 0.4 + sum(heights)))
        grid = figure.add_gridspec(len(heights), 3, height_ratios=heights)
        weekly = plan.profile.arrivals.weekday is not None
        rates_by_hour(plan, figure.add_subplot(grid[0, :2] if weekly else grid[0, :]))
        if weekly:
            rates_by_weekday(plan, figure.add_subplot(grid[0, 2]))
        if lanes:
            trouble_lanes(plan, lanes, figure.add_subplot(grid[1, :]))
        return figure


def rates_by_hour(plan: Plan, ax: Axes) -> Axes:
    """Batches an hour by the hour of the day, a bar an hour."""
    labels = [f"{hour:02}" if hour % 3 == 0 else "" for hour in range(24)]
    mean, peak = (percent(round(share, 2)) for share in (plan.utilisation, plan.peak_utilisation))
    name = visible(plan.profile.name, most=30)
    title = f"{name}: workers busy {mean}, at most {peak}"
    _columns(ax, plan.hourly, labels, title=title)
    ax.set_ylabel("batches an hour")
    ax.set_xlabel("hour of the day, UTC", loc="right")
    _capacity(plan, ax)
    return ax


def rates_by_weekday(plan: Plan, ax: Axes) -> Axes:
    """Batches an hour by weekday, a bar a day."""
    return _columns(ax, plan.weekday, _DAYS, title="By weekday")


def trouble_lanes(plan: Plan, lanes: Sequence[str], ax: Axes) -> Axes:
    """Each trouble on its kind's lane, as high as it is severe; look-alikes are hatched."""
    for row, kind in enumerate(lanes):
        for trouble in plan.troubles:
            if trouble.kind == kind:
                _stretch(plan, trouble, ax, row=row)
    benign = sum(trouble.lookalike for trouble in plan.troubles)
    told = plural(len(plan.troubles) - benign, "incident"), plural(benign, "look-alike")
    ax.set_title(f"{told[0]}, {told[1]} of seed {plan.seed}, as high as severe")
    ax.set_yticks(np.arange(len(lanes)) + 0.45, [kind.replace("_", " ") for kind in lanes])
    ax.set_ylim(len(lanes), 0)
    ax.grid(visible=False, axis="y")
    start = plan.profile.start
    style.time_axis(ax, start, start + timedelta(seconds=plan.span_s))
    return ax


def _columns(ax: Axes, values: Sequence[float], labels: Sequence[str], *, title: str) -> Axes:
    ax.bar(np.arange(len(values)), np.nan_to_num(values), color=style.LINE, width=0.8)
    ax.set_xticks(np.arange(len(values)), labels)
    ax.grid(visible=False, axis="x")
    ax.margins(x=0.01, y=0.12)
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    ax.set_title(title)
    return ax


def _capacity(plan: Plan, ax: Axes) -> None:
    """A line at the rate at which all workers are always busy."""
    if plan.peak_utilisation * _NEAR >= 1:
        most = plan.peak_per_hour / plan.peak_utilisation
        threshold_line(ax, most, f"all workers busy at {number(float(f'{most:.3g}'))} an hour")


def _stretch(plan: Plan, trouble: Trouble, ax: Axes, *, row: int) -> None:
    start = date2num(plan.profile.start + timedelta(seconds=trouble.start_s))
    width = (trouble.end_s - trouble.start_s) / 86_400
    height = 0.9 * max(trouble.severity, 0.1)
    place = ([(start, width)], (row + 0.9 - height, height))
    ax.broken_barh(*place, linewidth=0.7, **_LOOKS[trouble.lookalike])
