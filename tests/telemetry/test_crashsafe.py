"""The crash-safe log holds what the plain one does, wherever its file has gone meanwhile."""

import json
import logging
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simlab.errors import OutputError
from simlab.events import Attempt, RunStarted
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.handler import DailyFileHandler
from simlab.telemetry.logfile import LogFile
from simlab.telemetry.plainlog import PlainLog
from simlab.telemetry.sidecar import Sidecar, sidecar_of
from simlab.telemetry.spill import Spill

from .cases import SECOND, START_US, load

NEVER_S = 3600.0


def event(number: int, *, day: int = 0) -> Attempt:
    time_us = START_US + number * SECOND + day * 86_400 * SECOND
    return Attempt(time_us, 0.5, "success", 1, number, 1, 10, 0.0, None)


def told(folder: Path) -> list[int]:
    """The batches in a log, older days first."""
    files = [*sorted(folder.glob("inventory.log.*")), folder / "inventory.log"]
    lines = [line for path in files if path.exists() for line in path.read_bytes().splitlines()]
    return [json.loads(line)["batch_id"] for line in lines]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "inventory.log"


@pytest.fixture
def log(path: Path) -> Iterator[CrashSafeLog]:
    """A log that goes to its file when it is told to, or finds its sidecar full."""
    log = CrashSafeLog(path, run_id="r", spill_every_s=NEVER_S, capacity_bytes=1 << 20)
    yield log
    log.close()


def test_both_stacks_leave_the_same_files_with_the_same_bytes(tmp_path: Path) -> None:
    """Over some days, with plain calls between the events."""
    ours = CrashSafeLog(tmp_path / "ours" / "inventory.log", run_id="r", kept_days=1)
    plain = PlainLog(tmp_path / "plain" / "inventory.log", run_id="r")
    plain.handler.backupCount = 1
    for number, each in enumerate([RunStarted(START_US, "w", "virtual", 1, 1), *load(60_000)]):
        ours.emit(each)
        plain.emit(each)
        if number % 1000 == 0:
            said = {"msg": "said", "created": each.time_us / 1e6, "number": number}
            ours.handler.handle(logging.makeLogRecord(said))
            plain.handler.handle(logging.makeLogRecord(said))
    ours.close()
    plain.close()
    files = {
        kind: {path.name: path.read_bytes() for path in (tmp_path / kind).iterdir()}
        for kind in ("ours", "plain")
    }
    assert ours.dropped == 0
    assert len(files["ours"]) == 2
    assert files["ours"] == files["plain"]


def test_lines_come_to_the_file_by_themselves(path: Path) -> None:
    log = CrashSafeLog(path, run_id="r", spill_every_s=0.01)
    log.emit(event(1))
    until = time.monotonic() + 10
    while told(path.parent) != [1]:
        assert time.monotonic() < until
        time.sleep(0.005)
    log.close()


def test_a_caller_that_finds_the_sidecar_full_empties_it(log: CrashSafeLog, path: Path) -> None:
    for number in range(20_000):
        log.emit(event(number))
    assert len(path.read_bytes()) > 2_000_000
    log.flush()
    assert told(path.parent) == list(range(20_000))
    assert log.dropped == 0


def removed(path: Path) -> None:
    shutil.rmtree(path.parent)


def renamed(path: Path) -> None:
    path.rename(path.with_name("inventory.log.0"))


def moved(path: Path) -> None:
    """The directory, as a whole."""
    path.parent.rename(path.parent.with_name("moved"))


def cut(path: Path) -> None:
    """As `logrotate` does by `copytruncate`."""
    shutil.copy(path, path.with_name("inventory.log.0"))
    path.write_bytes(b"")


def written_to(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b'{"batch_id": 99}\n')


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (removed, [2, 3, 4]),
        (renamed, [1, 2, 3, 4]),
        (moved, [2, 3, 4]),
        (cut, [1, 2, 3, 4]),
        (written_to, [1, 99, 2, 3, 4]),
    ],
)
@pytest.mark.fault("log", "moved")
@pytest.mark.fault("rotated files", "moved")
def test_whatever_happens_to_the_file_the_next_lines_are_at_its_path(
    log: CrashSafeLog, path: Path, happens: Callable[[Path], None], expected: list[int]
) -> None:
    log.emit(event(1))
    log.flush()
    log.emit(event(2))
    happens(path)
    log.emit(event(3))
    log.flush()
    log.emit(event(4))
    log.close()
    assert told(path.parent) == expected
    assert log.dropped == 0


