"""`simlab backtest --explain` says why, for people and for programs."""

from pathlib import Path

import polars as pl
import pytest

from .cases import call, complaint, told, written

RULES = """schema = 1
[[rule]]
name = "never"
signal = "duration"
threshold = 1e6
[[rule]]
name = "errors"
signal = "error_ratio"
aggregate = "ratio"
window = "100 batches"
threshold = 0.9
"""


def test_each_incident_gets_a_line_that_says_why(ran: Path, tmp_path: Path) -> None:
    rules = written(tmp_path / "rules.toml", RULES)
    said = call("backtest", ran, "--rules", rules, "--explain")
    assert (said.code, said.err) == (0, "")
    lines = [line for line in said.out.splitlines() if line.startswith("- ")]
    assert [line.split()[1] for line in lines] == ["latency_spike-1", "latency_spike-2"]
    assert all("missed. Nearest: " in line and "duration peaked at" in line for line in lines)
    assert "latency spike" in said.out  # the table by kind


def test_as_json_the_explanation_stands_beside_the_scores(ran: Path, tmp_path: Path) -> None:
    rules = written(tmp_path / "rules.toml", RULES)
    plain = told("backtest", ran, "--rules", rules)
    full = told("backtest", ran, "--rules", rules, "--explain")
    explanation = full.pop("explanation")
    assert full == plain
    accounts = explanation["accounts"]
    assert [row["outcome"] for row in explanation["incidents"]] == ["missed", "missed"]
    assert len(accounts) == 4
    never = [row for row in accounts if row["rule"] == "never"]
    durations = pl.read_parquet(ran / "rows.parquet").select("timestamp", "duration")
    truth = pl.read_parquet(ran / "incidents.parquet").sort("visible_start")
    for row, (start, end) in zip(
        never, truth.select("visible_start", "visible_end").rows(), strict=True
    ):
        within = durations.filter(pl.col("timestamp").is_between(start, end))
        assert row["verdict"] == "below"
        assert row["peak_value"] == within["duration"].max()
    assert explanation["false_alarms"] == []


def test_without_labels_there_is_nothing_to_explain(ran: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(ran / "rows.parquet")
    rows.write_parquet(tmp_path / "rows-only.parquet")
    said = complaint("backtest", tmp_path / "rows-only.parquet", "--explain")
    assert "found no labels, expected incidents to explain" in said


def test_labels_that_overlap_or_lie_elsewhere_are_cautioned_of(ran: Path, tmp_path: Path) -> None:
    labels = written(
        tmp_path / "labels.csv",
        "start,end\n2026-01-05T00:20:00Z,2026-01-05T00:30:00Z\n"
        "2026-01-05T00:25:00Z,2026-01-05T00:40:00Z\n2027-01-01T00:00:00Z,2027-01-01T01:00:00Z\n",
    )
    said = call("backtest", ran, "--labels", labels)
    assert said.code == 0
    assert "1 of 3 labels lie outside of the data, such as label-3" in said.err
    assert "1 label overlaps an earlier one, such as label-2" in said.err


def test_a_large_dataset_is_read_part_by_part_with_the_same_result(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large is what the command takes for it; a file of labels counts there too."""
    told("gen", profile, "--out", "made")
    labels = written(Path("labels.csv"), "start,end\n2026-01-05T00:20:00Z,2026-01-05T00:40:00Z\n")
    ways = [(), ("--labels", labels), ("--from", "2026-01-05T01:00")]
    whole = [told("backtest", "made", *options) for options in ways]
    monkeypatch.setattr("simlab.tuning.streamed.MANY_ROWS", 1)
    monkeypatch.setattr("simlab.dataset.read.read", None)  # or it would be read at once
    assert [told("backtest", "made", *options) for options in ways] == whole


def test_labels_far_from_a_large_dataset_are_refused(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told("gen", profile, "--out", "made")
    monkeypatch.setattr("simlab.tuning.streamed.MANY_ROWS", 1)
    labels = written(Path("labels.csv"), "start,end\n2027-01-05T00:20:00Z,2027-01-05T00:40:00Z\n")
    said = complaint("backtest", "made", "--labels", labels)
    assert "none of its labels lies within the data" in said
