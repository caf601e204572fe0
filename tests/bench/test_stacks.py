"""All stacks do the same work: what is compared is how, not what."""

import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from simlab.bench.catalogue import BUILT_IN, stack_of
from simlab.bench.load import events
from simlab.bench.stack import Stack
from simlab.bench.stacks.opentelemetry import METRICS, OpenTelemetry
from simlab.clock import iso
from simlab.dataset.schema import ROWS
from simlab.errors import ConfigError
from simlab.events import Attempt, Status

STACKS = [name for name in BUILT_IN if name != "off"]
PEERS = {
    "python-json-logger": "pythonjsonlogger.json", "structlog": "structlog",
    "loguru": "loguru", "opentelemetry": "opentelemetry.sdk",
}  # fmt: skip
COUNT = 700


def attempts() -> list[Attempt]:
    """Some of each kind: slow ones, failed ones, ones to be retried, unknown waits."""
    return [attempt(number) for number in range(COUNT)]


def attempt(number: int) -> Attempt:
    status: Status = "error" if number % 9 == 0 else "retry" if number % 7 == 0 else "success"
    failed = ("timeout", "locked")[number % 2] if status != "success" else None
    duration = 2.5 if number % 50 == 0 else 0.25 + number % 8 / 16
    wait = None if number % 11 == 0 else 0.5
    start_us = 1_767_571_200_000_000
    return Attempt(
        start_us + number * 500_000, duration, status, number % 50 + 1, number, 1 + number % 3,
        40, wait, failed,
    )  # fmt: skip


@pytest.fixture(params=STACKS)
def drained(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Stack, Path]]:
    """A stack that was told of the attempts, and its folder."""
    if request.param in PEERS:
        pytest.importorskip(PEERS[request.param], reason="the extra `peers` is not installed")
    stack = stack_of(request.param)(tmp_path)
    for event in attempts():
        stack.emit(event)
    stack.drain()
    yield stack, tmp_path
    stack.close()


def lines_in(folder: Path) -> list[dict[str, Any]]:
    paths = {*folder.rglob("*.log*"), *folder.rglob("*.jsonl")}
    return [json.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def counted_by(stack: Any, folder: Path) -> dict[str, float]:
    """What a stack's metrics say, each by its name, label and value."""
    if (folder / METRICS).exists():
        told = json.loads((folder / METRICS).read_bytes().splitlines()[-1])
        return dict(of_opentelemetry(told))
    metrics = getattr(stack, "metrics", None) or stack._metrics
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        " ".join([sample.name.removesuffix("_total"), *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def of_opentelemetry(told: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for metric in told["resource_metrics"][0]["scope_metrics"][0]["metrics"]:
        for point in metric["data"]["data_points"]:
            name = " ".join([metric["name"], *point["attributes"].values()])
            if "value" in point:
                yield name, point["value"]
            else:
                yield f"{name}_count", point["count"]
                yield f"{name}_sum", point["sum"]


def test_each_event_is_one_line_of_the_same_nine_fields(drained: tuple[Stack, Path]) -> None:
    """With a level, a logger and a message as the strategy has them."""
    stack, folder = drained
    lines = sorted(
        (line for line in lines_in(folder) if line["event"] == "attempt"),
        key=lambda line: line["batch_id"],
    )
    assert len(lines) == COUNT
    for line, event in zip(lines, attempts(), strict=True):
        told = {name: getattr(event, name) for name in ROWS if name != "timestamp"}
        assert {name: line[name] for name in ROWS} == told | {"timestamp": iso(event.time_us)}
    heads = {(line["status"], line["level"].upper(), line["message"]) for line in lines}
    assert {(status, level[:4], message) for status, level, message in heads} == {
        ("success", "INFO", "batch applied"),
        ("retry", "WARN", "batch to be retried"),
        ("error", "ERRO", "batch failed"),
    }
    assert {(line["logger"], line["run_id"]) for line in lines} == {("simlab.bot", "bench")}
    assert stack.dropped == 0


def test_each_event_is_counted_and_observed_once(drained: tuple[Stack, Path]) -> None:
    counted = counted_by(*drained)
    told = attempts()
    expected: dict[str, float] = {
        "inv_batch_duration_seconds_count": COUNT,
        "inv_batch_duration_seconds_sum": sum(event.duration for event in told),
        "inv_slow_batches": sum(event.duration > 2 for event in told),
        "inv_retries": sum(event.status == "retry" for event in told),
        **{f"inv_batches {key}": n for key, n in Counter(each.status for each in told).items()},
        **{
            f"inv_errors {key}": n
            for key, n in Counter(each.error_type for each in told if each.error_type).items()
        },
    }
    assert {name: counted.get(name) for name in expected} == expected


def test_the_strategys_rules_are_judged_and_their_alerts_are_lines(
    drained: tuple[Stack, Path],
) -> None:
    """14 batches are slow and one after each is not; a ninth of all fail, from the start to the end."""
    alerts = Counter(
        (line["rule"], line["state"]) for line in lines_in(drained[1]) if line["event"] == "alert"
    )
    assert alerts == {
        ("slow_batch", "firing"): 14, ("slow_batch", "resolved"): 14, ("error_rate", "firing"): 1
    }  # fmt: skip


@pytest.mark.parametrize("name", PEERS)
def test_a_library_that_is_missing_is_named_with_what_installs_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stack_of(name)
    monkeypatch.setitem(sys.modules, PEERS[name], None)
    with pytest.raises(ConfigError, match=rf"stack {name}: .* pip install 'simlab\[peers\]'"):
        made(tmp_path)


def test_records_that_a_full_queue_of_opentelemetrys_drops_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written + dropped = told, when nothing is exported while 3,600 records come for 2,048 places."""
    pytest.importorskip(PEERS["opentelemetry"], reason="the extra `peers` is not installed")
    gate, line = threading.Event(), OpenTelemetry._line

    def held_up(stack: OpenTelemetry, record: Any) -> str:
        gate.wait()
        return line(stack, record)

    monkeypatch.setattr(OpenTelemetry, "_line", held_up)
    stack = OpenTelemetry(tmp_path)
    for event in events(3600, first=1, fails_every=10_000):  # which brings no alert
        stack.emit(event)
    gate.set()
    stack.drain()
    written = len(lines_in(tmp_path))
    stack.close()
    assert written <= 2048 + 512
    assert written + stack.dropped == 3600
