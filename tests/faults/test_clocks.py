"""Whatever the system's clock and zone do, no duration is below 0 and all times are UTC, in order."""

import math
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.request import urlopen

import pytest
from run.cases import digests, events, made
from telemetry.cases import START_US, attempt, parsed

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

JUMPS_S = (0, 3600, -7200, 86_400, -5, 0.5, -1e6)


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A system clock that is somewhere else each time it is asked; and how often it was."""
    real_ns, calls = time.time_ns, count(1)
    asked = [0]

    def time_ns() -> int:
        asked[0] = next(calls)
        return real_ns() + int(JUMPS_S[asked[0] % len(JUMPS_S)] * 1e9)

    monkeypatch.setattr(time, "time_ns", time_ns)
    monkeypatch.setattr(time, "time", lambda: time_ns() / 1e9)
    yield asked
    monkeypatch.undo()


@pytest.mark.parametrize("telemetry", ["default", "plain"])
@pytest.mark.fault("log", "clock")
@pytest.mark.fault("plain log", "clock")
@pytest.mark.fault("alerts file", "clock")
@pytest.mark.fault("metrics", "clock")
@pytest.mark.fault("sampler", "clock")
@pytest.mark.fault("record", "clock")
def test_under_a_clock_that_jumps_nothing_takes_less_than_no_time(
    tmp_path: Path, jumping: list[int], telemetry: str
) -> None:
    """A run in wall time: attempts, waits, samples, alerts, metrics and the log's order."""
    ran = made(tmp_path / "a", clock="wall", speed=600.0, for_s=600.0, telemetry=telemetry)
    assert jumping[0] > 10
    rows, samples = ran.dataset.rows, ran.dataset.samples
    assert samples is not None
    assert len(rows) > 300
    assert (rows["duration"] >= 0).all()
    assert (rows["queue_wait"] >= 0).all()
    assert rows["timestamp"].is_sorted()
    assert samples["timestamp"].is_sorted()
    for column in samples.columns[1:]:
        assert (samples[column].drop_nans() >= 0).all()
    assert ran.real is not None
    assert not ran.real.lag_s < 0
    told = events(ran.path / "logs")
    times = [event["timestamp"] for event in told]
    assert times == sorted(times)
    assert {time[-1] for time in times} == {"Z"}
    alerts = events(ran.path / "alerts.jsonl")
    assert alerts
    assert all(alert["started_at"] <= alert["timestamp"] for alert in alerts)
    figures = parsed((ran.path / "metrics.prom").read_bytes())
    assert all(value >= 0 for value in figures.values() if not math.isnan(value))
    assert ran.dropped == {}


@pytest.mark.fault("endpoint", "clock")
def test_a_scrape_under_a_clock_that_jumps_is_fresh_in_time(jumping: list[int]) -> None:
    """What is kept for 0.2 s is not kept for an hour because the clock was set back."""
    metrics = Metrics()
    with serving(metrics.registry, port=0, cached_s=0.01) as url:
        for number in range(1, 8):
            metrics.emit(attempt(START_US))
            time.sleep(0.02)
            with urlopen(url, timeout=5) as answer:
                assert parsed(answer.read())["inv_batch_seconds_count"] == number


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
@pytest.mark.fault("log", "time zone")
@pytest.mark.fault("alerts file", "time zone")
@pytest.mark.fault("record", "time zone")
def test_wherever_the_machine_stands_a_run_leaves_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    here = made(tmp_path / "here")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", zone)
        time.tzset()
        there = made(tmp_path / "there")
    time.tzset()
    odd = {"logs/inventory.log"}  # its last line tells what the process used
    ours, theirs = digests(here.path), digests(there.path)
    assert set(ours) == set(theirs)
    assert {name for name in ours if ours[name] != theirs[name]} <= odd
    assert events(here.path / "logs")[:-1] == events(there.path / "logs")[:-1]
