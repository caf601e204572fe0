"""`simlab tune` on plain series: rules from the data alone, judged on what they did not see."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rules_file import load_rules

from .cases import call, complaint, told

DAY_S = 86_400


def series(folder: Path, name: str, *, shift_day: float = 30.0) -> Path:
    """Forty days of noise and a day's course; four hours lie far off, and are labelled."""
    random = np.random.default_rng(len(name))
    moment_s = np.arange(0, 40 * DAY_S, 300)
    value = 50 + 10 * np.sin(moment_s * 2 * np.pi / DAY_S) + random.normal(size=moment_s.size)
    start_s = shift_day * DAY_S
    value[(moment_s >= start_s) & (moment_s < start_s + 4 * 3600)] += 80
    times = pl.Series(moment_s * 1_000_000).cast(pl.Datetime("us", "UTC"))
    path = folder / f"{name}.csv"
    pl.DataFrame({"timestamp": times, "value": value}).write_csv(path)
    label = [pl.Series([s * 1e6]).cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
             for s in (start_s - 60, start_s + 4 * 3600)]  # fmt: skip
    pl.DataFrame({"start": label[0], "end": label[1]}).write_csv(folder / "labels" / path.name)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "labels").mkdir()
    return tmp_path


def test_a_shift_that_the_choice_did_not_see_is_caught_without_a_false_alarm(folder: Path) -> None:
    path, out = series(folder, "one"), folder / "tuned.toml"
    labels = folder / "labels" / path.name
    (found,) = told("tune", path, "--labels", labels, "--out", out)["series"]
    together = found["unseen"][-1]
    assert (together["caught"], together["incidents"], together["false_episodes"]) == (1, 1, 0)
    assert [rule.name for rule in load_rules(out)] == [rule["name"] for rule in found["rules"]]


def test_several_series_get_a_file_of_rules_each(folder: Path) -> None:
    paths = [series(folder, name) for name in ("a", "bb")]
    out = folder / "rules"
    said = call("tune", *paths, "--labels", folder / "labels", "--out", out)
    assert said.code == 0
    assert "2/2" in said.out
    assert sorted(path.name for path in out.iterdir()) == ["a.toml", "bb.toml"]
    assert all(load_rules(path) for path in out.iterdir())


def test_series_and_attempts_are_not_tuned_together(folder: Path) -> None:
    rows = folder / "rows.csv"
    rows.write_text("timestamp,duration,status,warehouse_id\n2026-01-05T00:00:00Z,1.0,success,1\n")
    assert "found attempts, expected the like of" in complaint("tune", series(folder, "one"), rows)


def test_a_series_of_an_hour_is_refused_in_one_line(folder: Path) -> None:
    path = folder / "short.csv"
    path.write_text("timestamp,value\n" + "".join(
        f"2026-01-05T00:{minute:02}:00Z,{minute}\n" for minute in range(60)
    ))  # fmt: skip
    assert "days" in complaint("tune", path)
