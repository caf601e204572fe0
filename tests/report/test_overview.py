"""A dataset on disk gives the same page as one in memory; long rows the same as short ones."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from simlab.alerts.rules_file import strategy_rules, write_rules
from simlab.dataset.parts import parts_at
from simlab.dataset.read import read
from simlab.dataset.schema import Dataset
from simlab.report import buckets, view
from simlab.report.html import dashboard
from simlab.report.page import TUNED, page_of, page_of_parts
from simlab.workload.generate import generate
from simlab.workload.loading import load_profile, with_rows

from .cases import attempts, strategy


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("on_disk") / "day"
    generate(with_rows(load_profile("busy-day"), 20_000), seed=3, out=path)
    return path


def test_parts_and_the_whole_give_the_same_page(folder: Path) -> None:
    parts = parts_at(folder)
    assert parts is not None
    by_parts = page_of_parts(parts, folder, strategy_rules(), title="t")
    whole = page_of(read(folder), folder, strategy_rules(), title="t")
    assert dashboard(by_parts) == dashboard(whole)


@pytest.mark.parametrize("most", [1, 7, 100, 5000])
def test_rows_cut_into_stretches_give_the_same_buckets(
    trouble: Dataset, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ratio over the last 100 batches reaches over the cuts."""
    rows = trouble.rows.head(6000)
    whole = view.rows_over_time(rows, every_s=300)
    monkeypatch.setattr(buckets, "_STRETCH_ROWS", most)
    assert_frame_equal(view.rows_over_time(rows, every_s=300), whole, check_exact=True)


def test_waits_failures_and_successes_are_counted_by_bucket() -> None:
    statuses = ["success", "error", "retry", "success", "retry"]
    rows = attempts([1.0] * 5, statuses=statuses, every_s=30).with_columns(
        queue_wait=pl.Series([0.0, 4.0, None, 1.0, None])
    )
    frame = view.rows_over_time(rows, every_s=60)
    assert frame["queue_p50"].to_list()[:2] == [2.0, 1.0]
    assert frame["errors_per_minute"].to_list() == [1, 0, 0]
    np.testing.assert_array_equal(frame["success_rate"], [0.5, 1.0, np.nan])
    np.testing.assert_array_equal(frame["queue_p95"], [3.8, 1.0, np.nan])


def test_rules_that_tuning_left_in_a_run_directory_stand_beside_the_given(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    for path in folder.iterdir():
        (tmp_path / "run" / path.name).symlink_to(path)
    run = tmp_path / "run"
    write_rules(strategy(threshold_s=4.0), run / TUNED)
    page = page_of(read(run), run, strategy_rules(), title="t")
    assert page.chosen is not None
    text = dashboard(page)
    assert "duration &gt; 4 s" in text
    assert "of which tuning has seen a part" in text
    others = strategy()[:2]
    assert page_of(read(run), run, others, title="t").chosen is None
