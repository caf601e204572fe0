"""Files to read, made without simlab."""

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

CORE: Mapping[str, Any] = {
    "timestamp": "2026-01-05T00:00:00.250000Z",
    "duration": 0.5,
    "status": "success",
    "warehouse_id": 7,
}
FULL: Mapping[str, Any] = {
    **CORE,
    "batch_id": 3,
    "attempt": 2,
    "batch_size": 40,
    "queue_wait": 1.5,
    "error_type": None,
}
HEAD: Mapping[str, Any] = {
    "timestamp": "2026-01-05T00:00:00.250000Z",
    "level": "INFO",
    "logger": "inventory",
    "message": "said",
    "event": "attempt",
    "run_id": "r-1",
}
SAMPLE: Mapping[str, Any] = {
    **HEAD,
    "event": "sample",
    "cpu_percent": 12.5,
    "mem_usage_mb": 220.0,
    "disk_read_bytes": 0,
    "disk_write_bytes": 4096,
}


def stamp(second: int) -> str:
    """That second of 2026-01-05, below an hour."""
    return f"2026-01-05T00:{second // 60:02}:{second % 60:02}.000000Z"


def cores(count: int) -> list[dict[str, Any]]:
    """Rows of the strategy's four columns, a second apart."""
    return [{**CORE, "timestamp": stamp(second)} for second in range(count)]


def write_lines(path: Path, lines: Iterable[Mapping[str, Any] | bytes]) -> Path:
    """Objects, or bytes as they stand, one a line; packed when the name ends in `.gz`."""
    text = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def write_csv(path: Path, lines: Sequence[str]) -> Path:
    """Lines of text, each ended by a line feed."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path
