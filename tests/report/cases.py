"""A day of trouble to look at: 20,000 attempts, four incidents, a look-alike."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console, RenderableType

from simlab.alerts.rule import Rule
from simlab.dataset.schema import INCIDENTS, ROWS, SAMPLES, TIMESTAMP, Dataset

DAY = datetime(2026, 1, 5, tzinfo=UTC)
DAY_US = int(DAY.timestamp()) * 1_000_000
ROW_COUNT = 20_000


def at(hours: float) -> datetime:
    """That many hours into the day."""
    return DAY + timedelta(hours=hours)


def incident(
    name: str,
    kind: str,
    start: float,
    end: float,
    *,
    lookalike: bool = False,
    severity: float = 0.7,
) -> dict[str, object]:
    """One label, visible from `start` to `end` [h into the day]."""
    return {
        "id": name,
        "kind": kind,
        "start": at(start),
        "end": at(end),
        "visible_start": at(start),
        "visible_end": at(end),
        "severity": severity,
        "warehouses": [3, 4] if kind == "latency_spike" else None,
        "lookalike": lookalike,
    }


def labels(*rows: dict[str, object]) -> pl.DataFrame:
    """A frame of incidents."""
    return pl.DataFrame(rows, schema=INCIDENTS)


def timestamps(time_us: NDArray[Any]) -> pl.Series:
    """Microseconds since 1970 as UTC times."""
    return pl.Series(time_us.astype(np.int64)).cast(TIMESTAMP)


def day_of_trouble() -> Dataset:
    """The whole day: rows, samples, truth."""
    rng = np.random.default_rng(7)
    hours = np.sort(rng.uniform(0, 24, ROW_COUNT))
    factor = np.ones(ROW_COUNT)
    factor[(hours > 3) & (hours < 4)] = 6
    factor[(hours > 14) & (hours < 14.5)] = 3
    failing = np.where((hours > 9) & (hours < 9.6), 0.25, 0.006)
    draw = rng.uniform(size=ROW_COUNT)
    status = np.where(draw < failing, "error", np.where(draw < failing + 0.02, "retry", "success"))
    columns = {
        "timestamp": timestamps(DAY_US + hours * 3.6e9),
        "duration": np.minimum(rng.lognormal(-1.05, 0.5, ROW_COUNT) * factor, 60),
        "status": status,
        "warehouse_id": rng.zipf(1.6, ROW_COUNT) % 20 + 1,
        "batch_id": np.arange(ROW_COUNT),
        "attempt": np.ones(ROW_COUNT),
        "batch_size": rng.poisson(40, ROW_COUNT) + 1,
        "queue_wait": np.zeros(ROW_COUNT),
        "error_type": [None if word == "success" else "timeout" for word in status],
    }
    return Dataset(
        name="busy-day",
        rows=pl.DataFrame(columns).cast(ROWS),  # type: ignore[arg-type]  # polars takes a mapping
        samples=_samples(rng),
        incidents=labels(
            incident("latency_spike-1", "latency_spike", 3, 4, severity=0.9),
            incident("error_burst-1", "error_burst", 9, 9.6),
            incident("latency_spike-2", "latency_spike", 14, 14.5, severity=0.4),
            incident("load_peak-1", "load_peak", 17, 18.5, lookalike=True),
            incident("cpu_saturation-1", "cpu_saturation", 20, 21),
        ),
    )


def strategy(threshold_s: float = 2.0) -> tuple[Rule, ...]:
    """The strategy's three rules."""
    return (
        Rule(name="slow_batch", signal="duration", threshold=threshold_s),
        Rule(
            name="error_rate",
            signal="error_ratio",
            aggregate="ratio",
            window="100 batches",
            threshold=0.05,
            severity="page",
        ),
        Rule(name="cpu_high", signal="cpu_percent", threshold=85, for_="5m"),
    )


def attempts(
    durations: list[float | None], *, statuses: list[str] | None = None, every_s: float = 60
) -> pl.DataFrame:
    """Rows of the strategy's four columns, `every_s` apart, the others null."""
    count = len(durations)
    known = {
        "timestamp": timestamps(DAY_US + np.arange(count) * every_s * 1e6),
        "duration": durations,
        "status": statuses or ["success"] * count,
        "warehouse_id": [1] * count,
    }
    frame = pl.DataFrame(known)
    return frame.select(
        (pl.col(name) if name in known else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in ROWS.items()
    )


def _samples(rng: np.random.Generator) -> pl.DataFrame:
    hours = np.arange(0, 24, 15 / 3600)
    busy = 35 + 18 * np.sin((hours - 8) / 24 * 2 * np.pi) + rng.normal(0, 3, hours.size)
    busy[(hours > 20) & (hours < 21)] += 55
    columns = {
        "timestamp": timestamps(DAY_US + hours * 3.6e9),
        "cpu_percent": np.clip(busy, 0, 100),
        "mem_usage_mb": 220 + 15 * rng.uniform(size=hours.size),
        "disk_read_bytes": rng.integers(0, 1_000_000, hours.size),
        "disk_write_bytes": rng.integers(0, 3_000_000, hours.size),
    }
    return pl.DataFrame(columns).cast(SAMPLES)  # type: ignore[arg-type]  # polars takes a mapping


HOSTILE = (
    "<script>document.title='run'</script>",
    "\"><img src=x onerror=document.title='run'>",
    "' onmouseover='document.title=1",
    "<svg onload=document.title='run'>",
    "</style></title><script>document.title='run'</script>",
    "javascript:document.title='run'",
    "{{ 7 * 7 }}{% raw %}",
    "<link rel=stylesheet href=https://example.org/x>",
    "\x1b[2J\x1b]0;run\x07\x1b[31m",
    "[bold red]run[/] [link=https://example.org]here[/link]",
    "[/]",
    "ends with \\",
    "left \u202eright\u2066",
    "\ud800 lone",
    "line\nbreak\u2028and\x00nul",
    r"$\frac{1}{$",
    "x" * 5000,
)
"""Text that would do something wherever it is not made inert."""


def printed(what: RenderableType, *, width: int = 80) -> str:
    """What a terminal of that width shows, without colours."""
    out = StringIO()
    Console(file=out, width=width, highlight=False, color_system=None).print(what)
    return out.getvalue()
