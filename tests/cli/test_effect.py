"""`simlab effect` and the options that make the other half of a pair."""

from pathlib import Path

import pytest

from .cases import PROFILE, call, complaint, told, written


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Runs of one seed: with both incidents, without the first, without any."""
    profile = written(tmp_path / "tiny.toml", PROFILE)
    runs = (tmp_path / "with", tmp_path / "less", tmp_path / "calm")
    extras: tuple[list[str], ...] = ([], ["--without", "latency_spike-1"], ["--without-incidents"])
    for out, extra in zip(runs, extras, strict=True):
        assert call("run", profile, "--out", out, *extra).code == 0
    return runs


def test_each_incident_of_a_pair_of_runs_has_its_effect(pair: tuple[Path, Path, Path]) -> None:
    whole, less, calm = pair
    both = told("effect", whole, calm)["incidents"]
    assert [row["id"] for row in both] == ["latency_spike-1", "latency_spike-2"]
    assert all(row["latency_s"] > 2 * row["latency_s_without"] for row in both)
    assert [row["id"] for row in told("effect", whole, less)["incidents"]] == ["latency_spike-1"]
    assert [row["id"] for row in told("effect", less, calm)["incidents"]] == ["latency_spike-2"]


def test_the_table_says_without_and_with(pair: tuple[Path, Path, Path]) -> None:
    said = call("effect", pair[0], pair[2])
    assert said.code == 0
    lines = [line for line in said.out.splitlines() if line.startswith(" latency_spike-")]
    assert len(lines) == 2
    assert all("→" in line for line in lines)


def test_what_cannot_be_paired_or_left_out_is_told_in_one_line(
    tmp_path: Path, pair: tuple[Path, Path, Path]
) -> None:
    whole, _, calm = pair
    assert "has no incident that" in complaint("effect", calm, whole)
    profile = written(tmp_path / "tiny.toml", PROFILE)
    fault = complaint("run", profile, "--out", tmp_path / "x", "--without", "nope-1")
    assert fault == "without 'nope-1': no such incident; there are latency_spike-1, latency_spike-2"
    fault = complaint("run", whole, "--out", tmp_path / "x", "--without-incidents")
    assert "its incidents are as they were made" in fault
    assert not (tmp_path / "x").exists()
