"""A full disk stops no bot: what finds no room is counted to the line, and logging goes on after."""

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from run.cases import events, rules, short

from simlab.errors import OutputError
from simlab.events import Event, RunStarted
from simlab.run import run
from simlab.run.telemetry import AlertsFile
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.plainlog import PlainLog
from simlab.workload.source import source_of_profile

START_US = 1_767_571_200_000_000
STEP_US = 120_000_000
"""Two minutes: a day ends while the disk is full, and another when it has room again."""


@dataclass
class Disk:
    """A place with some hundred kilobytes of room, what makes more of it, and what takes it all."""

    folder: Path
    make_room: Callable[[], None]
    fill: Callable[[], None]


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

    def fill() -> None:
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    yield Disk(folder, ballast.unlink, fill)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # whatever is open there


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Disk]:
    """A limit on the size of any file, as a quota is one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, before[1]))

    def limit(size: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    yield Disk(tmp_path, lambda: limit(before[0]), lambda: limit(4096))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture(params=["tmpfs", "limited"])
def disk(request: pytest.FixtureRequest) -> Disk:
    found: Disk = request.getfixturevalue(request.param)
    return found


def opened(disk: Disk) -> CrashSafeLog:
    return CrashSafeLog(
        disk.folder / "logs" / "inventory.log", run_id="r", capacity_bytes=1, spill_every_s=0.001
    )


def emit(
    log: CrashSafeLog | PlainLog | AlertsFile, numbers: range, *, step_us: int = STEP_US
) -> None:
    """Lines of 200 to 1200 bytes."""
    for number in numbers:
        text = "x" * (number * 37 % 1000)
        log.emit(RunStarted(START_US + number * step_us, text, "wall", number, 1))


def written(disk: Disk) -> list[int]:
    """The numbers of the lines in the log, all of them whole."""
    files = sorted((disk.folder / "logs").glob("inventory.log*"), key=lambda path: path.name[13:])
    return [number for path in [*files[1:], files[0]] for number in numbers_in(path)]


def numbers_in(path: Path) -> list[int]:
    """The numbers of a file's lines, all of them whole."""
    text = path.read_bytes()
    assert text.endswith(b"\n")
    return [json.loads(line)["batches"] for line in text.splitlines()]


@pytest.mark.fault("log", "full disk")
@pytest.mark.fault("rotated files", "full disk")
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


@pytest.mark.fault("sidecar", "full disk")
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


@pytest.mark.fault("sidecar", "full disk")
def test_a_log_that_has_no_room_for_its_sidecar_is_refused_in_one_line_and_starts_when_it_has(
    disk: Disk,
) -> None:
    """Without its room from the start, a full disk would be a crash in the middle of a batch."""
    path = disk.folder / "logs" / "inventory.log"
    disk.fill()
    with pytest.raises(OutputError, match=r"^.*/inventory.log: the log cannot be written: .+$"):
        CrashSafeLog(path, run_id="r")
    disk.make_room()
    log = CrashSafeLog(path, run_id="r")
    emit(log, range(1))
    log.close()
    assert written(disk) == [0]


@pytest.mark.fault("alerts file", "full disk")
def test_alerts_that_find_no_room_are_counted_and_none_is_torn(
    disk: Disk, capfd: pytest.CaptureFixture[str]
) -> None:
    path = disk.folder / "alerts.jsonl"
    alerts = AlertsFile(path, run_id="r")
    emit(alerts, range(1400))
    assert len(numbers_in(path)) + alerts.dropped == 1400
    assert alerts.dropped > 100
    disk.make_room()
    emit(alerts, range(1400, 1500))
    alerts.close()
    numbers = numbers_in(path)
    assert len(numbers) + alerts.dropped == 1500
    assert numbers == sorted(set(numbers))
    assert numbers[-100:] == list(range(1400, 1500))
    assert capfd.readouterr() == ("", "")


@pytest.mark.fault("plain log", "full disk")
def test_the_plain_log_counts_no_fewer_than_it_loses_and_goes_on_when_there_is_room(
    disk: Disk, capfd: pytest.CaptureFixture[str]
) -> None:
    """The library's handler writes some later that it has said it could not.

    Within a day: where it rotates a file that has no room, a line may be torn.
    """
    log = PlainLog(disk.folder / "logs" / "inventory.log", run_id="r")
    emit(log, range(1000), step_us=1_000_000)
    assert log.dropped > 100
    disk.make_room()
    emit(log, range(1000, 1100), step_us=1_000_000)
    log.close()
    numbers = written(disk)
    assert len(numbers) < 1100 <= len(numbers) + log.dropped
    assert numbers == sorted(set(numbers))
    assert numbers[-100:] == list(range(1000, 1100))
    assert capfd.readouterr() == ("", "")


@pytest.mark.fault("log", "full disk")
def test_a_run_whose_disk_is_full_for_a_while_does_its_work_and_says_what_the_log_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole of it: 15 hours of which the log has no room for some."""
    source = source_of_profile(short(duration="15h"), seed=5)
    sound = run(source, out=tmp_path / "sound", rules=rules())
    before, real, emitted = resource.getrlimit(resource.RLIMIT_FSIZE), CrashSafeLog.emit, [0]

    def emit(log: CrashSafeLog, event: Event) -> None:
        emitted[0] += 1
        if emitted[0] == 3000:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, before[1]))
        elif emitted[0] == 25_000:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        real(log, event)

    monkeypatch.setattr(CrashSafeLog, "emit", emit)
    try:
        ran = run(source, out=tmp_path / "a", rules=rules())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert ran.dataset.rows.equals(sound.dataset.rows)
    lost = ran.dropped["log"]
    assert set(ran.dropped) == {"log"}
    assert lost > 100
    told = events(ran.path / "logs")
    assert len(told) + lost == emitted[0]
    degraded = [event for event in told if event["event"] == "telemetry_degraded"]
    assert {event["part"] for event in degraded} == {"log"}
    assert degraded[-1]["lost"] == lost
    assert degraded[-1]["final"]
    assert told[-1]["event"] == "run_finished"
    assert events(ran.path / "alerts.jsonl") == events(sound.path / "alerts.jsonl")
