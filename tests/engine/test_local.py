"""Work done in several processes comes back in order, and stops when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from simlab.engine.local import default_workers, map_in_order
from simlab.errors import SimlabError

ENDLESS = """
import time
from simlab.engine.local import map_in_order
for _ in map_in_order(time.sleep, iter([0] * 4 + [60] * 9), workers=2):
    print("one", flush=True)
"""


def slow_when_early(task: int) -> tuple[int, int]:
    """Its task and its process; the first takes longest."""
    time.sleep(0.2 if task == 0 else 0)
    return task, os.getpid()


def refuse_3(task: int) -> int:
    if task == 3:
        raise ValueError("three")
    return task


def end_at_once(task: int) -> int:
    if task:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def leave_mark(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(workers: int) -> None:
    results = list(map_in_order(slow_when_early, range(12), workers=workers))
    assert [task for task, _ in results] == list(range(12))
    here = {process for _, process in results} == {os.getpid()}
    assert here == (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_no_tasks_have_no_results(workers: int) -> None:
    assert list(map_in_order(refuse_3, [], workers=workers)) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_comes_through_at_the_place_of_its_result(workers: int) -> None:
    results = map_in_order(refuse_3, range(9), workers=workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_a_process_that_is_ended_from_outside_is_told_in_one_line() -> None:
    with pytest.raises(SimlabError, match=r"^a worker process was ended .* fewer --workers$"):
        list(map_in_order(end_at_once, range(3), workers=2))


@pytest.mark.parametrize("workers", [1, 2])
def test_tasks_are_taken_only_a_little_ahead_and_none_after_closing(
    tmp_path: Path, workers: int
) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Path]:
        for number in count():
            taken.append(number)
            yield tmp_path / str(number)

    results = map_in_order(leave_mark, tasks(), workers=workers)
    for _ in range(3):
        next(results)
    assert len(taken) <= 3 + workers
    results.close()
    marks = len(list(tmp_path.iterdir()))
    assert 3 <= marks <= 3 + workers
    time.sleep(0.2)
    assert len(list(tmp_path.iterdir())) == marks


def alive_in_session(leader: int) -> list[int]:
    """The processes of a session that have not ended."""
    alive = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if int(fields[3]) == leader and fields[0] not in "ZX":
            alive.append(int(stat.parent.name))
    return alive


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_no_worker_outlives_a_parent_that_is_killed() -> None:
    command = [sys.executable, "-c", ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        assert [parent.stdout.readline() for _ in range(4)] == [b"one\n"] * 4
        assert len(alive_in_session(parent.pid)) >= 3
        parent.kill()
    until = time.monotonic() + 10
    while alive_in_session(parent.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive_in_session(parent.pid) == []


def test_there_is_at_least_one_worker_and_no_more_than_cores() -> None:
    assert 1 <= default_workers() <= (os.cpu_count() or 1)
