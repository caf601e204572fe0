"""Work in the processes of a Dask cluster, with results in order."""

import gc
import logging
import signal
import socket
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import resource_tracker
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import dask
from distributed import Client, KilledWorker, LocalCluster, WorkerPlugin, get_worker
from distributed.comm.core import CommClosedError

from simlab.engine.local import AHEAD, workers_environment
from simlab.engine.window import in_order
from simlab.errors import SimlabError

Task = TypeVar("Task")
Result = TypeVar("Result")

_CONNECT_S: Final = 5
_SETTINGS: Final = {
    "distributed.scheduler.allowed-failures": 0,  # what ends its process would end the next too
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,  # it took a third of CPU
}


_NO_DASHBOARD: Final = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Its server starts all the same, by default on a port that another cluster may have taken."""
_ENDED: Final = (KilledWorker, CancelledError, CommClosedError)
"""What tells that a worker or the scheduler is no more."""


def map_in_order(
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    *,
    workers: int,
    scheduler: str | None = None,
) -> Generator[Result, None, None]:
    """The results of `function` over `tasks`, in their order, as they come.

    Close the generator to stop: when that returns, what was started here has ended, as it does
    when this process is killed. A scheduler's workers may still finish the task they are at.

    Args:
        function: sent to each worker once, with whatever is bound to it; it must be importable
            there.
        tasks: taken only a little ahead of the results.
        workers: processes to start on this machine when no scheduler is named.
        scheduler: whose workers are to do the work, such as `tcp://10.0.0.5:8786`.

    Raises:
        SimlabError: the scheduler cannot be reached or was lost, or has no workers; or a worker
            was ended from outside.
        Exception: whatever `function` raised, at the place of its result.
    """
    with _one_line(), _client(workers, scheduler) as client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise SimlabError(f"--scheduler {scheduler}: has no workers; start some: dask worker")
        with _sent(function, client) as name:
            submit = partial(client.submit, _do, name, pure=False)
            yield from in_order(submit, tasks, ahead=AHEAD * threads)


class _Assignment(WorkerPlugin):
    """What a worker is to do, kept there; one that comes later, or again, gets it too."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function


@contextmanager
def _sent(function: Callable[[Any], Any], client: Client) -> Iterator[str]:
    """Send a function to all workers, now and later; gives its name there.

    Raises:
        SimlabError: one cannot take it, as when simlab is not installed there.
    """
    name, lost = f"simlab-{uuid4()}", False
    try:
        client.register_plugin(_Assignment(function), name)
    except Exception as error:  # noqa: BLE001  # Dask tells of a worker's in a bare one
        reason = " ".join(str(error).split())
        raise SimlabError(
            f"a worker cannot take the work: {reason}; install the same simlab there"
        ) from None
    try:
        yield name
    except _ENDED:
        lost = True
        raise
    finally:
        if not lost:  # else this would wait for one that has ended
            client.unregister_worker_plugin(name)


def _do(name: str, task: Any) -> Any:
    """In a worker, do what was sent by that name."""
    assignment = get_worker().plugins[name]
    assert isinstance(assignment, _Assignment)
    return assignment.function(task)


@contextmanager
def _one_line() -> Iterator[None]:
    """What goes wrong in the cluster, in one line.

    Raises:
        SimlabError: a worker was ended, or the scheduler.
    """
    try:
        yield
    except KilledWorker:
        raise SimlabError(
            "a worker process was ended from outside, perhaps for want of memory; "
            "use fewer --workers"
        ) from None
    except (CancelledError, CommClosedError):
        raise SimlabError("the scheduler ended, or can no longer be reached") from None


@contextmanager
def _client(workers: int, scheduler: str | None) -> Iterator[Client]:
    """A connection to the scheduler, or to one of our own that ends with it."""
    with ExitStack() as until:
        until.enter_context(_silence())
        if scheduler is None:
            cluster = until.enter_context(own_cluster(workers))
            scheduler = cluster.scheduler_address
        yield until.enter_context(_connected(scheduler))


@contextmanager
def own_cluster(workers: int) -> Iterator[LocalCluster]:
    """Processes of one thread each, on loopback, which leave interrupts to this one."""
    with ExitStack() as until:
        folder = until.enter_context(TemporaryDirectory(prefix="simlab-"))
        until.enter_context(dask.config.set({**_SETTINGS, "temporary-directory": folder}))
        with _interrupts_held(), workers_environment():  # Dask adds to it, and leaves it so
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                scheduler_kwargs=_NO_DASHBOARD,
                memory_limit=0,  # a part's memory is known; Dask would only pause it
                silence_logs=logging.CRITICAL,
            )
        with cluster:
            yield cluster


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the block ends; what is started in it never hears of one.

    What Python starts with the first process lets interrupts in again, so that goes first.
    """
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    """A client of the scheduler.

    Raises:
        SimlabError: there is none.
    """
    client, problem = _tried(scheduler)
    if client is None:
        gc.collect()  # a client that failed is ended here, and not in the middle of the next one's
        raise SimlabError(f"--scheduler {scheduler}: {problem}")
    with client:
        yield client


def _tried(scheduler: str) -> tuple[Client | None, str]:
    """A client of the scheduler, or none and why.

    No exception leaves: its traceback would keep a client alive that failed. Nor is garbage
    collected meanwhile: an older one's end would wait for a lock that this one's start holds.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        _knock(scheduler)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where versions matter, the work itself compares
            return Client(scheduler, timeout=_CONNECT_S, set_as_default=False), ""
    except (OSError, ValueError) as error:
        reason = " ".join((getattr(error, "strerror", None) or str(error)).split())
        return None, f"cannot be reached: {reason}"
    except Exception:  # noqa: BLE001  # whatever listens there may answer anything
        return None, "no Dask scheduler answers there"
    finally:
        if collects:
            gc.enable()


def _knock(scheduler: str) -> None:
    """See whether anyone is there, sooner than Dask gives up and with a clearer answer.

    Raises:
        OSError: no one is.
        ValueError: it is no address.
    """
    place = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    if place.hostname is None or place.port is None:
        raise ValueError("it is no address; write it like tcp://HOST:8786")
    socket.create_connection((place.hostname, place.port), timeout=_CONNECT_S).close()


@contextmanager
def _silence() -> Iterator[None]:
    """Keep Dask's log off standard error: what matters is raised."""
    handlers = {handler: handler.level for handler in logging.getLogger("distributed").handlers}
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in handlers.items():
            handler.setLevel(level)
