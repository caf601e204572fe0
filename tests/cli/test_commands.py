"""Each command does what it says, for people and for programs."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from simlab import __version__
from simlab.cli import app
from simlab.dataset.read import read

from .cases import PROFILE, call, complaint, told, written

COMMANDS = [
    "demo", "gen", "fit", "run", "recover", "kpi", "effect", "backtest", "tune", "drift", "export",
    "dashboard", "bench", "top", "watch",
]  # fmt: skip
KPIS = {
    "inv_batch_seconds_p50", "inv_batch_seconds_p95", "inv_batch_seconds_p99", "inv_error_count",
    "cpu_percent", "cpu_percent_max", "mem_usage_mb", "batch_success_rate", "retry_count",
}  # fmt: skip


def test_help_lists_every_command() -> None:
    said = call("--help")
    assert said.code == 0
    assert all(re.search(rf"\b{name}\b", said.out) for name in COMMANDS)
    assert len(app.registered_commands) == len(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_each_command_has_help_of_its_own(name: str, option: str) -> None:
    said = call(name, option)
    assert (said.code, said.err) == (0, "")
    assert f"simlab {name}" in said.out
    assert "--json" in said.out


def test_the_version_is_told() -> None:
    assert call("--version") == (0, f"simlab {__version__}\n", "")


def test_without_a_command_the_help_is_shown_and_nothing_done() -> None:
    said = call()
    assert said.code == 0
    assert "demo" in said.out + said.err


@pytest.mark.parametrize("arguments", [["nope"], ["kpi"], ["gen", "--rows", "0"], ["kpi", "--no"]])
def test_what_is_no_command_line_exits_2(arguments: list[str]) -> None:
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


def test_gen_makes_so_many_rows_and_twice_the_same_bytes() -> None:
    """The command line of the issue."""
    arguments = ["gen", "--rows", "10000", "--seed", "7", "--out", "out/a.jsonl"]
    said = call(*arguments)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("out/a.jsonl: 10,000 rows")
    first = Path("out/a.jsonl").read_bytes()
    assert first.count(b"\n") == 10_000
    assert call(*arguments, "--force").code == 0
    assert Path("out/a.jsonl").read_bytes() == first


def test_gen_tells_what_it_made_as_json(profile: Path) -> None:
    made = told("gen", profile, "--out", "a.parquet", "--start", "2026-01-05T00:15", "--workers", 1)
    assert made["rows"] == len(read(Path("a.parquet")).rows)
    assert (made["incidents"], made["lookalikes"], made["seed"]) == (2, 0, 7)
    first = read(Path("a.parquet")).rows["timestamp"][0]
    assert 0 <= (first - datetime(2026, 1, 5, 0, 15, tzinfo=UTC)).total_seconds() < 60
    assert "a.parquet" in made["files"]


def test_gen_without_incidents_makes_none(profile: Path) -> None:
    assert told("gen", profile, "--without-incidents", "--out", "a")["incidents"] == 0


def test_gen_lists_the_profiles() -> None:
    profiles = told("gen", "--list")["profiles"]
    assert set(profiles) >= {"busy-day", "flat", "strategy"}
    assert profiles["flat"]["incidents_per_day"] == 0
    said = call("gen", "--list")
    assert (said.code, said.err) == (0, "")
    assert all(f"\n{name} " in said.out for name in profiles)


def test_gen_plans_what_it_then_makes_and_makes_nothing_yet(profile: Path) -> None:
    before = sorted(Path().rglob("*"))
    planned = told("gen", profile, "--plan", "--rows", "500", "--start", "2026-01-05T00:15")
    said = call("gen", profile, "--plan", "--rows", "500", "--start", "2026-01-05T00:15")
    assert (said.code, said.err) == (0, "")
    assert "latency_spike-1" in said.out
    assert sorted(Path().rglob("*")) == before
    arguments = ("--rows", "500", "--start", "2026-01-05T00:15", "--out", "a")
    made = told("gen", profile, *arguments)
    assert planned["rows"] == made["rows"] == 500
    assert planned["start"] == "2026-01-05T00:15:00.000000Z"
    truth = pl.read_parquet("a/incidents.parquet")
    assert [trouble["id"] for trouble in planned["troubles"]] == truth["id"].to_list()
    assert [trouble["severity"] for trouble in planned["troubles"]] == truth["severity"].to_list()


def test_a_plan_without_incidents_has_none(profile: Path) -> None:
    planned = told("gen", profile, "--plan", "--without-incidents")
    assert (planned["troubles"], planned["incidents"]) == ([], False)


def test_a_plan_is_drawn_where_asked(profile: Path) -> None:
    said = call("gen", profile, "--plot", "plan.svg")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("plan.svg: the plan as a picture\n")
    assert "</svg>" in Path("plan.svg").read_text()
    assert "exists already" in complaint("gen", profile, "--plot", "plan.svg")
    assert "ends in .png or .svg" in complaint("gen", profile, "--plot", "plan.bmp")
    assert told("gen", profile, "--plot", "plan.svg", "--force")["image"] == "plan.svg"


def test_a_plan_cautions_of_an_hour_that_the_workers_cannot_keep_up_with(tmp_path: Path) -> None:
    hours = [0.5] * 23 + [9]
    text = PROFILE.replace("[arrivals]", f"workers = 1\n[arrivals]\nhourly = {hours}")
    busy = written(tmp_path / "busy.toml", text.replace('"2h"', '"1d"'))
    said = call("gen", busy, "--plan")
    assert said.code == 0
    assert said.err.startswith("caution: in the busiest hour the work is ")


def test_run_leaves_a_directory_and_tells_its_kpis(ran: Path) -> None:
    assert (ran / "manifest.json").exists()
    again = told("run", ran, "--out", "again", "--for", "10m", "--workers", "2")
    assert set(again["kpis"]) == KPIS
    assert again["rows"] == len(read(Path("again")).rows) < len(read(ran).rows)
    assert again["interrupted"] is False
    said = call("run", ran, "--out", "third", "--for", "10m")
    assert "third: " in said.out.splitlines()[-1]
    assert "batch_success_rate" in said.out


@pytest.mark.parametrize("place", ["{}", "{}/rows.parquet", "{}/logs", "flat"])
def test_run_names_its_directory_after_what_it_ran_under_runs(ran: Path, place: str) -> None:
    workload = place.format(ran)
    stem = Path(workload).name.split(".")[0]
    path = told("run", workload, "--for", "2m")["path"]
    assert re.fullmatch(rf"runs/{stem}-\d{{8}}-\d{{6}}", path)
    assert Path(path, "manifest.json").exists()
    assert not [each for each in ran.parent.iterdir() if each != ran]


def test_run_takes_rules_of_ones_own(ran: Path) -> None:
    rule = '[[rule]]\nname = "any"\nsignal = "duration"\naggregate = "last"\nwindow = "1 row"\n'
    rules = written(Path("r.toml"), f"schema = 1\n{rule}threshold = 0.5\n")
    told("run", ran, "--out", "a", "--rules", rules, "--for", "10m")
    lines = Path("a/alerts.jsonl").read_text().splitlines()
    assert {json.loads(line)["rule"] for line in lines} == {"any"}
    assert 'le="0.5"' in Path("a/metrics.prom").read_text()


def test_a_virtual_run_serves_no_metrics_unless_asked(ran: Path) -> None:
    assert call("run", ran, "--out", "a", "--for", "2m").err == ""
    said = call("run", ran, "--out", "b", "--for", "2m", "--metrics-port", "0")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics\n", said.err)


def test_kpi_tells_the_six_over_a_run_and_over_its_log(ran: Path) -> None:
    figures = told("kpi", ran)["kpis"]
    assert set(figures) == KPIS
    assert told("kpi", ran / "logs")["kpis"] == pytest.approx(figures)
    assert json.loads((ran / "kpis.json").read_bytes()) == pytest.approx(figures)
    said = call("kpi", ran)
    assert all(name in said.out for name in KPIS)


def test_kpi_tells_them_over_time(ran: Path) -> None:
    over_time = told("kpi", ran, "--every", "30m")["over_time"]
    starts = [each["start"] for each in over_time]
    assert starts[:2] == ["2026-01-05T00:00:00Z", "2026-01-05T00:30:00Z"]
    assert set(over_time[0]) == {"start", *KPIS}
    said = call("kpi", ran, "--every", "30m")
    assert (said.code, said.err) == (0, "")
    assert "every 30m" in said.out


def test_backtest_judges_and_writes_the_episodes(ran: Path) -> None:
    judged = told("backtest", ran, "--episodes", "e.csv")
    assert [each["rule"] for each in judged["scores"]][:3] == [
        "slow_batch", "error_rate", "cpu_high",
    ]  # fmt: skip
    episodes = pl.read_csv("e.csv")
    assert episodes.columns == ["rule", "start", "end", "peak_value", "n"]
    assert len(episodes) == judged["episodes"] == sum(s["episodes"] for s in judged["scores"][:3])


def test_backtest_from_and_until_narrow_the_time(ran: Path) -> None:
    half = told("backtest", ran, "--from", "2026-01-05T00:30Z", "--until", "2026-01-05T01:30Z")
    assert (half["from"], half["until"]) == (
        "2026-01-05T00:30:00.000000Z", "2026-01-05T01:30:00.000000Z",
    )  # fmt: skip
    assert half["scores"][0]["incidents"] == 1


def test_tune_chooses_on_one_part_and_judges_on_the_other(ran: Path) -> None:
    tuned = told("tune", ran, "--out", "t.toml", "--max-false-alarms-per-day", "40")
    assert tuned["train_until"].startswith("2026-01-05T01:00")
    assert call("backtest", ran, "--rules", "t.toml").code == 0
    assert told("tune", ran, "--train-until", "2026-01-05T01:00:00Z")["train_until"] == (
        "2026-01-05T01:00:00.000000Z"
    )


def test_tune_exits_1_when_nothing_meets_the_caps(ran: Path) -> None:
    search = "[rule.search]\nthreshold = { low = 0.01, high = 0.02, steps = 2 }\n"
    rule = '[[rule]]\nname = "any"\nsignal = "duration"\naggregate = "last"\nwindow = "1 row"\n'
    rules = written(Path("r.toml"), f"schema = 1\n{rule}threshold = 0.01\n{search}")
    line = complaint("tune", ran, "--rules", rules, "--max-firing-ratio", 0, "--out", "t", code=1)
    assert "firing" in line
    assert not Path("t").exists()


def test_dashboard_writes_one_page_into_the_run_or_where_it_is_told(ran: Path) -> None:
    page = told("dashboard", ran, "--out", "page.html")
    assert page == {"path": "page.html", "bytes": Path("page.html").stat().st_size}
    said = call("dashboard", ran)
    assert said.out.startswith(f"{ran}/dashboard.html: ")
    assert "exists already" in complaint("dashboard", ran)
