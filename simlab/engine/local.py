"""Work in this process, or in processes beside it, with results in order."""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.forkserver import ensure_running
from threading import Thread
from typing import Any, Final, TypeVar

from simlab.engine.window import in_order
from simlab.errors import SimlabError

Task = TypeVar("Task")
Result = TypeVar("Result")

ONE_THREAD: Final = {"POLARS_MAX_THREADS": "1"}
"""The environment of a process that is one of several: it leaves the other cores to them.

Polars looks at it when it is imported.
"""
AHEAD: Final = 2
"""Tasks on their way for each worker: the next is there when one is done, even out of turn."""
_work: list[Callable[[Any], Any]] = []
"""In a worker, the function that it was started for."""


def map_in_order(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
) -> Generator[Result, None, None]:
    """The results of `function` over `tasks`, in their order, as they come.

    With one worker the work is done here. With more it is done in as many processes, started
    afresh (a fork would copy the locks of libraries' threads); the function, with whatever is
    bound to it, is sent to each once, and tasks are taken only a little ahead of the results.
    Close the generator to stop: when that returns, no work goes on. Nor does it when this
    process is killed.

    Raises:
        SimlabError: a process was ended from outside.
        Exception: whatever `function` raised, at the place of its result.
    """
    if workers == 1:
        yield from map(function, tasks)
        return
    with workers_environment():
        ensure_running()  # the process that they are forked from
    context = get_context("forkserver")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(function,))
    try:
        yield from in_order(lambda task: pool.submit(_do, task), tasks, ahead=AHEAD * workers)
    except BrokenProcessPool:
        raise SimlabError(
            "a worker process was ended from outside, perhaps for want of memory; "
            "use fewer --workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def default_workers() -> int:
    """How many processes this machine's usable cores suggest."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_on_one_core() -> None:
    """Have this process leave other cores alone, if polars is not imported yet.

    A second thread of polars made a dataset in one process 10 % sooner on an idle machine and no
    sooner on a busy one, for 5 % more CPU. Who wants it sooner has a second worker.
    """
    if "polars" not in sys.modules:
        os.environ.update({**ONE_THREAD, **os.environ})


@contextmanager
def workers_environment() -> Iterator[None]:
    """What is started in the block has the environment that workers are to have.

    Set in a worker it would be too late: what its main program imports, it imports first.
    """
    before = dict(os.environ)
    os.environ.update({**ONE_THREAD, **before})
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _begin(function: Callable[[Any], Any]) -> None:
    """Make a worker leave interrupts to its parent, and end with it however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work[:] = [function]
    parent = parent_process()
    assert parent is not None
    Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _do(task: Any) -> Any:
    return _work[0](task)


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
