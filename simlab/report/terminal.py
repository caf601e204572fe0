"""Tables and progress for a terminal; text from data is printed inert."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from simlab.report.inert import visible
from simlab.report.numbers import UNDEFINED, human_s, number, percent

if TYPE_CHECKING:
    import polars as pl

    from simlab.alerts.rule import Rule
    from simlab.tuning.score import Score

_KPI_UNITS: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "inv_batch_seconds_p50": ("median duration of attempts", human_s),
    "inv_batch_seconds_p95": ("95 % took no longer", human_s),
    "inv_batch_seconds_p99": ("99 % took no longer", human_s),
    "inv_error_count": ("failed batches an hour", number),
    "cpu_percent": ("mean [%]", number),
    "cpu_percent_max": ("highest [%]", number),
    "mem_usage_mb": ("highest [MB]", number),
    "batch_success_rate": ("of finished batches", percent),
    "retry_count": ("attempts tried again", number),
    "value_p50": ("median", number),
    "value_p95": ("95 % are no higher", number),
    "value_p99": ("99 % are no higher", number),
    "value_max": ("highest", number),
    "rows": ("values", number),
}

_KPI_HEADS: Final[Mapping[str, str]] = {
    "inv_batch_seconds_p50": "batch P50",
    "inv_batch_seconds_p95": "batch P95",
    "inv_batch_seconds_p99": "batch P99",
    "inv_error_count": "errors an hour",
    "cpu_percent": "CPU mean",
    "cpu_percent_max": "CPU max",
    "mem_usage_mb": "memory [MB]",
    "batch_success_rate": "success rate",
    "retry_count": "retries",
}

_LONGEST_WORD: Final = 24
_MOST_STRETCHES: Final = 500
_SHORT: Final[Mapping[str, str]] = {
    "Median delay": "Delay",
    "False alarms/day": "False a day",
    "Time firing": "Firing",
}


def scores_table(
    scores: "Sequence[Score]", *, rules: "Sequence[Rule]", title: str
) -> RenderableType:
    """How each rule did, a row a rule; what is undefined is explained below, once.

    Args:
        scores: one a rule, and maybe one of all together.
        rules: to say in words what each waits for.
        title: of the table.
    """
    # Reads polars, which `simlab --help` should not pay for.
    from simlab.report import tables  # noqa: PLC0415  # polars is slow to import

    shown = tables.scores_table(scores, rules)
    wide = text_table(shown.columns, shown.rows, shown.numeric, title=title, note=shown.note)
    columns = [_SHORT.get(name, name) for name in shown.columns if name != shown.columns[1]]
    rows = [(f"{row[0]}: {row[1]}", *row[2:]) for row in shown.rows]
    numeric = {position - 1 for position in shown.numeric}
    narrow = text_table(columns, rows, numeric, title=title, note=shown.note)
    return Fitting(wide, narrow)


def kpis_table(kpis: Mapping[str, float], *, title: str = "KPIs") -> RenderableType:
    """KPIs by their names, with units, and what each means."""
    rows = []
    for name, value in kpis.items():
        meaning, unit = _KPI_UNITS.get(name, ("", number))
        rows.append((name, unit(value), meaning))
    undefined = any(row[1] == UNDEFINED for row in rows)
    note = f"{UNDEFINED} undefined: there is nothing to tell it from." if undefined else ""
    return text_table(("KPI", "Value", ""), rows, {1}, title=title, note=note)


def kpis_over_time_table(frame: "pl.DataFrame", *, title: str) -> RenderableType:
    """KPIs of each stretch of time, as `kpis_over_time` gives them, a row a stretch.

    Args:
        frame: `start`, and KPIs by their names.
        title: of the table.
    """
    left_out = max(0, len(frame) - _MOST_STRETCHES)
    note = f"{left_out:,} more left out: ask for longer ones, or --json" if left_out else ""
    frame = frame.head(_MOST_STRETCHES)
    names = [name for name in frame.columns if name != "start"]
    units = [_KPI_UNITS.get(name, ("", number))[1] for name in names]
    rows = [
        (f"{start:%Y-%m-%d %H:%M:%S}", *(unit(x) for unit, x in zip(units, figures, strict=True)))
        for start, *figures in frame.select("start", *names).iter_rows()
    ]
    columns = ["from", *(_KPI_HEADS.get(name, name) for name in names)]
    return text_table(columns, rows, set(range(1, len(columns))), title=title, note=note)


@contextmanager
def progress(
    what: str, *, total: int | None, unit: str = "rows", console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left, on a terminal; nothing at all in a pipe.

    Gives a function that takes how many more are done. The bar goes when the block ends.

    Args:
        what: is being done.
        total: how many there are to do; None when no one knows.
        unit: of what is counted.
        console: where; standard error by default, so that results can be piped.
    """
    console = console or Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        _RateColumn(unit),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(visible(what), total=total)
        yield lambda count: bar.advance(task, count)


@dataclass(frozen=True)
class Fitting:
    """The wide form where it fits, else the narrow one."""

    wide: RenderableType
    narrow: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Whichever the console has room for."""
        needed = Measurement.get(console, options.update(max_width=10_000), self.wide).maximum
        yield self.wide if needed <= options.max_width else self.narrow


class _RateColumn(ProgressColumn):
    """How many a second, of late."""

    def __init__(self, unit: str) -> None:
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{number(speed)} {self._unit}/s" if speed else "", style="progress.data.speed")


def text_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: frozenset[int] | set[int],
    *,
    title: str,
    note: str = "",
) -> RenderableType:
    """Text in rows under a title, printed inert; numeric columns line up to the right."""
    table = Table(box=None, show_header=any(columns))
    for position, column in enumerate(columns):
        justify: Literal["left", "right"] = "right" if position in numeric else "left"
        words = [word for row in rows for word in _unbroken(row[position], justify)]
        widest = max(map(len, [*words, *column.split()]), default=0)
        room = min(widest, _LONGEST_WORD)
        table.add_column(column, justify=justify, min_width=room, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    below = [Text(visible(note, most=1000), style="dim")] if note else []
    return Group(Text(visible(title), style="bold"), table, *below)


def _unbroken(cell: str, justify: str) -> list[str]:
    """What of a cell must stay on one line: a figure as a whole, a text word by word."""
    return [cell] if justify == "right" else cell.split()
