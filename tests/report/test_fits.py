"""A fitted profile's tables say what was fitted, and fit on a narrow terminal."""

from dataclasses import replace
from io import StringIO

import msgspec
import numpy as np
import pytest
from rich.console import Console
from workload.cases import case

from simlab.report.fits import distances_table, estimates_table, families_table, fit_tables
from simlab.report.numbers import UNDEFINED
from simlab.workload.draw import draw
from simlab.workload.fit.fit import fit
from simlab.workload.fit.fitted import Fitted


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit(draw(case(duration="20m"), seed=1), name="a")


def printed(fitted: Fitted, *, width: int) -> str:
    console = Console(file=StringIO(), width=width)
    console.print(*fit_tables(fitted))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_each_estimate_has_its_interval(fitted: Fitted) -> None:
    rows = {row[0]: row[1:] for row in estimates_table(fitted).rows}
    assert len(rows) == len(fitted.estimates)
    low, high = rows["service.sigma"][1].split(" to ")
    assert float(low) < 0.6 < float(high)


def test_one_family_is_chosen_and_it_is_the_first(fitted: Fitted) -> None:
    rows = families_table(fitted).rows
    assert [row[-1] for row in rows] == ["chosen"] + [""] * (len(rows) - 1)
    assert rows[0][0] == "lognormal"
    assert len(rows) == 7


@pytest.mark.parametrize(
    ("ks", "word"), [(0.01, "within chance"), (0.025, "near"), (0.1, "differs")]
)
def test_a_distance_is_told_beside_what_chance_explains(
    fitted: Fitted, ks: float, word: str
) -> None:
    one = msgspec.structs.replace(fitted.distances[0], ks=ks, chance=0.02, rare=0.03, p95=np.nan)
    (row,) = distances_table(replace(fitted, distances=(one,))).rows
    assert row[3:6] == (f"{ks:.3f}", "0.020", "0.030")
    assert row[7] == UNDEFINED
    assert row[-1] == word


@pytest.mark.parametrize("width", [80, 160])
def test_no_word_of_the_tables_is_broken(fitted: Fitted, width: int) -> None:
    lines = printed(fitted, width=width).splitlines()
    (line,) = [line for line in lines if line.strip().startswith("duration [s]")]
    assert line.split()[-2:] == ["within", "chance"] or line.split()[-1] in ("near", "differs")
    assert max(map(len, lines)) <= width
    assert ("Held out" in "\n".join(lines)) == (width == 160)
