"""The log that stands in for a user's own is the one that its script makes."""

import gzip
import runpy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ROOT / "data" / "own-logs"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the script makes."""
    folder = tmp_path_factory.mktemp("own-logs")
    script: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "make_own_logs.py"))
    script["main"].__globals__["OUT"] = folder
    script["main"]()
    return folder


@pytest.mark.parametrize("name", ["orders.csv.gz", "orders-a-week-later.csv.gz"])
def test_the_logs_are_those_kept(made: Path, name: str) -> None:
    """Unpacked: zlib may pack otherwise elsewhere."""
    assert gzip.decompress((made / name).read_bytes()) == gzip.decompress(
        (KEPT / name).read_bytes()
    )


def test_the_incidents_are_those_kept(made: Path) -> None:
    assert (made / "incidents.csv").read_text() == (KEPT / "incidents.csv").read_text()


def test_no_column_is_called_as_simlab_calls_it() -> None:
    columns = pl.read_csv(KEPT / "orders.csv.gz").columns
    assert not set(columns) & {"timestamp", "duration", "status", "warehouse_id", "batch_size"}
