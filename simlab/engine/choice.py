"""Which engine does the work, by its name."""

from collections.abc import Callable, Generator, Iterable
from functools import partial
from importlib.util import find_spec
from typing import Literal, Protocol, TypeAlias, TypeVar

from simlab.engine import local
from simlab.errors import ConfigError, SimlabError

Task = TypeVar("Task")
Result = TypeVar("Result")
EngineName: TypeAlias = Literal["local", "dask"]


class Engine(Protocol):
    """Does work in several places, and gives the results in order.

    All engines keep one contract. Tasks are taken only a little ahead of the results; the
    function, with whatever is bound to it, is sent to each worker once; what it raises comes
    through at the place of its result, and what ends a worker as a `SimlabError` of one line.
    Closing the generator stops the work.
    """

    def __call__(
        self, function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
    ) -> Generator[Result, None, None]:
        """The results of `function` over `tasks`, in their order, as they come."""


def engine_of(name: EngineName, *, scheduler: str | None = None) -> Engine:
    """The engine of that name.

    Args:
        name: `local` for processes on this machine, `dask` for those of a Dask cluster.
        scheduler: the cluster's address; `dask` starts a cluster on this machine without.

    Raises:
        ConfigError: there is a scheduler for an engine that has none.
        SimlabError: what the engine needs is not installed.
    """
    if name == "dask":
        return _dask(scheduler)
    if scheduler is not None:
        raise ConfigError("--scheduler goes with --engine dask")
    return local.map_in_order


def _dask(scheduler: str | None) -> Engine:
    if find_spec("distributed") is None:
        raise SimlabError("--engine dask needs Dask: pip install 'simlab[cluster]'")
    from simlab.engine import cluster  # noqa: PLC0415  # takes half a second

    return partial(cluster.map_in_order, scheduler=scheduler)
