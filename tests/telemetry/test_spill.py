"""Whatever had become of the file when the process ended, each line is in the log once."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from simlab.events import Attempt
from simlab.telemetry import spill as spill_module
from simlab.telemetry.crashsafe import recover
from simlab.telemetry.line import LineEncoder
from simlab.telemetry.sidecar import Sidecar, sidecar_of
from simlab.telemetry.spill import Spill

EVENT = Attempt(1_767_571_201_000_500, 0.5, "success", 7, 3, 1, 40, 0.25, None)
ENCODER = LineEncoder(run_id="r")
DONE = b"first\n"
DUE = b"two\n3\n" + ENCODER.line(EVENT) + b"\nand five\n"
"""In the sidecar the line of the event is none yet."""


def made(log: Path) -> Sidecar:
    sidecar = Sidecar(sidecar_of(log))
    assert sidecar.set_preamble(ENCODER.preamble or b"")
    return sidecar


def append_due(sidecar: Sidecar) -> None:
    sidecar.append(b"two\n3\n")
    sidecar.append_event(EVENT)
    sidecar.append(b"\nand five\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "inventory.log"


def left(log: Path, *, written: int) -> None:
    """What a process leaves that is killed after it wrote so many bytes of what was due."""
    sidecar = made(log)
    spill = Spill(sidecar, log)
    sidecar.append(DONE)
    assert spill.drain()
    append_due(sidecar)
    with log.open("ab") as file:
        file.write(DUE[:written])
    spill.close()
    sidecar.close()


@pytest.mark.parametrize("written", range(len(DUE) + 1))
def test_a_write_cut_short_anywhere_is_completed(log: Path, written: int) -> None:
    left(log, written=written)
    recover(log)
    assert log.read_bytes() == DONE + DUE
    assert [path.name for path in log.parent.iterdir()] == ["inventory.log"]


@pytest.mark.parametrize("written", range(len(DUE) + 1))
def test_so_it_is_when_the_file_was_renamed_since(log: Path, written: int) -> None:
    left(log, written=written)
    renamed = log.rename(log.with_name("inventory.log.1"))
    recover(log)
    after = log.read_bytes() if log.exists() else b""
    assert renamed.read_bytes() + after == DONE + DUE
    assert renamed.read_bytes().endswith(b"\n")


WHOLE = [at for at in range(len(DUE) + 1) if DUE[:at].endswith(b"\n") or not at]


@pytest.mark.parametrize("written", WHOLE)
def test_so_it_is_when_others_wrote_there_since(log: Path, written: int) -> None:
    left(log, written=written)
    with log.open("ab") as file:
        file.write(b"theirs\n")
    recover(log)
    assert log.read_bytes() == DONE + DUE[:written] + b"theirs\n" + DUE[written:]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: os.truncate(path, 0)])
def test_what_may_be_gone_with_the_file_is_written_again(
    log: Path, spoil: Callable[[Path], None]
) -> None:
    left(log, written=5)
    spoil(log)
    recover(log)
    assert log.read_bytes() == DUE


def test_the_torn_end_that_others_left_is_set_aside(log: Path) -> None:
    log.write_bytes(b"whole\n" + b"torn" * 50_000)
    sidecar = made(log)
    spill = Spill(sidecar, log)
    sidecar.append(DONE)
    assert spill.drain()
    with log.open("ab") as file:
        file.write(b"torn")
    append_due(sidecar)
    assert spill.drain()
    spill.close()
    sidecar.close()
    assert log.read_bytes() == b"whole\n" + DONE + DUE
    assert log.with_name("inventory-log.torn").read_bytes() == b"torn" * 50_000 + b"\ntorn\n"


def test_an_exception_between_the_write_and_the_note_of_it_doubles_nothing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as Ctrl-C brings."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    sidecar = made(log)
    spill = Spill(sidecar, log)
    sidecar.append(DONE)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(spill_module, "_later", interrupted)
        with pytest.raises(KeyboardInterrupt):
            spill.drain()
    append_due(sidecar)
    assert spill.drain()
    assert log.read_bytes() == DONE + DUE
    spill.close()
    sidecar.close()


@pytest.mark.parametrize("fits", range(len(DUE) + 1))
def test_a_disk_that_takes_a_part_holds_whole_lines_and_the_rest_later(
    log: Path, monkeypatch: pytest.MonkeyPatch, fits: int
) -> None:
    real, room = os.write, [fits]

    def write(fd: int, lines: bytes) -> int:
        taken = min(room[0], len(lines))
        room[0] -= taken
        if not taken:
            raise OSError(28, "No space left on device")
        return real(fd, lines[:taken])

    sidecar = made(log)
    spill = Spill(sidecar, log)
    append_due(sidecar)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(os, "write", write)
        assert spill.drain() == (fits == len(DUE))
        assert log.read_bytes() == DUE[: DUE.rfind(b"\n", 0, fits) + 1]
    assert not spill.drain() or fits == len(DUE)  # it is let rest
    assert spill.drain(patient=False)
    assert log.read_bytes() == DUE
    spill.close()
    sidecar.close()
