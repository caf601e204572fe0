"""Files of labelled intervals: what comes out, and what is refused."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from simlab.dataset.labels import read_labels
from simlab.dataset.schema import INCIDENTS
from simlab.errors import InputError

from .sources import SHARED, stamp, write_csv, write_lines

TWO: list[dict[str, Any]] = [
    {"start": stamp(5), "end": stamp(9)},
    {"start": stamp(1), "end": stamp(2)},
]


def save(path: Path, labels: list[dict[str, Any]]) -> Path:
    """The labels in the format of the name; `.json` is one array."""
    if path.suffix == ".json":
        path.write_text(json.dumps(labels, indent=1))
    elif path.suffix == ".jsonl":
        write_lines(path, labels)
    elif path.suffix == ".csv":
        pl.DataFrame(labels).write_csv(path)
    else:
        pl.DataFrame(labels).write_parquet(path)
    return path


@pytest.fixture(params=["a.csv", "a.jsonl", "a.json", "a.parquet"])
def path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A place for labels, in each format."""
    return tmp_path / str(request.param)


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_labels(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_start_and_end_are_enough(path: Path) -> None:
    labels = read_labels(save(path, TWO))
    assert labels.schema == pl.Schema(INCIDENTS)
    assert labels["id"].to_list() == ["label-2", "label-1"]
    assert labels["start"].to_list() == [datetime(2026, 1, 5, 0, 0, s, tzinfo=UTC) for s in (1, 5)]
    assert labels["visible_end"].to_list() == labels["end"].to_list()
    assert labels.select("kind", "severity", "warehouses", "lookalike").unique().rows() == [
        ("incident", 1.0, None, False)
    ]


def test_columns_that_are_there_are_kept(path: Path) -> None:
    given = {
        "id": "x-1", "kind": "load_peak", "severity": 0.25, "lookalike": True,
        "visible_start": stamp(6), "visible_end": stamp(8),
    }  # fmt: skip
    labels = read_labels(save(path, [{**TWO[0], **given}]))
    assert labels.select("id", "kind", "severity", "lookalike").row(0) == (
        "x-1",
        "load_peak",
        0.25,
        True,
    )
    assert labels["visible_start"].item() == datetime(2026, 1, 5, 0, 0, 6, tzinfo=UTC)


def test_what_was_never_visible_stays_so(path: Path) -> None:
    unseen = pl.DataFrame(
        {"visible_start": [None], "visible_end": [None]},
        schema_overrides={"visible_start": pl.String},
    )
    labels = read_labels(save(path, [{**TWO[0], **unseen.row(0, named=True)}]))
    assert labels["visible_start"].to_list() == [None]


def test_an_incidents_table_reads_as_itself(tmp_path: Path) -> None:
    table = read_labels(save(tmp_path / "a.csv", TWO)).with_columns(
        warehouses=pl.lit([3, 7], pl.List(pl.Int32))
    )
    table.write_parquet(tmp_path / "b.parquet")
    assert_frame_equal(read_labels(tmp_path / "b.parquet"), table)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"end": stamp(4)}, "end 2026-01-05T00:00:04Z is before start 2026-01-05T00:00:05Z"),
        ({"start": "monday"}, "start: found 'monday', expected a time"),
        ({"end": None}, "end: found nothing"),
        ({"severity": 2.0}, "severity: found"),
        ({"visible_start": stamp(8), "visible_end": stamp(7)}, "visible_end 2026"),
    ],
)
def test_a_bad_interval_is_refused_with_its_place(
    path: Path, changed: dict[str, Any], words: str
) -> None:
    good = dict.fromkeys(changed, stamp(1)) | TWO[1]
    if "severity" in changed:
        good["severity"] = 0.5
    message = refusal(save(path, [good, {**TWO[0], **changed}]))
    place = {".csv": ":3: ", ".jsonl": ":2: ", ".json": ": item 2: ", ".parquet": ": row 2: "}[
        path.suffix
    ]
    assert message.startswith(f"{path}{place}")
    assert words in message


def test_a_missing_column_is_named(path: Path) -> None:
    assert "no column 'end'" in refusal(save(path, [{"start": stamp(1), "until": stamp(2)}]))


def test_no_labels_are_no_intervals(tmp_path: Path) -> None:
    assert read_labels(write_csv(tmp_path / "a.csv", ["start,end"])).is_empty()
    assert read_labels(save(tmp_path / "a.json", [])).schema == pl.Schema(INCIDENTS)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"[{]", b"[1, 2]", b"{", b"\xff"])
def test_what_holds_no_labels_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    assert str(tmp_path / "a.json") in refusal(tmp_path / "a.json")


@pytest.mark.skipif(not SHARED.exists(), reason=f"no real data at {SHARED}")
def test_every_real_label_is_read() -> None:
    files = sorted((SHARED / "real-series" / "labels").glob("*.csv"))
    labels = pl.concat([read_labels(file) for file in files])
    assert labels.height == 61
    assert (labels["end"] > labels["start"]).all()
