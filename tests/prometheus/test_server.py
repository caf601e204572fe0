"""A real Prometheus server, over a day backfilled into its store, has what our model has."""

import json
import math
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from simlab.alerts.rules_file import strategy_rules
from simlab.prometheus.exposed import Exposed, Labels
from simlab.prometheus.meaning import Meaning
from simlab.prometheus.meanings import meanings
from simlab.prometheus.model import Vector, evaluate
from simlab.prometheus.names import STEP_US
from simlab.prometheus.scrape import scraped
from simlab.prometheus.timeline import Timeline, timelines
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="needs prometheus and promtool, of Debian's package prometheus",
)
READY_WITHIN_S = 30.0


def openmetrics(store: Sequence[Exposed]) -> str:
    """All samples of the series, as `promtool tsdb create-blocks-from openmetrics` reads them."""
    lines = []
    for metric in dict.fromkeys(series.metric for series in store):
        lines.append(f"# TYPE {metric} unknown")
        lines += [
            f"{series} {told(value)} {time_ms / 1000:.3f}"
            for series in store
            if series.metric == metric
            for time_ms, value in zip(series.time_ms.tolist(), series.value.tolist(), strict=True)
        ]
    return "\n".join([*lines, "# EOF\n"])


def told(value: float) -> str:
    return "NaN" if math.isnan(value) else repr(value)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A server on loopback, ended by its own process; gives its address."""
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "prometheus", f"--web.listen-address=127.0.0.1:{port}", "--config.file=prometheus.yml",
        "--storage.tsdb.path=data", "--storage.tsdb.retention.time=100y", "--log.level=error",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/-/ready", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until_s:
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    pytest.fail("the server was not ready in time")


def asked(address: str, expression: str, timeline: Timeline) -> dict[Labels, np.ndarray]:
    """Where the server's `query_range` has a value, for each set of labels."""
    last_us = timeline.origin_us + (timeline.count - 1) * timeline.step_us
    query = urllib.parse.urlencode({
        "query": expression, "start": timeline.origin_us / 1e6, "end": last_us / 1e6,
        "step": timeline.step_us / 1e6,
    })  # fmt: skip
    with urllib.request.urlopen(f"{address}/api/v1/query_range?{query}", timeout=30) as answer:
        found = json.load(answer)
    assert found["status"] == "success"
    present = {}
    for series in found["data"]["result"]:
        labels = {name: text for name, text in series["metric"].items() if name != "__name__"}
        mask = np.zeros(timeline.count, dtype=bool)
        at_us = np.round(np.array([float(at) for at, _ in series["values"]]) * 1e6).astype(int)
        mask[(at_us - timeline.origin_us) // timeline.step_us] = True
        present[tuple(sorted(labels.items()))] = mask
    return present


def mismatches(theirs: dict[Labels, np.ndarray], ours: Vector, count: int) -> int:
    nothing = np.zeros(count, dtype=bool)
    modelled = {labels: column.present for labels, column in ours.items()}
    return sum(
        int(np.count_nonzero(theirs.get(labels, nothing) != modelled.get(labels, nothing)))
        for labels in {*theirs, *modelled}
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Meaning, int, int, int]]:
    """For each meaning of the strategy's rules: probes, how many hold, and mismatches."""
    folder = tmp_path_factory.mktemp("server")
    day, rules = draw(load_profile("busy-day"), seed=7), strategy_rules()
    store = scraped(day, rules).store
    timeline = timelines(day, [STEP_US])[STEP_US]
    (folder / "day.txt").write_text(openmetrics(store))
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--max-block-duration=720h",
         "--quiet", "day.txt", "data"],
        cwd=folder, check=True, timeout=60, capture_output=True,
    )  # fmt: skip
    results = []
    with served(folder) as address:
        for rule in rules:
            for meaning in meanings(rule, pace_us=STEP_US):
                theirs = asked(address, str(meaning.condition), timeline)
                ours = evaluate(meaning.condition, list(store), timeline.moment_ms)
                held = sum(int(column.present.sum()) for column in ours.values())
                wrong = mismatches(theirs, ours, timeline.count)
                results.append((meaning, timeline.count, held, wrong))
    return results


def test_a_server_finds_each_condition_true_at_the_models_moments_alone(
    found: list[tuple[Meaning, int, int, int]],
) -> None:
    """A whole day, each evaluation of each meaning of the strategy's three rules."""
    assert sum(probes for _, probes, _, _ in found) >= 5 * 5760
    assert [wrong for *_, wrong in found] == [0] * len(found)


def test_the_day_has_moments_of_both_kinds_for_each_rule(
    found: list[tuple[Meaning, int, int, int]],
) -> None:
    """A condition that never holds, or always, would prove little."""
    assert all(0 < held < probes for _, probes, held, _ in found)
