"""Groups' quantiles are numpy's, and every attempt is in one group."""

from itertools import pairwise

import numpy as np
import polars as pl

from simlab.dataset.schema import Dataset
from simlab.report.groups import latency_by, quantiles_by

from .cases import attempts


def test_quantiles_of_a_warehouse_are_those_of_its_attempts(trouble: Dataset) -> None:
    found = quantiles_by(trouble.rows, "warehouse_id")
    assert found["p95"].is_sorted()
    for group, count, *told in found.head(5).iter_rows():
        own = trouble.rows.filter(warehouse_id=int(group))["duration"].to_numpy()
        assert count == own.size
        np.testing.assert_allclose(told, np.quantile(own, (0.5, 0.95, 0.99)))


def test_sizes_are_cut_into_ranges_that_hold_each_attempt_once(trouble: Dataset) -> None:
    found = quantiles_by(trouble.rows, "batch_size")
    assert found["attempts"].sum() == trouble.rows.height
    ranges = [tuple(map(int, group.split(" to "))) for group in found["group"]]
    assert all(high < low for (_, high), (low, _) in pairwise(ranges))
    assert 6 <= len(ranges) <= 8


def test_the_title_names_the_slowest_and_the_quickest() -> None:
    durations: list[float | None] = [*[1.0] * 9, *[4.0] * 9]
    rows = attempts(durations, statuses=["success"] * 9 + ["error"] * 9)
    ax = latency_by(rows, "status")
    told = "Between ways to end P95 differs 4-fold: 1 s (success) to 4 s (error)"
    assert ax.get_title(loc="left") == told
    drawn = {line.get_marker() for line in ax.lines}
    assert drawn == {"o", "s", "^"}  # told apart in grey too


def test_no_group_draws_an_empty_chart() -> None:
    rows = attempts([1.0]).with_columns(batch_size=pl.lit(None, pl.Int32))
    assert latency_by(rows, "batch_size").get_title(loc="left") == "How long batches take"
