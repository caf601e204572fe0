"""Data that others recorded goes through the command line as it is."""

import csv
import json
import shutil
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

from .cases import SHARED, call, told, written

LOG = SHARED / "real-logs" / "openstack_api.jsonl"
SERIES = SHARED / "real-series" / "series" / "speed_t4013.csv"
LABELS = SHARED / "real-series" / "labels" / "speed_t4013.csv"
MAP = ["--time", "time", "--map", "duration=elapsed_ms/1000", "--map", "status=http_status >= 400"]
RULES = """
schema = 1
[[rule]]
name = "slow_road"
signal = "value"
direction = "below"
threshold = 40
[[rule]]
name = "fast_road"
signal = "value"
aggregate = "mean"
window = "4 rows"
threshold = 75
"""
log = pytest.mark.skipif(not LOG.exists(), reason=f"{LOG.name} is not beside this checkout")
series = pytest.mark.skipif(
    not SERIES.exists(), reason=f"{SERIES.name} is not beside this checkout"
)


@log
def test_the_kpis_of_a_foreign_log_are_those_of_its_lines(tmp_path: Path) -> None:
    path = Path(shutil.copy(LOG, tmp_path))
    lines = [json.loads(line) for line in LOG.read_text().splitlines()]
    seconds = [line["elapsed_ms"] / 1000 for line in lines]
    failed = sum(line["http_status"] >= 400 for line in lines)
    first, last = (datetime.fromisoformat(lines[end]["time"]) for end in (0, -1))
    figures = told("kpi", path, *MAP)["kpis"]
    for share, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        assert figures[f"inv_batch_seconds_{name}"] == pytest.approx(np.quantile(seconds, share))
    hours = (last - first).total_seconds() / 3600
    assert figures["inv_error_count"] == pytest.approx(failed / hours)
    assert figures["batch_success_rate"] == pytest.approx(1 - failed / len(lines))
    assert figures["cpu_percent"] is None
    assert list(tmp_path.iterdir()) == [path]


@log
def test_rules_are_judged_over_a_foreign_log(tmp_path: Path) -> None:
    path = Path(shutil.copy(LOG, tmp_path))
    rule = '[[rule]]\nname = "slow"\nsignal = "duration"\nthreshold = 0.4\n'
    rules = written(tmp_path / "r.toml", f"schema = 1\n{rule}")
    slow = [json.loads(line)["elapsed_ms"] > 400 for line in LOG.read_text().splitlines()]
    starts = sum(now and not before for before, now in zip([False, *slow], slow, strict=False))
    judged = told("backtest", path, *MAP, "--rules", rules)
    assert judged["scores"][0]["episodes"] == starts > 0
    assert call("backtest", path, *MAP, "--rules", rules).code == 0


@log
def test_a_profile_is_fitted_to_a_foreign_log_and_its_distances_told(tmp_path: Path) -> None:
    """A test client's requests: pairs of them, so gaps are not a Poisson process's."""
    path, out = Path(shutil.copy(LOG, tmp_path)), tmp_path / "api.toml"
    mapping = [*MAP[:-1], "status=http_status >= 500"]
    found = told("fit", path, *mapping, "--out", out)
    lines = [json.loads(line) for line in LOG.read_text().splitlines()]
    seconds = [line["elapsed_ms"] / 1000 for line in lines]
    assert found["attempts"] + found["held_out"] == len(lines)
    rate = next(e for e in found["estimates"] if e["path"] == "$.arrivals.per_minute")
    first, last = (datetime.fromisoformat(lines[end]["time"]) for end in (0, -1))
    per_minute = len(lines) / ((last - first).total_seconds() / 60)
    assert rate["low"] < per_minute < rate["high"]
    duration, gap = found["distances"]
    assert (duration["quantity"], gap["quantity"]) == ("duration", "gap")
    assert duration["ks"] < duration["rare"]
    assert gap["ks"] > gap["rare"]
    assert any(caution.startswith("gap:") for caution in found["cautions"])
    drawn = draw(load_profile(str(out)), seed=1).rows["duration"]
    for share in (0.5, 0.95, 0.99):
        assert drawn.quantile(share) == pytest.approx(np.quantile(seconds, share), rel=0.1)


@series
def test_a_real_series_is_told_and_judged_by_its_labels(tmp_path: Path) -> None:
    path, rules = Path(shutil.copy(SERIES, tmp_path)), written(tmp_path / "r.toml", RULES)
    with SERIES.open() as file:
        values = [float(row["value"]) for row in csv.DictReader(file)]
    figures = told("kpi", path)["kpis"]
    assert figures["rows"] == len(values)
    assert figures["value_max"] == max(values)
    assert figures["value_p50"] == pytest.approx(np.quantile(values, 0.5))
    judged = told("backtest", path, "--rules", rules, "--labels", LABELS)
    with LABELS.open() as file:
        labels = list(csv.DictReader(file))
    assert [score["rule"] for score in judged["scores"]][:2] == ["slow_road", "fast_road"]
    assert {score["incidents"] for score in judged["scores"]} == {len(labels)}
    said = call("backtest", path, "--rules", rules, "--labels", LABELS)
    assert said.code == 0
    assert "slow_road" in said.out
