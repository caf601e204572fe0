"""Lines of files: where they start, and what packed and cut files give."""

import gzip
import random
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset import compression
from simlab.dataset.lines import Block, blocks
from simlab.errors import InputError

TEXT = st.lists(st.sampled_from([b"a", b"\n", b"\r\n", "\u2028".encode(), b"\0", b"\xff"])).map(
    b"".join
)


def lines_of(found: list[Block]) -> list[bytes]:
    return [line for block in found for line in block.lines]


def read(tmp_path: Path, name: str, content: bytes) -> list[Block]:
    path = tmp_path / name
    path.write_bytes(content)
    return list(blocks(path))


@given(text=TEXT, piece=st.integers(1, 7), packed=st.booleans())
def test_lines_are_what_lies_between_line_feeds_however_the_file_comes(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, piece: int, *, packed: bool
) -> None:
    folder = tmp_path_factory.mktemp("lines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression, "_READ_BYTES", piece)
        found = read(folder, "a.gz" if packed else "a", gzip.compress(text) if packed else text)
    expected = text.split(b"\n")
    assert lines_of(found) == (expected if expected[-1] else expected[:-1])
    for block in found:
        for line, start, end in zip(
            block.lines, block.offsets(), block.offsets()[1:], strict=False
        ):
            assert text[start : end - 1] == line
    assert [block.first for block in found] == [
        1 + text[: block.offset].count(b"\n") for block in found
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    (block,) = read(tmp_path, "a", b"\xef\xbb\xbfone\ntwo\n")
    assert block.lines == [b"one", b"two"]
    assert block.offsets()[:2] == [3, 7]


def test_gzip_members_follow_one_another(tmp_path: Path) -> None:
    found = read(tmp_path, "a.gz", gzip.compress(b"a\nb") + gzip.compress(b"c\n") + b"\0" * 9)
    assert lines_of(found) == [b"a", b"bc"]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_a_cut_gzip_gives_what_could_be_read_and_says_that_it_is_cut(
    tmp_path: Path, share: float
) -> None:
    words = random.Random(1)
    text = b"".join(b"%d\n" % words.getrandbits(64) for _ in range(20_000))
    packed = gzip.compress(text)
    found = read(tmp_path, "a.gz", packed[: int(len(packed) * share)])
    *whole, last = lines_of(found)
    assert text.startswith(b"".join(line + b"\n" for line in whole) + last)
    assert [block.cut for block in found if block.cut] == ["the gzip stream ends early"]
    assert len(whole) >= 20_000 * share - 10_000


def test_junk_called_gzip_is_one_cut_line(tmp_path: Path) -> None:
    (block,) = read(tmp_path, "a.gz", b"hello, this is no gzip")
    assert block.lines == [b""]
    assert block.cut == "the gzip stream is damaged from here on"


def test_zstandard_text_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    pl.DataFrame({"x": ["a,\u2028b", "c"]}).write_ndjson(path, compression="zstd")
    assert lines_of(list(blocks(path))) == ['{"x":"a,\u2028b"}'.encode(), b'{"x":"c"}']


def test_a_cut_zstandard_text_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    pl.DataFrame({"x": range(1000)}).write_ndjson(path, compression="zstd")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(
        InputError, match=r"a\.jsonl\.zst: cannot be (read|unpacked): incomplete frame"
    ):
        list(blocks(path))
