"""The bill as a page of its own, and as a text."""

from collections.abc import Callable, Iterable
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simlab.bench.findings import Findings
from simlab.bench.study import Study
from simlab.report import style
from simlab.report.bill import plots
from simlab.report.bill.tables import bill_tables
from simlab.report.bill.words import facts, headline, sentences, span
from simlab.report.charts import Chart
from simlab.report.svg import darkened, data_uri, svg
from simlab.report.template import rendered

TITLE: Final = "The telemetry bill"
_PX_PER_INCH: Final = 96
_WIDE_IN: Final = 10.6
_NARROW_IN: Final = 3.65
_MARGINS_IN: Final = (1.35, 0.2, 0.5)
"""Left, where the names of stacks are, right and bottom; the legend is above."""


def bill_page(study: Study, found: Findings) -> str:
    """The page as HTML, complete in itself; the same study gives the same text."""
    return rendered(
        "bill.html.j2",
        title=TITLE,
        span=span(study, found),
        level="warn" if found.bill.is_noisy else "good",
        headline=headline(found.bill),
        sentences=sentences(found.bill),
        cautions=found.cautions,
        charts=_charts(found),
        tables=bill_tables(study, found),
        facts=facts(study),
    )


def bill_text(study: Study, found: Findings) -> str:
    """The same as Markdown, without the charts."""
    lines = [f"# {TITLE}", "", f"{span(study, found)}.", "", f"**{headline(found.bill)}**", ""]
    lines += [f"- {sentence}" for sentence in sentences(found.bill)]
    lines += [f"- Caution: {caution}" for caution in found.cautions]
    for title, table in bill_tables(study, found):
        lines += ["", f"## {title}", "", _row(table.columns)]
        lines.append(
            _row("---:" if at in table.numeric else "---" for at in range(len(table.columns)))
        )
        lines += [_row(row) for row in table.rows]
        lines += ["", table.note]
    lines += ["", "## About this study", ""]
    lines += [f"- {name}: {fact}" for name, fact in facts(study).items()]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _charts(found: Findings) -> list[Chart]:
    told = [
        _chart(
            "What an event costs, by three clocks",
            "Marks with 95 % intervals on a logarithmic scale, three a stack.",
            4.4,
            lambda ax: plots.costs(found.bill, ax=ax),
        ),
        _chart(
            "What it takes of a core, by the rate of events",
            "A line a stack, both scales logarithmic.",
            3.8,
            lambda ax: plots.at_rates(found.bill, ax=ax),
        ),
    ]
    parts = found.parts
    if parts is not None:
        told.append(
            _chart(
                "What each part of the default stack adds",
                "A bar a part with its 95 % interval, then all parts together.",
                2.6,
                lambda ax: plots.parts(parts, ax=ax),
                top_in=0.15,
            )
        )
    return told


def _chart(
    title: str,
    told: str,
    height_in: float,
    draw: Callable[[Axes], Axes],
    *,
    top_in: float = 0.75,
) -> Chart:
    wide = _image(draw, (_WIDE_IN, height_in), min(top_in, 0.5))
    narrow = _image(draw, (_NARROW_IN, height_in), top_in)
    return Chart(
        title=title,
        alt=f"{title}. {told}",
        wide=data_uri(wide),
        wide_dark=data_uri(darkened(wide)),
        narrow=data_uri(narrow),
        narrow_dark=data_uri(darkened(narrow)),
        size_px=(round(_WIDE_IN * _PX_PER_INCH), round(height_in * _PX_PER_INCH)),
    )


def _image(draw: Callable[[Axes], Axes], size_in: tuple[float, float], top_in: float) -> str:
    (left, right, bottom), (width_in, height_in) = _MARGINS_IN, size_in
    with style.style():
        figure = Figure(figsize=size_in)
        figure.set_layout_engine("none")
        draw(
            figure.add_axes(
                (
                    left / width_in,
                    bottom / height_in,
                    1 - (left + right) / width_in,
                    1 - (top_in + bottom) / height_in,
                )
            )
        )
        return svg(figure)
