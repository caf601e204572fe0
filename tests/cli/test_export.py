"""`simlab export` writes what promtool proves, and says no when promtool does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .cases import Said, call, complaint, started, told, written

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus"
)
needs_amtool = pytest.mark.skipif(
    shutil.which("amtool") is None,
    reason="needs amtool, of Debian's package prometheus-alertmanager",
)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of the default load, with trouble."""
    out = tmp_path_factory.mktemp("day") / "day"
    assert call("gen", "busy-day", "--rows", "15000", "--seed", "3", "--out", out).code == 0
    return out


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, day: Path) -> Path:
    out = tmp_path_factory.mktemp("export") / "prom"
    assert call("export", "strategy", "--out", out, "--check", day).code == 0
    return out


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory, day: Path) -> tuple[Said, Path]:
    """What was said of simlab's longer set of rules, and the files."""
    out = tmp_path_factory.mktemp("extended") / "prom"
    return call("export", "extended", "--out", out, "--check", day), out


def test_the_same_rules_and_data_give_the_same_bytes(
    exported: Path, day: Path, tmp_path: Path
) -> None:
    again = tmp_path / "prom"
    call("export", "strategy", "--out", again, "--check", day)
    names = sorted(path.name for path in exported.iterdir())
    assert {"rules.yml", "recording.yml", "test_rules.yml", "README.md", "alertmanager.yml"} <= {
        *names
    }
    assert [path.name for path in sorted(again.iterdir())] == names
    for name in names:
        assert (again / name).read_bytes() == (exported / name).read_bytes()


@needs_promtool
def test_a_check_ends_with_promtools_success(extended: tuple[Said, Path]) -> None:
    said, _ = extended
    assert said.code == 0
    assert "SUCCESS: promtool check rules rules.yml recording.yml" in said.out
    assert "SUCCESS: promtool test rules test_rules_15s.yml" in said.out
    assert "FAILED" not in said.out


def test_what_the_data_do_not_tell_is_said_and_no_success_is_claimed_for_it(
    extended: tuple[Said, Path],
) -> None:
    """`late` looks at how long batches waited, which generated days leave open."""
    said, out = extended
    (late,) = [line for line in said.out.splitlines() if line.startswith(" late ")]
    assert "not measured: the dataset does not tell its signal" in late
    tests = [path.read_text() for path in out.glob("test_rules*")]
    assert any("'silent'" in text for text in tests)
    assert not any("'late'" in text for text in tests)


def test_a_tool_that_says_failed_ends_the_command_with_1_and_its_words(
    day: Path, tmp_path: Path
) -> None:
    """A promtool of our own that always fails stands in for one that found something."""
    tool = written(tmp_path / "promtool", "#!/bin/sh\necho '  FAILED:'\necho 'name: x'\nexit 1\n")
    tool.chmod(0o755)
    said = started(
        "export", "strategy", "--out", tmp_path / "prom", "--check", day,
        env={**os.environ, "PATH": f"{tmp_path}:/usr/bin:/bin"},
    )  # fmt: skip
    assert said.returncode == 1
    assert "FAILED: promtool test rules test_rules.yml\n      FAILED:\n    name: x\n" in said.stdout
    (line,) = said.stderr.splitlines()
    assert "FAILED: promtool check rules" in line


@needs_promtool
def test_a_flipped_expectation_fails_the_check(exported: Path, tmp_path: Path) -> None:
    """Else a success would prove nothing."""
    folder = tmp_path / "prom"
    shutil.copytree(exported, folder)
    test = folder / "test_rules.yml"
    text = test.read_text()
    flipped = text.replace("exp_alerts: []", 'exp_alerts: [{"exp_labels": {}}]', 1)
    assert flipped != text
    test.write_text(flipped)
    ran = subprocess.run(
        ["promtool", "test", "rules", "test_rules.yml"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ran.returncode != 0
    assert "FAILED" in ran.stdout + ran.stderr


@needs_promtool
@needs_amtool
def test_every_alert_goes_where_its_severity_says(exported: Path) -> None:
    subprocess.run(["sh", "test_routes.sh"], cwd=exported, check=True, timeout=60)


@needs_promtool
def test_rules_tuned_on_a_plain_series_are_proven_too(tmp_path: Path) -> None:
    """Smoothed z-scores, a season, a record, a flat line and silence: recorded, in one group."""
    lines = [
        f"2026-01-{5 + hour // 24:02}T{hour % 24:02}:{minute:02}:00Z,"
        f"{50 + 10 * ((hour % 24) > 7) + (hour * 7 + minute) % 5 + 60 * (hour == 250)}"
        for hour in range(12 * 24)
        for minute in (0, 15, 30, 45)
    ]
    series = written(tmp_path / "series.csv", "timestamp,value\n" + "\n".join(lines) + "\n")
    assert call("tune", series, "--out", tmp_path / "tuned.toml").code == 0
    found = told("export", tmp_path / "tuned.toml", "--out", tmp_path / "prom", "--check", series)
    assert {check["passed"] for check in found["checks"]} <= {True, None}
    assert found["unproven"] == []
    assert "keep_firing_for: " in (tmp_path / "prom" / "rules.yml").read_text()  # the cooldown
    assert any("test rules" in check["command"] for check in found["checks"])
    names = [alert["name"] for alert in found["alerts"]]
    assert {
        "value",
        "value_shift",
        "value_season",
        "value_record",
        "value_flat",
        "value_absent",
    } <= {*names}


def test_where_promtool_is_not_installed_that_is_said(day: Path, tmp_path: Path) -> None:
    said = started(
        "export", "strategy", "--out", tmp_path / "prom", "--check", day,
        env={**os.environ, "PATH": str(tmp_path)},
    )  # fmt: skip
    assert said.returncode == 0
    assert "not checked, not installed: promtool test rules test_rules.yml" in said.stdout


def test_without_data_nothing_is_claimed(tmp_path: Path) -> None:
    said = call("export", "strategy", "--out", tmp_path / "prom")
    assert said.code == 0
    assert "SUCCESS" not in said.out
    assert "not measured" in said.out
    assert not list((tmp_path / "prom").glob("test_rules*"))


def test_an_unknown_target_and_a_taken_place_are_refused_in_one_line(tmp_path: Path) -> None:
    assert "--to" in complaint("export", "strategy", "--to", "grafana", "--out", tmp_path / "x")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").touch()
    assert "taken" in complaint("export", "strategy", "--out", tmp_path / "taken")