@pytest.mark.fault("sidecar", "moved")
def test_a_lost_sidecar_is_soon_replaced_so_that_a_kill_still_loses_nothing(path: Path) -> None:
    log = CrashSafeLog(path, run_id="r", spill_every_s=0.01)
    moved(path)
    until = time.monotonic() + 10
    while not sidecar_of(path).exists():
        assert time.monotonic() < until
        time.sleep(0.005)
    with pytest.raises(OutputError):
        CrashSafeLog(path, run_id="r")
    log.emit(event(1))
    log.close()
    assert told(path.parent) == [1]


@pytest.mark.fault("log", "moved")
def test_a_directory_that_became_a_file_keeps_the_lines_waiting(
    log: CrashSafeLog, path: Path
) -> None:
    removed(path)
    path.parent.touch()
    log.emit(event(1))
    log.emit(event(2, day=1))
    log.flush()
    path.parent.unlink()
    log.emit(event(3, day=1))
    log.close()
    assert told(path.parent) == [1, 2, 3]
    assert log.dropped == 0


SITES: list[tuple[type, str]] = [
    (Spill, "drain"),
    (Spill, "_settled"),
    (LogFile, "open"),
    (LogFile, "append"),
    (Sidecar, "lost"),
    (Sidecar, "replace"),
    (DailyFileHandler, "doRollover"),
    (DailyFileHandler, "getFilesToDelete"),
]


@pytest.mark.parametrize(("kind", "method"), SITES)
@pytest.mark.fault("log", "raising")
@pytest.mark.fault("sidecar", "raising")
@pytest.mark.fault("rotated files", "raising")
def test_whatever_fails_in_the_background_the_caller_sees_nothing_and_no_line_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, kind: type, method: str
) -> None:
    log = CrashSafeLog(path, run_id="r", spill_every_s=0.001)
    log.emit(event(0))

    def failing(*_: Any, **__: Any) -> Any:
        raise RuntimeError

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(kind, method, failing)
        for number in range(1, 50):
            log.emit(event(number, day=number // 10))
        time.sleep(0.02)
    log.close()
    assert log.dropped == 0
    assert sorted(told(path.parent)) == list(range(50))


def test_a_signal_in_the_middle_of_a_call_may_log_too(log: CrashSafeLog, path: Path) -> None:
    """Its line comes behind the one that it interrupts, or soon after."""
    numbers = iter(range(10_000, 20_000))

    def handler(*_: object) -> None:
        log.emit(event(next(numbers)))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for number in range(10_000):
            log.emit(event(number))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    log.close()
    last = next(numbers)
    assert last > 10_000
    assert log.dropped == 0
    assert sorted(told(path.parent)) == [*range(10_000), *range(10_000, last)]


def test_what_is_logged_after_the_end_is_counted(log: CrashSafeLog, path: Path) -> None:
    log.emit(event(1))
    log.close()
    log.close()
    log.flush()
    log.emit(event(2, day=1))
    log.handler.handle(logging.makeLogRecord({"msg": "late"}))
    assert log.dropped == 2
    assert told(path.parent) == [1]


def test_a_formatter_that_fails_costs_its_line_alone(log: CrashSafeLog, path: Path) -> None:
    class Failing(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            raise RuntimeError

    log.handler.setFormatter(Failing())
    log.handler.handle(logging.makeLogRecord({"msg": "said"}))
    log.emit(event(1))
    log.flush()
    assert told(path.parent) == [1]
    assert log.dropped == 1


FORKING = """
import os, sys
from pathlib import Path
from simlab.events import RunStarted
from simlab.telemetry.crashsafe import CrashSafeLog
log = CrashSafeLog(Path(sys.argv[1]), run_id="r", spill_every_s=0.001)
for number in range(100):
    log.emit(RunStarted(1_767_571_200_000_000, "parent", "wall", 1, 1))
    pid = os.fork()
    if not pid:
        log.emit(RunStarted(1_767_571_200_000_000, "child", "wall", 1, 1))
        sys.exit(log.dropped)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
"""


def test_a_forked_childs_lines_are_counted_there_and_the_parents_are_all_there(path: Path) -> None:
    subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKING, str(path)],
        check=True, timeout=60,
    )  # fmt: skip
    workloads = [json.loads(line)["workload"] for line in path.read_bytes().splitlines()]
    assert workloads == ["parent"] * 100
    assert [each.name for each in path.parent.iterdir()] == ["inventory.log"]


def test_a_log_that_cannot_be_opened_is_refused_in_one_line_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "inventory.log").mkdir()
    for place in (tmp_path / "file" / "inventory.log", tmp_path / "inventory.log"):
        with pytest.raises(OutputError, match=r"^.*/inventory.log: the log cannot be .*$"):
            CrashSafeLog(place, run_id="r")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "inventory.log"]
