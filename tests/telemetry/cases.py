"""What the tests of telemetry share: a load of events, and an exposition read back."""

import math
import time
from collections.abc import Iterable

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from simlab.events import Attempt, Event, Sample, Status

SECOND = 1_000_000
START_US = 1_767_571_200 * SECOND


def attempt(
    time_us: int, *, duration: float = 1.0, status: Status = "success", error: str = "timeout"
) -> Attempt:
    error_type = None if status == "success" else error
    return Attempt(time_us, duration, status, 1, 1, 1, 10, 0.0, error_type)


def load(count: int, *, seed: int = 5) -> list[Event]:
    """Attempts 2 s apart with a sample after each eighth; a tenth fails, a tenth is retried."""
    rng = np.random.default_rng(seed)
    statuses: list[Status] = [*["success"] * 8, "error", "retry"]  # type: ignore[list-item]  # they are all statuses
    events: list[Event] = []
    for number in range(count):
        time_us = START_US + 2 * SECOND * number
        status, error = statuses[rng.integers(10)], str(rng.choice(["timeout", "locked"]))
        duration = float(rng.lognormal(0, 0.7))
        events.append(attempt(time_us, duration=duration, status=status, error=error))
        if number % 8 == 7:
            cpu, read = float(rng.uniform(0, 100)), int(rng.integers(10**6))
            events.append(Sample(time_us, cpu, 220.0 + number, read, 2 * read))
    return events


def parsed(exposition: bytes) -> dict[str, float]:
    """Each series of an exposition by its name and labels: `inv_batches_total{success}`."""
    families = text_string_to_metric_families(exposition.decode())
    return {
        name_of(sample.name, sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def name_of(name: str, labels: Iterable[str]) -> str:
    told = ",".join(labels)
    return f"{name}{{{told}}}" if told else name


def same(value: float, expected: float) -> bool:
    return value == expected or (math.isnan(value) and math.isnan(expected))


def burn(duration_s: float) -> None:
    """Keep one core busy for so much CPU time."""
    until = time.process_time() + duration_s
    while time.process_time() < until:
        pass
