"""A run leaves what the contract lists, and all of it tells the same story."""

import json
import logging
import shutil
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import polars as pl
import pytest

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.dataset.kpis import kpis
from simlab.dataset.manifest import read_manifest
from simlab.dataset.read import read
from simlab.errors import ConfigError, InputError, OutputError
from simlab.run import Ran, run
from simlab.telemetry.handler import open_log
from simlab.telemetry.jsonlog import JsonFormatter
from simlab.workload.loading import parse_profile
from simlab.workload.source import source_of_dataset, source_of_profile

from .cases import PROFILE, as_episodes, digests, equal, events, made, rules, trouble

FILES = {
    "manifest.json", "rows.parquet", "samples.parquet", "incidents.parquet", "alerts.jsonl",
    "kpis.json", "metrics.prom", "logs/inventory.log", "logs/inventory.log.2026-01-05",
}  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run in virtual time that many tests look at."""
    return made(tmp_path_factory.mktemp("run") / "a")


def test_a_run_leaves_exactly_the_files_of_the_contract(ran: Ran) -> None:
    assert set(digests(ran.path)) == FILES
    assert not list(ran.path.parent.glob(".*"))


def test_the_manifest_tells_what_was_run_and_its_digests_verify(ran: Ran) -> None:
    manifest, found = read_manifest(ran.path), digests(ran.path)
    assert {part.path: part.sha256 for part in manifest.parts} == {
        name: found[name] for name in ("rows.parquet", "samples.parquet", "incidents.parquet")
    }
    assert (manifest.seed, manifest.rows, manifest.incidents) == (3, len(ran.dataset.rows), True)
    assert manifest.profile_sha256 == trouble().profile.sha256
    assert manifest.run is not None
    assert (manifest.run.clock, manifest.run.workers, manifest.run.interrupted) == (
        "virtual", 3, False,
    )  # fmt: skip
    assert manifest.run.rules == ["slow_batch", "error_rate", "cpu_high"]


def test_the_directory_and_its_log_read_as_the_dataset_that_the_run_returned(ran: Ran) -> None:
    assert equal(read(ran.path), ran.dataset)
    assert equal(read(ran.path / "logs"), ran.dataset)


def test_a_bot_that_keeps_no_one_waiting_does_to_the_bit_what_was_drawn(tmp_path: Path) -> None:
    """Trouble acts on the bot an attempt at a time, and on what `gen` draws a slice at a time."""
    source = trouble()
    ran = run(source, out=tmp_path / "a", rules=rules(), workers=10_000)
    key = ["batch_id", "attempt"]
    done = ran.dataset.rows.sort(key)
    assert done["queue_wait"].max() == 0
    drawn = source.dataset.rows.with_columns(pl.col("error_type").cast(pl.String)).sort(key)
    assert done.drop("queue_wait").equals(drawn.drop("queue_wait"))


def test_failed_attempts_are_logged_with_a_text_of_their_error_type(ran: Ran) -> None:
    texts = trouble().dictionaries.error_texts
    failed = [each for each in events(ran.path / "logs", kind="attempt") if each["error_type"]]
    for event in failed:
        text = event["message"].partition(": ")[2]
        assert text in texts[event["error_type"]]
    assert any(not event["message"].isascii() for event in failed)
    assert len({event["message"] for event in failed}) > len(texts)
    assert read_manifest(ran.path).dictionaries == trouble().dictionaries


def test_the_truth_is_the_loads_own(ran: Ran) -> None:
    assert read(ran.path).incidents is not None
    assert ran.dataset.incidents is not None
    assert ran.dataset.incidents.equals(trouble().dataset.incidents)  # type: ignore[arg-type]  # there are some


def test_the_alerts_are_the_alert_lines_of_the_log(ran: Ran) -> None:
    logged = [
        line
        for name in ("inventory.log.2026-01-05", "inventory.log")
        for line in (ran.path / "logs" / name).read_bytes().splitlines(keepends=True)
        if json.loads(line)["event"] == "alert"
    ]
    assert (ran.path / "alerts.jsonl").read_bytes() == b"".join(logged)
    assert len(logged) == ran.alerts
    assert {json.loads(line)["rule"] for line in logged} == {rule.name for rule in rules()}


def test_live_episodes_are_those_of_a_replay(ran: Ran) -> None:
    told = as_episodes(events(ran.path / "alerts.jsonl"), ran.dataset.rows["timestamp"][-1])
    again = replay(rules(), ran.dataset)
    for rule in rules():
        live = told.filter(rule=rule.name).select("start", "end")
        assert len(live)
        assert live.equals(again.filter(rule=rule.name).select("start", "end"))


def test_the_log_is_in_the_order_of_time_and_each_day_in_its_file(ran: Ran) -> None:
    told = events(ran.path / "logs")
    times = [event["timestamp"] for event in told]
    assert times == sorted(times)
    assert (told[0]["event"], told[-1]["event"]) == ("run_started", "run_finished")
    first = events(ran.path / "logs" / "inventory.log.2026-01-05")
    assert {event["timestamp"][:10] for event in first} == {"2026-01-05"}
    assert len({event["run_id"] for event in told}) == 1


def test_an_alert_that_a_silence_resolves_stands_before_the_row_that_ends_it(
    tmp_path: Path,
) -> None:
    """Slow batches half an hour apart: each is stale five minutes later, before the next ends."""
    sparse = PROFILE | {
        "duration": "6h", "arrivals": {"process": "fixed", "per_minute": 0.03}, "incident": [],
        "service": {"dist": "uniform", "low": 3, "high": 4}, "outcome": {},
    }  # fmt: skip
    source = source_of_profile(parse_profile(sparse, where="test"), seed=1)
    slow = rules()[0]
    silent = run(source, out=tmp_path / "a", rules=[slow])
    told = events(silent.path / "logs")
    times = [event["timestamp"] for event in told]
    assert times == sorted(times)
    resolved = [event for event in events(silent.path / "alerts.jsonl") if event["value"] is None]
    assert len(resolved) == len(silent.dataset.rows) - 1 > 2
    live = as_episodes(events(silent.path / "alerts.jsonl"), silent.dataset.rows["timestamp"][-1])
    assert live.equals(replay([slow], silent.dataset).select("rule", "start", "end"))


def test_plain_calls_in_the_log_are_no_rows_and_spoil_none(ran: Ran, tmp_path: Path) -> None:
    """Another program logs through the same handler, with fields named as the rows' columns."""
    shutil.copytree(ran.path / "logs", tmp_path / "logs")
    log = open_log(tmp_path / "logs" / "inventory.log", JsonFormatter(run_id="other"))
    logger = logging.Logger("other")  # noqa: LOG001  # pytest adds handlers to all others
    logger.addHandler(log)
    logger.warning("a\u2028b\ud800", extra={"duration": "long", "status": 3, "event": "attempt"})
    logger.error("failed", extra={"timestamp": None, "cpu_percent": [1, "a"]})
    log.close()
    found = read(tmp_path / "logs")
    assert equal(found, ran.dataset)
    assert found.lines is not None
    lines = len(events(tmp_path / "logs"))
    assert (found.lines.accepted, found.lines.rejected) == (lines, 0)


