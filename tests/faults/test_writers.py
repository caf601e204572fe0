"""A second writer is refused, or has a file of its own: nothing is interleaved, nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import simlab
from simlab.errors import OutputError
from simlab.telemetry.crashsafe import CrashSafeLog, recover

WRITERS, LINES = 4, 1500
WRITER = """
import sys, time
from pathlib import Path
from simlab.events import RunStarted
from simlab.telemetry.crashsafe import CrashSafeLog
path, name, lines = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = CrashSafeLog(path, run_id=name, shared=True, kept_days=0)
print("ready", flush=True)
sys.stdin.readline()
for number in range(lines):  # a day each 50 lines
    time_us = 1_767_571_200_000_000 + number * 1728_000_000
    log.emit(RunStarted(time_us, name, "wall", number, 1))
print("logged", flush=True)
sys.stdin.readline()
"""


CLOCKED = """
import sys, time
from pathlib import Path
from simlab.errors import OutputError
from simlab.events import RunStarted
from simlab.telemetry.crashsafe import CrashSafeLog
path, name, shared, begun_s = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "True", int(sys.argv[4])
print("ready", flush=True)
sys.stdin.readline()
log, refused, number = None, 0, 0
while log is None:
    try:
        log = CrashSafeLog(path, run_id=name, shared=shared, kept_days=0)
    except OutputError:
        refused += 1
        time.sleep(0.01)
until_s = time.time() + float(sys.argv[5])
while time.time() < until_s:
    day_us = (int(time.time()) - begun_s) * 86_400_000_000  # each second a day
    for _ in range(20):
        log.emit(RunStarted(1_767_571_200_000_000 + day_us, name, "wall", number, 1))
        number += 1
    time.sleep(0.002)
log.close()
print(number, refused, log.dropped, log.path.name)
"""


def writer(path: Path, name: str, lines: int = LINES) -> "subprocess.Popen[str]":
    started = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(lines)],
        env={**os.environ, "PYTHONPATH": str(Path(simlab.__file__).parents[1])},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    hear(started, "ready")
    return started


def hear(writer: "subprocess.Popen[str]", word: str) -> None:
    assert writer.stdout is not None
    assert writer.stdout.readline() == f"{word}\n"


def tell(writer: "subprocess.Popen[str]") -> None:
    assert writer.stdin is not None
    writer.stdin.write("go on\n")
    writer.stdin.flush()


def told(folder: Path) -> Counter[tuple[str, int]]:
    """How often each line is in the log."""
    lines = [line for path in folder.iterdir() for line in path.read_bytes().splitlines()]
    return Counter((each["run_id"], each["batches"]) for each in map(json.loads, lines))


def all_once(names: list[str]) -> dict[tuple[str, int], int]:
    return {(name, number): 1 for name in names for number in range(LINES)}


@pytest.mark.fault("log", "second writer")
@pytest.mark.fault("rotated files", "second writer")
def test_four_writers_that_rotate_all_the_time_lose_nothing(tmp_path: Path) -> None:
    path, names = tmp_path / "inventory.log", [f"w{number}" for number in range(WRITERS)]
    writers = [writer(path, name) for name in names]
    for each in writers:
        tell(each)
    for each in writers:
        tell(each)
        each.communicate(timeout=60)
        assert each.returncode == 0
    assert told(tmp_path) == all_once(names)
    own = {name for name in os.listdir(tmp_path) if name.count(".") <= 2 and "20" not in name}  # noqa: PTH208  # names
    assert own == {"inventory.log", "inventory.log.w2", "inventory.log.w3", "inventory.log.w4"}


@pytest.mark.parametrize(("shared", "each_s"), [(True, 2.1), (False, 0.7)])
@pytest.mark.fault("log", "second writer")
@pytest.mark.fault("rotated files", "second writer")
@pytest.mark.fault("sidecar", "second writer")
def test_four_processes_with_a_rollover_every_second_lose_nothing(
    tmp_path: Path, *, shared: bool, each_s: float
) -> None:
    """Side by side, each in files of its own; or, refused while another writes, one by one."""
    names, begun_s = [f"w{number}" for number in range(WRITERS)], int(time.time())
    bots = [
        subprocess.Popen(
            [sys.executable, "-c", CLOCKED, str(tmp_path / "inventory.log"), name, str(shared),
             str(begun_s), str(each_s)],
            env={**os.environ, "PYTHONPATH": str(Path(simlab.__file__).parents[1])},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in names
    ]  # fmt: skip
    for bot in bots:
        hear(bot, "ready")
    for bot in bots:
        tell(bot)
    ended = [bot.communicate(timeout=60)[0].split() for bot in bots]
    counts, refused, dropped = ([int(each[at]) for each in ended] for at in range(3))
    assert dropped == [0] * WRITERS
    assert min(counts) > 100
    expected = {(n, k): 1 for n, many in zip(names, counts, strict=True) for k in range(many)}
    assert told(tmp_path) == expected
    own = {each[3] for each in ended}
    assert len(own) == (WRITERS if shared else 1)
    assert (sum(refused) > 0) is not shared
    for name in own:  # each was rotated twice or more, the one of all at each second
        assert len(list(tmp_path.glob(f"{name}.2026-*"))) >= 2


@pytest.mark.fault("sidecar", "kill")
def test_what_killed_writers_left_is_in_their_own_files_at_the_next_start(tmp_path: Path) -> None:
    path, names = tmp_path / "inventory.log", ["w0", "w1", "w2"]
    writers = [writer(path, name) for name in names]
    for each in writers:
        tell(each)
    for each in writers:
        hear(each, "logged")
        each.send_signal(signal.SIGKILL)
        each.communicate(timeout=60)
    CrashSafeLog(path, run_id="next").close()
    assert told(tmp_path) == all_once(names)


@pytest.mark.fault("sidecar", "second writer")
def test_a_second_writer_is_refused_in_one_line_while_the_first_is_at_work(tmp_path: Path) -> None:
    path = tmp_path / "inventory.log"
    first = writer(path, "w0", lines=10)
    refusal = r"^.*/inventory.log: another process writes this log now; wait, or choose another$"
    with pytest.raises(OutputError, match=refusal):
        CrashSafeLog(path, run_id="r")
    recover(path)  # leaves it alone
    tell(first)
    hear(first, "logged")
    first.kill()
    first.communicate(timeout=60)
    begun = time.monotonic()
    CrashSafeLog(path, run_id="r").close()
    assert time.monotonic() - begun < 5
    assert told(tmp_path) == {("w0", number): 1 for number in range(10)}
