"""Work to give to an engine, and processes to look for."""

import os
import signal
import time
from pathlib import Path


def slow_when_early(task: int) -> tuple[int, int]:
    """Its task and its process; the first takes longest."""
    time.sleep(0.2 if task == 0 else 0)
    return task, os.getpid()


def refuse_3(task: int) -> int:
    if task == 3:
        raise ValueError("three")
    return task


def full_disk(task: int) -> int:
    raise OSError(28, f"No space left for {task}")


def end_at_once(task: int) -> int:
    if task:
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def leave_mark(path: Path) -> None:
    path.touch()


def threads_of_polars(task: int) -> tuple[int, int]:
    """How many threads polars works with, and this process."""
    import polars as pl  # noqa: PLC0415  # the other cases should not wait for it

    time.sleep(0.1 * task)
    return pl.thread_pool_size(), os.getpid()


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
