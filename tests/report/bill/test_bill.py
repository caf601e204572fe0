"""The bill in print: no figure without its interval, within 80 columns, nothing that runs."""

import io
import re

import pytest
from bench.known import measured, study_of
from rich.console import Console

from simlab.bench.chance import Estimate
from simlab.bench.crashes import Losses
from simlab.bench.findings import findings_of
from simlab.bench.loss import Loss
from simlab.bench.study import Study
from simlab.report.bill.cells import times, with_half
from simlab.report.bill.page import bill_page, bill_text
from simlab.report.bill.tables import bill_tables
from simlab.report.terminal import text_table

NAMES = ("whole", "whole, again", "without log", "without metrics", "without alerts")


@pytest.fixture
def study() -> Study:
    """Three stacks, the parts, and what crashes lose."""
    found = study_of(**{
        "python-json-logger": [22_000.0, 22_100.0, 21_900.0, 22_000.0, 22_050.0],
        "same": [10_050.0, 9_990.0, 10_020.0, 10_000.0, 10_010.0],
        "<b>&|": [123_456.7, 120_000.0, 125_000.0, 121_000.0, 124_000.0],
    })  # fmt: skip
    found.parts.update({
        name: [measured(cost * scale) for scale in (1, 1.01, 0.99, 1, 1)]
        for name, cost in zip(NAMES, (1000, 1001, 400, 700, 999), strict=True)
    })  # fmt: skip
    found.losses["same"] = Losses(
        full_speed=Loss(200_000, 3_210, 2), paced=Loss(1_000, 4, 1), full_disk=None
    )
    return found


def test_every_table_fits_80_columns(study: Study) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=False)
    for title, table in bill_tables(study, findings_of(study)):
        shown = text_table(table.columns, table.rows, set(table.numeric), title=title)
        console.print(shown)
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if "python-json-logger" in line and "±" in line]
    assert not [line for line in lines if "…" in line]


def test_a_difference_that_is_none_is_never_told_as_a_number(study: Study) -> None:
    (_, against), *_ = bill_tables(study, findings_of(study))
    rows = {row[0]: row[1:] for row in against.rows}
    assert set(rows["same"]) == {"no difference"} == set(rows["plain, again"])
    assert rows["python-json-logger"][0].startswith("2.197 ±")  # 22,010 / 10,020


def test_measured_figures_stand_with_their_interval(study: Study) -> None:
    for title, table in bill_tables(study, findings_of(study)):
        if "crash" in title:
            continue  # counts
        for row in table.rows:
            for head, cell in zip(table.columns[1:], row[1:], strict=True):
                assert (
                    head == "Dropped"
                    or re.search(r"±|\N{EN DASH}|times", cell)
                    or cell in ("", "no difference", "none seen")
                ), (title, row)


def test_what_a_crash_loses_is_counted_beside(study: Study) -> None:
    found = dict(bill_tables(study, findings_of(study)))
    (lost,) = [table for title, table in found.items() if "crash" in title]
    assert lost.rows == (("same", "3,210/200,000", "4/1,000", "3", "\N{EN DASH}"),)


def test_the_page_runs_nothing_and_shows_hostile_names_inert(study: Study) -> None:
    page = bill_page(study, findings_of(study))
    assert "<b>&|" not in page
    assert "&lt;b&gt;&amp;|" in page
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page == bill_page(study, findings_of(study))


def test_the_text_has_a_row_a_stack_with_as_many_cells_as_heads(study: Study) -> None:
    text = bill_text(study, findings_of(study))
    rows = [line.replace(r"\|", "") for line in text.splitlines() if line.startswith("| ")]
    assert any(row.startswith("| same |") for row in rows)
    widths = {row.count("|") for row in rows}
    assert widths <= {4, 5, 6, 7}


@pytest.mark.parametrize(
    ("estimate", "unit", "text"),
    [
        (Estimate(2612.0, 2412.0, 2812.0), 1000.0, "2.6 ±0.2"),
        (Estimate(1000.0, -805.0, 2805.0), 1.0, "1,000 ±1,800"),
        (Estimate(-0.00004, -0.0002, 0.0001), 1.0, "0.0000 ±0.0002"),
        (Estimate(0.0, 0.0, 0.0), 1.0, "0 ±0"),
        (Estimate(float("nan"), 0.0, 0.0), 1.0, "\N{EN DASH}"),
    ],
)
def test_a_figure_has_as_many_digits_as_its_interval_leaves(
    estimate: Estimate, unit: float, text: str
) -> None:
    assert with_half(estimate, unit=unit) == text


def test_the_base_has_no_ratio_to_itself() -> None:
    assert times(None) == ""