def test_the_kpis_are_those_of_the_dataset_everywhere(ran: Ran) -> None:
    expected = kpis(ran.dataset)
    assert ran.kpis == expected
    assert json.loads((ran.path / "kpis.json").read_bytes()) == expected
    (finished,) = events(ran.path / "logs", kind="run_finished")
    assert finished["kpis"] == expected


def test_the_last_exposition_counts_the_rows(ran: Ran) -> None:
    text = (ran.path / "metrics.prom").read_text()
    assert f"inv_batch_seconds_count {len(ran.dataset.rows)}.0\n" in text
    assert "_created" not in text


def test_two_virtual_runs_leave_the_same_bytes_but_for_the_process_figures(
    ran: Ran, tmp_path: Path
) -> None:
    again = made(tmp_path / "a")
    one, other = digests(ran.path), digests(again.path)
    assert {name for name in FILES if one[name] != other[name]} <= {"logs/inventory.log"}
    for told, retold in zip(events(ran.path / "logs"), events(again.path / "logs"), strict=True):
        for event in (told, retold):
            if event["event"] == "run_finished":
                assert event.pop("process_cpu_s") > 0
                assert event.pop("process_mem_mb") > 0
        assert told == retold


def test_a_run_directory_can_be_run_again_to_the_same_rows(ran: Ran, tmp_path: Path) -> None:
    again = run(source_of_dataset(read(ran.path), ran.path), out=tmp_path / "a", rules=rules())
    assert equal(again.dataset, ran.dataset)


def test_workers_are_as_many_as_asked_for(tmp_path: Path) -> None:
    """One worker never works on two batches at once, and is another run than three are."""
    alone = made(tmp_path / "a", workers=1, for_s=600.0)
    ends = alone.dataset.rows["timestamp"].dt.epoch("us")
    starts = ends - (alone.dataset.rows["duration"] * 1e6).round().cast(int)
    assert (starts[1:] - ends[:-1]).min() >= 0  # type: ignore[operator]  # a number
    crowd = made(tmp_path / "b", workers=3, for_s=600.0)
    assert read_manifest(alone.path).run.run_id != read_manifest(crowd.path).run.run_id  # type: ignore[union-attr]  # both are runs


def test_for_takes_what_is_due_in_so_many_seconds_from_the_start(tmp_path: Path) -> None:
    short = made(tmp_path / "a", for_s=600.0).dataset.rows
    first = trouble().dataset.rows.filter(attempt=1)  # the plan knows of no queue
    due_s = first["timestamp"].dt.epoch("us") / 1e6 - first["duration"]
    start_s = trouble().profile.start_us / 1e6
    assert short["batch_id"].n_unique() == (due_s < start_s + 600).sum()


