"""One telemetry stack in a process of its own: what an event costs, as one line of JSON.

Run as `python benchmarks/one_stack.py plain|default EVENTS FOLDER`.
"""

import gc
import json
import sys
import time
from pathlib import Path
from typing import cast

from simlab.alerts.live import Evaluator
from simlab.alerts.rules_file import strategy_rules
from simlab.events import Attempt
from simlab.run.telemetry import TelemetryName, log_of, metrics_of

WARM_UP = 5_000
"""Enough that attempts have been added up, and the pages that lines go to are there."""


def events(count: int) -> list[Attempt]:
    """Attempts half a second apart, of which one in a hundred fails."""
    return [
        Attempt(
            1_767_571_200_000_000 + 500_000 * i, 0.4, "error" if i % 100 == 0 else "success",
            i % 50 + 1, i, 1, 40, 0.0, "timeout" if i % 100 == 0 else None,
        )
        for i in range(count)
    ]  # fmt: skip


def main(name: TelemetryName, count: int, folder: Path) -> None:
    """Take the events through the log, the metrics and the rules."""
    rules = strategy_rules()
    evaluator = Evaluator(rules, run_id="bench")
    log = log_of(name, folder / "inventory.log", run_id="bench", error_texts={})
    metrics = metrics_of(
        name, rules, values=lambda: evaluator.values, dropped=dict, flushes=lambda: log.flushes
    )
    write, count_one, judge = log.emit, metrics.emit, evaluator.observe
    for event in events(WARM_UP):
        write(event)
        count_one(event)
        judge(event)
    metrics.exposition()
    log.flush()
    told = events(count)
    gc.collect()
    gc.disable()
    cpu_s, start_s = time.process_time(), time.perf_counter()
    for event in told:
        write(event)
        count_one(event)
        judge(event)
    called_s = time.perf_counter() - start_s
    metrics.exposition()
    log.close()
    drained_s, used_s = time.perf_counter() - start_s, time.process_time() - cpu_s
    print(json.dumps({
        "called_ns": called_s / count * 1e9, "drained_ns": drained_s / count * 1e9,
        "cpu_ns": used_s / count * 1e9, "dropped": log.dropped,
    }))  # fmt: skip


if __name__ == "__main__":
    main(cast("TelemetryName", sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
