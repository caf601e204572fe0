"""A pair differs where its incident showed, and nowhere else."""

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import Dataset
from simlab.report.pairs import MEASURES, kinds_paired, paired_over_time
from simlab.workload.draw import draw
from simlab.workload.kinds import KINDS
from simlab.workload.loading import load_profile


@pytest.fixture(scope="module")
def pair() -> tuple[Dataset, Dataset]:
    """A day with its incidents, and without them."""
    profile = load_profile("busy-day")
    return draw(profile, seed=7), draw(profile, seed=7, incidents=False)


def test_the_lines_part_within_the_incident_alone(pair: tuple[Dataset, Dataset]) -> None:
    day, name = pair[0], "cpu_saturation-1"
    assert day.incidents is not None
    row = day.incidents.filter(pl.col("id") == name).row(0, named=True)
    but_one = draw(load_profile("busy-day"), seed=7, without=[name])
    ax = paired_over_time(day, but_one, name)
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in ax.lines}
    start, end = (ax.convert_xunits(row[f"visible_{name}"]) for name in ("start", "end"))
    (line,) = [line for line in ax.lines if line.get_label() == "with"]
    time = np.asarray(ax.convert_xunits(line.get_xdata()), float)
    width = time[1] - time[0]
    outside = (time < start - width) | (time > end + width)
    np.testing.assert_array_equal(lines["with"][outside], lines["without"][outside])
    inside = (time > start) & (time < end - width)
    assert (lines["with"][inside] > lines["without"][inside] + 5).all()


def test_every_kind_there_is_has_a_measure() -> None:
    assert set(MEASURES) == set(KINDS)


def test_one_panel_a_kind_incidents_first(pair: tuple[Dataset, Dataset]) -> None:
    figure = kinds_paired(*pair)
    titles = [ax.get_title(loc="left").partition(":")[0] for ax in figure.axes]
    assert titles == ["cpu saturation", "error burst", "latency spike", "load peak, benign"]
    assert all("[" in ax.get_ylabel() for ax in figure.axes)