def test_when_nothing_is_due_in_that_time_the_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"trouble: no batch is due in its first 1e-06 s; give "):
        made(tmp_path / "a", for_s=1e-6)
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_refused_and_stays_as_it_was(ran: Ran, tmp_path: Path) -> None:
    before = digests(ran.path)
    with pytest.raises(
        OutputError, match=r"/a: exists already; choose another --out, or .*--force"
    ):
        made(ran.path)
    assert digests(ran.path) == before


def test_rules_that_no_bot_can_be_judged_by_leave_nothing(tmp_path: Path) -> None:
    rule = Rule(name="v", signal="value", threshold=1.0)
    with pytest.raises(ConfigError, match=r"^rule 'v': \$.signal: found 'value'"):
        run(trouble(), out=tmp_path / "a", rules=[rule])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ConfigError, match=r"^speed .*: expected a number above 0$"):
        made(tmp_path / "a", clock="wall", speed=speed)
    assert not list(tmp_path.iterdir())


def test_a_wall_run_begins_now_and_does_what_a_virtual_one_does(tmp_path: Path) -> None:
    """Ten minutes at 600 times the pace: a second of real time, and the same work falls due."""
    before, began = time.time(), time.monotonic()
    wall = made(tmp_path / "wall", clock="wall", speed=600.0, for_s=600.0)
    elapsed = time.monotonic() - began
    virtual = made(tmp_path / "virtual", for_s=600.0)
    assert logical(wall).equals(logical(virtual))
    (moved,) = set(due(wall) - due(virtual))
    first = wall.dataset.rows["timestamp"][0].timestamp()
    assert before <= first <= before + 60
    span = (wall.dataset.rows["timestamp"][-1] - wall.dataset.rows["timestamp"][0]).total_seconds()
    assert elapsed >= span / 600
    assert wall.real is not None
    assert wall.real.stock.agrees
    assert json.loads((wall.path / "kpis.json").read_bytes())["stock"] == wall.real.stock.stock
    assert equal(read(wall.path / "logs"), wall.dataset)
    shifted = wall.dataset.incidents["start"] - trouble().dataset.incidents["start"]  # type: ignore[index]  # there are some
    assert set(shifted) == {moved}


def logical(ran: Ran) -> pl.DataFrame:
    """What the bot did, times aside."""
    rows = ran.dataset.rows.sort("batch_id", "attempt")
    return rows.select("batch_id", "attempt", "status", "error_type", "warehouse_id", "batch_size")


def due(ran: Ran) -> pl.Series:
    """When each batch was due, by what its first attempt tells of its end and its times."""
    first = ran.dataset.rows.filter(pl.col("attempt") == 1).sort("batch_id")
    age_us = ((pl.col("duration") + pl.col("queue_wait")) * 1e6).round().cast(pl.Int64)
    return first.select(pl.col("timestamp") - pl.duration(microseconds=age_us))["timestamp"]


def test_a_wall_run_can_be_run_again_without_the_months_since_its_profile(tmp_path: Path) -> None:
    wall = made(tmp_path / "wall", clock="wall", speed=300.0, for_s=300.0)
    source = source_of_dataset(read(wall.path), wall.path)
    again = run(source, out=tmp_path / "again", rules=rules())
    assert logical(again).equals(logical(wall))
    assert again.dataset.samples is not None
    assert len(again.dataset.samples) < 30


def test_the_metrics_of_a_run_are_scraped_while_it_goes_on(tmp_path: Path) -> None:
    scrapes: list[str] = []
    told: list[str] = []

    def scrape(url: str) -> None:
        told.append(url)
        reader.start()

    def read_all() -> None:
        while len(scrapes) < 20:
            with urlopen(told[0], timeout=5) as answer:
                scrapes.append(answer.read().decode())

    before = set(threading.enumerate())  # Dask's go on after the tests that started them
    reader = threading.Thread(target=read_all)
    wall = made(tmp_path / "a", clock="wall", speed=300.0, for_s=600.0, metrics_port=0,
                announce=scrape)  # fmt: skip
    reader.join()
    counts = [float(text.split("inv_batch_seconds_count ")[1].split()[0]) for text in scrapes]
    assert counts == sorted(counts)
    assert counts[0] < len(wall.dataset.rows)
    assert set(threading.enumerate()) <= before


def test_a_port_that_is_taken_is_told_and_the_run_completes(tmp_path: Path) -> None:
    told: list[str] = []
    made(tmp_path / "a", for_s=60.0, metrics_port=0, metrics_host="192.0.2.1",
         announce=told.append)  # fmt: skip
    assert told[0].startswith("no metrics endpoint: cannot listen on 192.0.2.1:0")
    assert (tmp_path / "a" / "manifest.json").exists()


def test_progress_is_told_up_to_the_last_row(tmp_path: Path) -> None:
    told: list[int] = []
    short = made(tmp_path / "a", for_s=600.0, report=told.append)
    assert told == sorted(told)
    assert told[-1] == len(short.dataset.rows)
