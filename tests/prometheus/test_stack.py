"""The monitoring bundle is what Prometheus, Alertmanager and Grafana read, and shows a real bot."""

import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import load_rules, strategy_rules
from simlab.errors import ConfigError
from simlab.events import Alert, Attempt, Sample
from simlab.prometheus.check import check
from simlab.prometheus.export import export
from simlab.prometheus.folder import write_export
from simlab.prometheus.grafana import dashboard
from simlab.prometheus.stack import Stack
from simlab.telemetry.endpoint import serving
from simlab.telemetry.families import HELP
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import Reading

from .test_server import wait_for

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool, of Debian's package prometheus"
)
needs_amtool = pytest.mark.skipif(
    shutil.which("amtool") is None,
    reason="needs amtool, of Debian's package prometheus-alertmanager",
)
EMPTY = 'ALERTS{alertstate="firing"}'
"""What is legitimately empty: nothing fires in Prometheus within seconds."""

INTERVAL_S = 15.0


def written(folder: Path, rules: tuple[Rule, ...], stack: Stack | None = None) -> Path:
    """The bundle for some rules."""
    out = folder / "stack"
    write_export(export(rules), "stack", out, rules=rules, stack=stack)
    return out


def expressions(drawn: dict[str, Any]) -> list[str]:
    """What the dashboard asks, with Grafana's one variable of time filled in as Grafana does."""
    asked = [target["expr"] for panel in drawn["panels"] for target in panel["targets"]]
    asked += [each["expr"] for each in drawn["annotations"]["list"]]
    return [each.replace("$__rate_interval", "1m") for each in asked]


@needs_promtool
@needs_amtool
@pytest.mark.parametrize("name", ["strategy", "extended"])
def test_promtool_and_amtool_pass_the_whole_bundle(tmp_path: Path, name: str) -> None:
    rules = load_rules(Path(__file__).parents[2] / "data" / "rules" / f"{name}.toml")
    out = written(tmp_path, rules)
    verdicts = check(export(rules), "stack", out)
    assert [verdict.command for verdict in verdicts if not verdict.passed] == []
    assert verdicts[0].command == "promtool check config prometheus.yml"
    assert "rule" in verdicts[0].output, "the rules that it names were read too"
    assert load_rules(out / "rules.toml") == rules


@needs_promtool
def test_promtool_reads_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    """As recording rules, which have one each; an expression with a fault is told from them."""
    asked = expressions(dashboard(strategy_rules()))
    for more, code in (([], 0), (["sum(rate(x[1m])"], 1)):
        rules = [{"record": f"r{nth}", "expr": each} for nth, each in enumerate([*asked, *more])]
        file = tmp_path / "drawn.json"  # JSON is YAML
        file.write_text(json.dumps({"groups": [{"name": "drawn", "rules": rules}]}))
        found = subprocess.run(
            ["promtool", "check", "rules", file], capture_output=True, check=False, timeout=60
        )
        assert found.returncode == code, found.stderr


