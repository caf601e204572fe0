"""What a dashboard shows of a dataset on disk."""

from pathlib import Path

import polars as pl

from simlab.alerts.rules_file import strategy_rules
from simlab.dataset.read import read
from simlab.report.page import page_of
from simlab.workload.generate import generate
from simlab.workload.loading import load_profile, with_rows


def test_the_manifest_gives_names_profile_and_seed(tmp_path: Path) -> None:
    """A generated dataset says what made it."""
    path = tmp_path / "day"
    generate(with_rows(load_profile("busy-day"), 2_000), seed=11, out=path)
    page = page_of(read(path), path, strategy_rules())
    assert page.title == "day"
    assert page.facts["Profile"] == "busy-day"
    assert page.facts["Seed"] == "11"
    assert set(page.warehouse_names) == set(range(1, 51))
    assert page.scores


def test_data_that_no_rule_can_be_judged_on_still_has_a_page(tmp_path: Path) -> None:
    """A plain series under the strategy's rules."""
    path = tmp_path / "series.csv"
    pl.DataFrame({"timestamp": ["2026-01-05T00:00:00Z"], "value": [1.0]}).write_csv(path)
    page = page_of(read(path), path, strategy_rules(), title="A series")
    assert not page.scores
    assert page.title == "A series"
    assert page.facts == {"Read from": str(path)}
