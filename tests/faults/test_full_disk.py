"""A full disk stops no bot: what finds no room is counted to the line, and logging goes on after."""

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from simlab.events import RunStarted
from simlab.telemetry.crashsafe import CrashSafeLog

START_US = 1_767_571_200_000_000
MINUTE_US = 60_000_000


@dataclass
class Disk:
    """A place with some hundred kilobytes of room, and what makes more of it."""

    folder: Path
    make_room: Callable[[], None]


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Disk]:
    """A file system of 1 MiB, mostly taken."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a tmpfs may not be mounted here")
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(600_000))
    yield Disk(folder, ballast.unlink)
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Disk]:
    """A limit on the size of any file, as a quota is one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))
    yield Disk(tmp_path, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["tmpfs", "limited"])
def disk(request: pytest.FixtureRequest) -> Disk:
    found: Disk = request.getfixturevalue(request.param)
    return found


def opened(disk: Disk) -> CrashSafeLog:
    return CrashSafeLog(
        disk.folder / "logs" / "inventory.log", run_id="r", capacity_bytes=1, spill_every_s=0.001
    )


def emit(log: CrashSafeLog, numbers: range) -> None:
    """Lines of 200 to 1200 bytes, a minute apart."""
    for number in numbers:
        text = "x" * (number * 37 % 1000)
        log.emit(RunStarted(START_US + number * MINUTE_US, text, "wall", number, 1))


def written(disk: Disk) -> list[int]:
    """The numbers of the lines in the log, all of them whole."""
    files = sorted((disk.folder / "logs").glob("inventory.log*"), key=lambda path: path.name[13:])
    contents = [path.read_bytes() for path in [*files[1:], files[0]]]
    assert all(content.endswith(b"\n") for content in contents)
    return [json.loads(line)["batches"] for text in contents for line in text.splitlines()]


def test_written_and_dropped_are_emitted_and_logging_goes_on_when_there_is_room(
    disk: Disk, capfd: pytest.CaptureFixture[str]
) -> None:
    log = opened(disk)
    emit(log, range(1400))
    log.flush()
    assert log.dropped > 100
    assert len(written(disk)) > 100
    disk.make_room()
    log.flush()
    dropped = log.dropped
    emit(log, range(1400, 2000))
    log.close()
    assert log.dropped == dropped
    numbers = written(disk)
    assert len(numbers) + dropped == 2000
    assert numbers == sorted(set(numbers))
    assert numbers[-600:] == list(range(1400, 2000))
    assert capfd.readouterr() == ("", "")
    assert not list((disk.folder / "logs").glob("*.torn"))


def test_what_the_sidecar_holds_at_the_end_is_in_the_log_at_the_next_start(disk: Disk) -> None:
    log = opened(disk)
    emit(log, range(1400))
    log.close()
    before = len(written(disk))
    disk.make_room()
    opened(disk).close()
    numbers = written(disk)
    assert len(numbers) > before + 50
    assert len(numbers) + log.dropped == 1400
    assert numbers == sorted(set(numbers))
