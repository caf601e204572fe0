"""One telemetry event: a line of nine fields, a duration, three counters, three rules."""

from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import load_rules
from simlab.config import shipped
from simlab.events import Attempt
from simlab.telemetry.handler import open_log
from simlab.telemetry.jsonlog import JsonFormatter, record_of
from simlab.telemetry.metrics import Metrics

EVENTS = 5_000


def events() -> list[Attempt]:
    """Successes half a second apart."""
    return [
        Attempt(1_767_571_200_000_000 + 500_000 * i, 0.4, "success", 7, i, 1, 40, 0.0, None)
        for i in range(EVENTS)
    ]


def test_one_event_through_log_metrics_and_rules(
    benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    """The caller's time for 5,000 events."""
    benchmark.group = "telemetry"
    handler = open_log(tmp_path / "inventory.log", JsonFormatter(run_id="bench"))
    metrics = Metrics(rules=["slow_batch", "error_rate", "cpu_high"])
    evaluator = Evaluator(load_rules(shipped("rules", "strategy")), run_id="bench")
    told = events()

    def emit_all() -> None:
        for event in told:
            handler.handle(record_of(event))
            metrics.emit(event)
            evaluator.observe(event)

    benchmark.pedantic(emit_all, rounds=5, warmup_rounds=1)
    handler.close()
    assert benchmark.stats is not None
    benchmark.extra_info["us_per_event"] = round(benchmark.stats.stats.median / EVENTS * 1e6, 2)
    lines = (tmp_path / "inventory.log").read_bytes().count(b"\n")
    assert lines == 6 * EVENTS