def test_the_dashboard_has_the_shape_that_grafana_imports() -> None:
    """Grafana's JSON model: ids and places of their own, targets with letters, a choice of source."""
    drawn = dashboard(strategy_rules())
    json.dumps(drawn, allow_nan=False)
    assert drawn["schemaVersion"] >= 36
    panels = drawn["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, f"{panel['title']} lies over another"
        taken |= cells
        assert panel["type"] in {"stat", "timeseries", "state-timeline"}
        assert panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert letters == sorted(set(letters))
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    (choice,) = drawn["templating"]["list"]
    uids = {panel["datasource"]["uid"] for panel in panels}
    assert uids == {f"${{{choice['name']}}}"}


def test_every_metric_of_the_contract_is_drawn_but_what_is_said_here() -> None:
    """And no other metric is asked for, but those that Prometheus makes itself."""
    text = " ".join(expressions(dashboard(strategy_rules())))
    left_out = {name for name in HELP if name not in text}
    assert left_out == {"inv_cpu_limit_cores"}
    words = text.replace("(", " ").replace("{", " ").replace("[", " ").replace(")", " ").split()
    asked = {word for word in words if word.startswith(("inv_", "cpu_", "mem_", "batch_", "retry"))}
    known = {f"{name}{end}" for name in HELP for end in ("", "_total", "_sum", "_count", "_bucket")}
    assert asked <= known


def test_the_rules_limits_are_drawn_where_their_signals_are() -> None:
    """Another threshold for `duration`; the panel of CPU has the strategy's 85."""
    rules = (Rule(name="slow", signal="duration", threshold=3.25), *strategy_rules()[1:])
    steps = {
        panel["title"]: [step["value"] for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]
        for panel in dashboard(rules)["panels"]
    }  # fmt: skip
    assert steps["inv_batch_seconds P95"] == [None, 3.25]
    assert steps["CPU"] == [None, 85]
    assert steps["Disk"] == [None]


@pytest.mark.parametrize(
    "address",
    ["9100", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", 'x":9100', "http://a:1", "a:1\n"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="--bot"):
        Stack(bot=address)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def busy_bot(rules: tuple[Rule, ...], port: int) -> Iterator[None]:
    """A bot's metrics with something in each of them."""
    metrics = Metrics(
        rules=[rule.name for rule in rules],
        values=lambda: {(rule.name, None): 1.0 for rule in rules},
        dropped=lambda: {"log": 1},
        flushes=lambda: (3, 0.01),
    )
    now_us = time.time_ns() // 1000
    for nth in range(200):
        status = ("success", "success", "success", "retry", "error")[nth % 5]
        kind = None if status == "success" else "timeout"
        metrics.emit(Attempt(now_us, 0.5, status, 1, nth, 1, 10, 0.0, kind))  # type: ignore[arg-type]  # one of the three
    metrics.emit(Sample(now_us, 12.0, 200.0, 1000, 2000))
    metrics.emit(
        Alert(
            now_us, "a", rules[0].name, "firing", 3.0, 2.0, "page", "2026-01-05T00:00:00Z", "notify"
        )
    )
    metrics.read(
        Reading(
            cpu_percent=12.0, host_cpu_percent=20.0, mem_usage_mb=200.0, disk_read_bytes=1000,
            disk_write_bytes=2000, mem_limit_bytes=1e9,
        )
    )  # fmt: skip
    with serving(metrics.registry, port=port):
        yield


@pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="needs prometheus, of Debian's package prometheus"
)
def test_a_real_prometheus_with_that_config_has_data_for_every_panel(tmp_path: Path) -> None:
    """It scrapes each second here, so that rates are there soon; nothing else is changed."""
    rules = strategy_rules()
    stack = Stack(bot=f"127.0.0.1:{free_port()}", prometheus=f"127.0.0.1:{free_port()}")
    out = written(tmp_path, rules, stack)
    config = out / "prometheus.yml"
    config.write_text(config.read_text().replace("scrape_interval: 15s", "scrape_interval: 1s"))
    assert "scrape_interval: 1s" in config.read_text()
    address = f"http://{stack.prometheus}"
    command = [
        "prometheus", "--config.file=prometheus.yml", f"--web.listen-address={stack.prometheus}",
        "--storage.tsdb.path=data", "--log.level=error",
    ]  # fmt: skip
    with busy_bot(rules, int(stack.bot.rpartition(":")[2])):
        server = subprocess.Popen(command, cwd=out, stderr=subprocess.DEVNULL)
        try:
            wait_for(f"{address}/-/ready", server)
            asked = [one for one in expressions(dashboard(rules)) if not one.startswith("ALERTS")]
            assert _without_data(address, asked) == []
            assert _found(address, EMPTY) == []
        finally:
            server.terminate()
            server.wait(timeout=20)


def _without_data(address: str, asked: list[str]) -> list[str]:
    """Which expressions have nothing, even after some time."""
    until_s = time.monotonic() + INTERVAL_S
    left = asked
    while left and time.monotonic() < until_s:
        time.sleep(0.5)
        left = [one for one in left if not _found(address, one)]
    return left


def _found(address: str, expression: str) -> list[Any]:
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{address}/api/v1/query?{query}", timeout=10) as answer:
        found = json.load(answer)
    assert found["status"] == "success"
    return list(found["data"]["result"])
