"""What is in a sidecar stays there, in order, whoever looks at it next."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.errors import OutputError
from simlab.telemetry.ringfile import LEAST_CAPACITY_BYTES, Mark, TakenError
from simlab.telemetry.sidecar import Sidecar


def held(sidecar: Sidecar) -> bytes:
    return sidecar.entries(sidecar.tail, sidecar.head)


def advance(sidecar: Sidecar, tail: int) -> None:
    """Give up what lies before `tail`, as what has written it does."""
    sidecar.mark = sidecar.mark._replace(tail=tail)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sidecar"


def test_what_was_appended_is_there_for_the_next_one_with_its_mark(path: Path) -> None:
    first = Sidecar(path)
    for text in (b"one\n", b"two\n", b"three\n"):
        assert first.append(text)
    for size in (1, 2, 3):
        first.mark = Mark(7, 2**40, size, 4)
    first.close()
    second = Sidecar(path)
    assert held(second) == b"two\nthree\n"
    assert second.mark == Mark(7, 2**40, 3, 4)
    second.close()


@pytest.mark.parametrize("done", range(5))
def test_a_mark_cut_short_at_any_word_leaves_the_one_before(path: Path, done: int) -> None:
    """As a kill there would; with four words done it is written, but not chosen yet."""

    def words() -> Iterator[int]:
        yield from (1, 2, 3, 4)[:done]
        raise KeyboardInterrupt

    sidecar = Sidecar(path)
    sidecar.mark = Mark(7, 8, 9, 0)
    with pytest.raises(KeyboardInterrupt):
        sidecar.mark = words()  # type: ignore[assignment]  # a mark that ends too soon
    assert sidecar.mark == Mark(7, 8, 9, 0)
    sidecar.close()


def test_a_sidecar_that_holds_nothing_is_removed(path: Path) -> None:
    sidecar = Sidecar(path)
    sidecar.append(b"one\n")
    advance(sidecar, sidecar.head)
    sidecar.close()
    assert not path.exists()
    assert not sidecar.append(b"two\n")


def test_lines_over_the_rings_end_come_out_as_they_went_in(path: Path) -> None:
    """Each size in turn, so that the end falls at every place in a line."""
    sidecar = Sidecar(path, capacity_bytes=1)
    for size in range(1, 3000):
        line = bytes([size % 251]) * (size - 1) + b"\n"
        assert sidecar.append(line)
        assert held(sidecar) == line
        advance(sidecar, sidecar.head)
    assert sidecar.head > 30 * LEAST_CAPACITY_BYTES
    sidecar.close()


def test_it_can_be_filled_to_the_last_byte_and_no_further(path: Path) -> None:
    sidecar = Sidecar(path, capacity_bytes=1)
    sidecar.append(b"x" * 99 + b"\n")
    advance(sidecar, 100)
    line = b"y" * (LEAST_CAPACITY_BYTES - 1) + b"\n"
    assert not sidecar.append(line + b"\n")
    assert sidecar.append(line)
    assert not sidecar.append(b"\n")
    assert held(sidecar) == line
    sidecar.close()


def test_another_one_is_refused_while_it_is_held(path: Path) -> None:
    sidecar = Sidecar(path)
    with pytest.raises(TakenError):
        Sidecar(path)
    sidecar.close()
    Sidecar(path).close()


def test_a_lost_one_is_replaced_by_one_that_holds_the_same(path: Path) -> None:
    sidecar = Sidecar(path)
    sidecar.append(b"one\n")
    sidecar.mark = Mark(1, 2, 3, 0)
    path.unlink()
    assert sidecar.lost()
    sidecar.replace()
    assert not sidecar.lost()
    sidecar.append(b"two\n")
    with pytest.raises(TakenError):
        Sidecar(path)
    sidecar.close()
    after = Sidecar(path)
    assert (held(after), after.mark) == (b"one\ntwo\n", Mark(1, 2, 3, 0))
    after.close()


@pytest.mark.parametrize("size", [0, 100, 4096, 10_000])
def test_one_whose_making_was_cut_short_is_made_anew(path: Path, size: int) -> None:
    path.write_bytes(bytes(size))
    sidecar = Sidecar(path)
    assert sidecar.append(b"one\n")
    sidecar.close()


@pytest.mark.parametrize("content", [b"x" * 5000, b"simlab2\x00" + b"\x7f" * 5000])
@pytest.mark.fault("sidecar", "hostile")
def test_what_is_no_sidecar_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"^.*/log.sidecar: found something else .*move it away$"):
        Sidecar(path)
    assert path.read_bytes() == content
    fds = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # their number
    with pytest.raises(OutputError):
        Sidecar(path)
    assert len(os.listdir("/proc/self/fd")) == fds  # noqa: PTH208  # as above


def test_the_preamble_of_what_is_left_stays_until_nothing_is(path: Path) -> None:
    """The lines of a bot that was killed are told with its own run, not with the next one's."""
    first = Sidecar(path)
    assert first.set_preamble(b"of the first")
    first.append(b"one\n")
    first.close()
    second = Sidecar(path)
    assert not second.set_preamble(b"of the second")
    assert second.preamble == b"of the first"
    advance(second, second.head)
    assert second.set_preamble(b"of the second")
    assert not second.set_preamble(bytes(4096))
    assert second.preamble == b"of the second"
    second.close()
