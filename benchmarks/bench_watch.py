"""How many alert events `simlab watch` delivers a second, and how long after its line each comes."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

from paired import Figure
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.clock import iso
from simlab.events import Alert
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.jsonlog import JsonFormatter, record_of
from simlab.watch.sink import Sink
from simlab.watch.watch import watch

EVENTS = 20_000
START_US = 1_767_571_200_000_000
AT_LEAST_PER_S = 1000
AT_MOST_S = 1.0


def alert(number: int) -> Alert:
    """Even ones fire, the odd one after each resolves it."""
    return Alert(
        time_us=START_US + number,
        alert_id=f"{number // 2:016x}",
        rule="slow",
        state="resolved" if number % 2 else "firing",
        value=2.5,
        threshold=2.0,
        severity="page",
        started_at=iso(START_US),
        action_hint="notify",
    )


def test_a_thousand_events_a_second_reach_a_sink(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """The program as it is typed, from its start to its end, with 20,000 events printed."""
    benchmark.group = "watch"
    log = tmp_path / "inventory.log"
    form = JsonFormatter(run_id="bench")
    lines = [form.format(record_of(alert(number))) for number in range(EVENTS)]
    log.write_text("\n".join(lines) + "\n")
    took_s: list[float] = []

    def deliver() -> None:
        command = [sys.executable, "-m", "simlab", "watch", str(log), "--once", "--json"]
        state = ["--state", str(tmp_path / f"state{len(took_s)}")]
        begun_s = time.perf_counter()
        done = subprocess.run(  # noqa: S603  # ourselves
            [*command, *state], capture_output=True, check=True, timeout=120
        )
        took_s.append(time.perf_counter() - begun_s)
        assert len(done.stdout.splitlines()) == EVENTS
        assert json.loads(done.stdout.splitlines()[-1])["alert_id"] == f"{EVENTS // 2 - 1:016x}"

    benchmark.pedantic(deliver, rounds=3)
    per_s = EVENTS / statistics.median(took_s)
    benchmark.extra_info.update(events_per_s=round(per_s))
    figure(f"watch: {per_s:,.0f} alert events a second, printed (at least {AT_LEAST_PER_S:,})")
    assert per_s >= AT_LEAST_PER_S


def test_an_event_arrives_within_a_second_of_being_told(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """From the bot's call that tells of it, over the log's sidecar and its file; 60 events."""
    benchmark.group = "watch"
    log, stop, came_s = tmp_path / "inventory.log", Event(), list[float]()
    told = CrashSafeLog(log, run_id="bench")
    sink = Sink(lambda _: came_s.append(time.perf_counter()))
    thread = Thread(target=watch, args=(log, [sink]), kwargs={"since": "start", "stop": stop})
    thread.start()
    delays_s: list[float] = []

    def tell() -> None:
        number = len(came_s)
        begun_s = time.perf_counter()
        told.emit(alert(number))
        while len(came_s) == number:
            time.sleep(0.001)
        delays_s.append(came_s[-1] - begun_s)

    benchmark.pedantic(tell, rounds=60)
    stop.set()
    thread.join()
    told.close()
    median_s = statistics.median(delays_s)
    benchmark.extra_info.update(
        median_ms=round(median_s * 1000), most_ms=round(max(delays_s) * 1000)
    )
    figure(
        f"watch: {median_s * 1000:.0f} ms from the bot's call to the receiver, at most "
        f"{max(delays_s) * 1000:.0f} ms (median at most {AT_MOST_S:g} s)"
    )
    assert median_s <= AT_MOST_S
