"""A manifest tells what a dataset is, and is read back as it was written."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import pytest

from simlab.dataset.manifest import (
    FILE,
    Manifest,
    RunFacts,
    part_file,
    read_manifest,
    write_manifest,
)
from simlab.errors import InputError


def manifest(folder: Path) -> Manifest:
    (folder / "rows").mkdir()
    (folder / "rows" / "part-00000.parquet").write_bytes(b"rows")
    part = part_file(folder / "rows" / "part-00000.parquet", rows=3, root=folder)
    return Manifest(
        rows=3,
        start="2026-01-05T00:00:00.000000Z",
        end="2026-01-05T00:00:02.000000Z",
        seed=7,
        profile={"name": "é"},
        profile_sha256="0" * 64,
        parts=[part],
        run=RunFacts(run_id="r", clock="virtual", workers=2, rules=["slow"]),
    )


def test_it_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    told = manifest(tmp_path)
    write_manifest(told, tmp_path)
    assert read_manifest(tmp_path) == told


def test_it_is_json_that_people_can_read_and_names_the_libraries(tmp_path: Path) -> None:
    write_manifest(manifest(tmp_path), tmp_path)
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert len(text.splitlines()) > 20
    told = json.loads(text)
    assert told["schema"] == 1
    assert told["libraries"]["polars"] == version("polars")


def test_a_part_is_told_by_its_path_size_and_hash(tmp_path: Path) -> None:
    part = manifest(tmp_path).parts[0]
    assert part.path == "rows/part-00000.parquet"
    assert (part.rows, part.bytes) == (3, 4)
    assert part.sha256 == hashlib.sha256(b"rows").hexdigest()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"rows": "many"}', b"\xff\xfe", b'{"rows": 1e400}']
)
def test_what_is_no_manifest_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / FILE}: not a dataset's manifest: ")
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{FILE}: cannot be read: No such file"):
        read_manifest(tmp_path)
