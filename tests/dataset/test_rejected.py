"""Bad lines: each is counted, located and kept, and none ends in a traceback."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.naming import rejected_beside
from simlab.dataset.read import read
from simlab.errors import InputError

from .sources import CORE, FULL, HEAD, cores, write_csv, write_lines

GOOD = json.dumps(CORE).encode()
BAD = [
    b"{", b"}{", b"junk", b"\0\0\0", b"\xff\xfe{}", b"[1]", b"3", b"null", b'"x"', b"{}", GOOD + GOOD,
    GOOD[:-9], GOOD.replace(b"0.5", b"NaN"), GOOD.replace(b"0.5", b"Infinity"),
    GOOD.replace(b"0.5", b"1e999"), GOOD.replace(b"0.5", b"9" * 400), GOOD.replace(b"0.5", b'"0.5"'),
    GOOD.replace(b"0.5", b"true"), GOOD.replace(b"0.5", b"null"), GOOD.replace(b"0.5", b"-0.5"),
    GOOD.replace(b": 7", b": 7.5"), GOOD.replace(b": 7", b": 0"), GOOD.replace(b": 7", b": 1" + b"0" * 30),
    GOOD.replace(b"success", b"failed"), GOOD.replace(b"success", b"\xff"),
    GOOD.replace(b"success", b"\\ud800"), GOOD.replace(b"2026", b"20XX"), b'{"a":' + b"[" * 100_000,
    GOOD.replace(b"}", b', "attempt": "x"}'),
]  # fmt: skip
BAD_CSV = [
    b"cut", b",,,", b"2026-01-05,1,success", b"2026-01-05,1,success,7,8", b"2026-01-05,x,success,7",
    b'2026-01-05,1,"success,7', b"2026-01-05,nan,success,7", b"\xff,1,success,7", b"2026-01-05,1,NA,7",
    b'2026-01-05,1,suc"cess,"7"x', b"2026-01-05,1,success,007.5", b"\0", b"2026-01-05,1e999,success,7",
]  # fmt: skip
SHORT = [bad for bad in BAD if len(bad) < 1000]
LINES = st.sampled_from([GOOD] * 3 + SHORT + [b"", b"  "]) | st.binary(max_size=40)


def kept(path: Path) -> list[dict[str, Any]]:
    """The rejected lines kept beside a source."""
    file = rejected_beside(path)
    return (
        [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]] if file.exists() else []
    )


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.fault("dataset", "hostile")
def test_a_bad_line_of_json_is_kept_with_where_and_why(tmp_path: Path, bad: bytes) -> None:
    path = write_lines(tmp_path / "a.jsonl", [GOOD, b"", bad, GOOD])
    dataset = read(path, max_rejected=0.34)
    assert dataset.lines is not None
    assert (dataset.lines.accepted, dataset.lines.rejected) == (2, 1)
    assert dataset.lines.rejected_file == str(tmp_path / "a.rejected.jsonl")
    (line,) = kept(path)
    assert (line["file"], line["line"], line["offset"]) == (str(path), 3, len(GOOD) + 2)
    assert line["text"] == bad[:65_536].decode("utf-8", errors="replace")
    assert line["reason"]


@pytest.mark.parametrize("bad", BAD_CSV)
@pytest.mark.fault("dataset", "hostile")
def test_a_bad_line_of_csv_is_kept_with_where_and_why(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "a.csv"
    head, good = ",".join(CORE).encode(), b"2026-01-05,1,success,007"
    path.write_bytes(b"\r\n".join([head, good, b"", bad, good]))
    dataset = read(path, max_rejected=0.34)
    assert dataset.rows["warehouse_id"].to_list() == [7, 7]
    (line,) = kept(path)
    assert (line["line"], line["offset"]) == (4, len(head) + len(good) + 6)
    assert line["text"] == bad.decode("utf-8", errors="replace") + "\r"


@given(
    lines=st.lists(LINES.filter(lambda line: b"\n" not in line)),
    packed=st.booleans(),
    cut=st.integers(0, 200),
)
@pytest.mark.fault("dataset", "hostile")
def test_accepted_and_rejected_are_all_the_lines_of_any_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], cut: int, *, packed: bool
) -> None:
    text = b"\n".join([GOOD, *lines])
    text = text[: max(len(GOOD), len(text) - cut)]
    path = tmp_path_factory.mktemp("any") / ("a.jsonl.gz" if packed else "a.jsonl")
    path.write_bytes(gzip.compress(text) if packed else text)
    dataset = read(path, max_rejected=1.0)
    assert dataset.lines is not None
    raw = text.split(b"\n")
    assert dataset.lines.accepted + dataset.lines.rejected == sum(
        bool(line.strip()) for line in raw
    )
    assert dataset.rows.height == dataset.lines.accepted
    assert len(kept(path)) == dataset.lines.rejected
    for line in kept(path):
        assert text[line["offset"] :].startswith(raw[line["line"] - 1])
        assert line["text"] == raw[line["line"] - 1].decode("utf-8", errors="replace")


@given(
    content=st.binary(max_size=300),
    name=st.sampled_from(["a.jsonl", "a.csv", "a.log", "a.csv.gz", "a.parquet"]),
)
@pytest.mark.fault("dataset", "hostile")
def test_any_bytes_at_all_end_in_rows_or_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read(path, max_rejected=1.0)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.5, 0.9])
@pytest.mark.fault("dataset", "hostile")
def test_a_cut_gzip_keeps_what_was_read_and_rejects_its_tail(tmp_path: Path, share: float) -> None:
    path = write_lines(tmp_path / "a.jsonl.gz", cores(3000))
    packed = path.read_bytes()
    path.write_bytes(packed[: int(len(packed) * share)])
    dataset = read(path)
    assert dataset.lines is not None
    assert dataset.lines.rejected == 1
    assert 0 < dataset.lines.accepted < 3000
    assert [line["reason"] for line in kept(path)] == ["the gzip stream ends early"]
    assert kept(path)[0]["line"] == dataset.lines.accepted + 1


def test_one_percent_is_accepted_and_more_is_refused_with_the_first_bad_line(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [*cores(99), b"junk"])
    assert read(path).rows.height == 99
    write_lines(path, [*cores(98), b"junk", b"more"])
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:99: JSON is malformed")
    for words in ("2 of 100 lines rejected", str(tmp_path / "a.rejected.jsonl"), "--max-rejected"):
        assert words in message
    assert len(kept(path)) == 2


def test_the_rejected_file_is_written_anew_and_removed_when_there_is_nothing_to_keep(
    tmp_path: Path,
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [GOOD, b"junk", b"junk"])
    read(path, max_rejected=1)
    write_lines(path, [GOOD, b"junk"])
    read(path, max_rejected=1)
    assert len(kept(path)) == 1
    write_lines(path, [GOOD])
    read(path)
    assert not rejected_beside(path).exists()


def test_where_rejected_lines_cannot_be_kept_reading_goes_on_and_says_so(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [GOOD, b"junk"])
    rejected_beside(path).mkdir()
    dataset = read(path, max_rejected=0.5)
    assert dataset.lines is not None
    assert (dataset.lines.rejected, dataset.lines.rejected_file) == (1, None)
    with pytest.raises(InputError, match=r"a\.rejected\.jsonl cannot be written"):
        read(path)
    write_lines(path, [GOOD])
    assert read(path).rows.height == 1


def test_the_rejected_lines_of_rotated_logs_lie_together_beside_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    for name in ("inventory.log", "inventory.log.2026-01-04"):
        write_lines(logs / name, [{**HEAD, **FULL}, b"torn {"])
    dataset = read(logs, max_rejected=0.5)
    assert dataset.lines is not None
    assert dataset.lines.rejected_file == str(tmp_path / "logs.rejected.jsonl")
    files = [Path(line["file"]).name for line in kept(logs)]
    assert files == ["inventory.log.2026-01-04", "inventory.log"]
    monkeypatch.chdir(logs)
    assert read(Path(), max_rejected=0.5).lines == dataset.lines


def test_a_quoted_field_over_two_lines_is_two_rejected_lines(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv",
        [",".join(CORE), "2026-01-05,1,success,7", '2026-01-05,1,"suc', 'cess",7'],
    )
    dataset = read(path, max_rejected=1)
    assert dataset.lines is not None
    assert (dataset.lines.accepted, dataset.lines.rejected) == (1, 2)
