"""Work in this process, or in processes beside it, with results in order."""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import wait
from multiprocessing.forkserver import ensure_running
from threading import Thread, current_thread, main_thread
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
    resource_tracker.ensure_running()  # which would let interrupts in again
    with workers_environment(), _interrupts_held():
        ensure_running()  # the process that they are forked from
    context = get_context("forkserver")
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(function,))

    def submit(task: Task) -> Future[Result]:
        with _interrupts_held():  # a worker is started here, and its start is not waited for
            return pool.submit(_do, task)

    try:
        yield from in_order(submit, tasks, ahead=AHEAD * workers)
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


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt in the block comes after it, and what is started in the block gets none.

    An interpreter that is interrupted while it starts ends with a traceback, and a worker that
    was just started, but not yet noted, would be left alone.
    """
    usual = signal.getsignal(signal.SIGINT)
    came: list[tuple[Any, Any]] = []
    is_ours = current_thread() is main_thread() and callable(usual)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # processes inherit it
    if is_ours:  # another thread may take the signal, and this one would be told of it
        signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, usual)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if came and callable(usual):
            usual(*came[0])


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
