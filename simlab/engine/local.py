"""Work in this process, or in processes beside it, with results in order."""

import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TypeVar

from simlab.errors import SimlabError

Task = TypeVar("Task")
Result = TypeVar("Result")


def map_in_order(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
) -> Generator[Result, None, None]:
    """The results of `function` over `tasks`, in their order, as they come.

    With one worker the work is done here. With more it is done in as many processes, started
    afresh (a fork would copy the locks of libraries' threads); tasks are taken only a little
    ahead of the results. Close the generator to stop: when that returns, no work goes on. Nor
    does it when this process is killed.

    Raises:
        SimlabError: a process was ended from outside.
        Exception: whatever `function` raised, at the place of its result.
    """
    if workers == 1:
        yield from map(function, tasks)
        return
    context = get_context("forkserver")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield from _windowed(pool, function, iter(tasks), ahead=workers)
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


def _begin() -> None:
    """Make a worker leave interrupts to its parent, and end with it however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None
    Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _windowed(
    pool: ProcessPoolExecutor,
    function: Callable[[Task], Result],
    tasks: Iterator[Task],
    *,
    ahead: int,
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque(pool.submit(function, t) for t in islice(tasks, ahead))
    while waiting:
        result = waiting.popleft().result()
        waiting.extend(pool.submit(function, t) for t in islice(tasks, 1))
        yield result
