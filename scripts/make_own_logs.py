"""Write data/own-logs: a week of some other bot's log, three days of the week after, and a list of incidents.

It stands in for a log of your own: its columns, times and codes are not simlab's. The week after
has more orders, and they take longer, which is what a check for drift is for.
"""

import gzip
from pathlib import Path
from typing import Any, Final

import polars as pl

from simlab.dataset.schema import Dataset
from simlab.workload.draw import draw
from simlab.workload.loading import parse_profile

OUT: Final = Path(__file__).resolve().parent.parent / "data" / "own-logs"
SEED: Final = 11
PROFILE: Final[dict[str, Any]] = {
    "schema": 1,
    "name": "orders",
    "start": "2026-03-02T00:00:00Z",
    "duration": "7d",
    "warehouses": 6,
    "workers": 1,
    "arrivals": {"process": "poisson", "per_minute": 1.5, "hourly": [0.5] * 7 + [1.5] * 11 + [0.8] * 6},
    "service": {"dist": "lognormal", "median": 1.4, "sigma": 0.5, "warehouse_spread": 0.2},
    "batch": {"size": {"dist": "negative_binomial", "mean": 12, "dispersion": 3}},
    "outcome": {"retry": 0.0, "error": 0.006, "max_attempts": 1, "error_types": {"timeout": 1}},
    "incident": [
        {"kind": "latency_spike", "per_day": 1.2, "severity": {"low": 0.4, "high": 1.0}},
        {"kind": "error_burst", "per_day": 1.2, "severity": {"low": 0.4, "high": 1.0}},
    ],
}  # fmt: skip
LATER: Final[dict[str, Any]] = {
    "start": "2026-03-09T00:00:00Z",
    "duration": "3d",
    "arrivals": PROFILE["arrivals"] | {"per_minute": 2.1},
    "service": PROFILE["service"] | {"median": 1.7},
}


def drawn(table: dict[str, Any], *, seed: int) -> Dataset:
    """A week of the other bot, as simlab would have it."""
    profile = parse_profile(table, where="orders")
    return draw(profile, seed=seed)


def as_theirs(rows: pl.DataFrame) -> pl.DataFrame:
    """The same in the columns of the other bot."""
    return rows.select(
        finished_ms=pl.col("timestamp").dt.epoch("ms"),
        elapsed_ms=(pl.col("duration") * 1000).round(0).cast(pl.Int64),
        code=pl.when(pl.col("status") == "error").then(503).otherwise(200),
        depot=pl.col("warehouse_id"),
        orders=pl.col("batch_size"),
    )


def write_packed(frame: pl.DataFrame, path: Path) -> None:
    """Write CSV, packed without a time of its own, so that the bytes stay the same."""
    path.write_bytes(gzip.compress(frame.write_csv().encode(), compresslevel=9, mtime=0))


def main() -> None:
    """Write all three files."""
    OUT.mkdir(parents=True, exist_ok=True)
    week = drawn(PROFILE, seed=SEED)
    assert week.incidents is not None
    write_packed(as_theirs(week.rows), OUT / "orders.csv.gz")
    later = drawn(PROFILE | LATER, seed=SEED + 1)
    write_packed(as_theirs(later.rows), OUT / "orders-a-week-later.csv.gz")
    shown = week.incidents.drop_nulls("visible_start").filter(~pl.col("lookalike"))
    moments = [pl.col(f"visible_{name}").dt.round("1s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
               .alias(name) for name in ("start", "end")]  # fmt: skip
    shown.select("id", "kind", *moments).write_csv(OUT / "incidents.csv")
    print(f"{OUT.name}: {week.rows.height:,} and {later.rows.height:,} attempts")


if __name__ == "__main__":
    main()
