"""Results in the order of their tasks, with only so many tasks on their way."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result_co = TypeVar("Result_co", covariant=True)


class Promise(Protocol[Result_co]):
    """What will have a result."""

    def result(self) -> Result_co:
        """Wait for it; raises what the work raised."""


def in_order(
    submit: Callable[[Task], Promise[Result_co]], tasks: Iterable[Task], *, ahead: int
) -> Iterator[Result_co]:
    """The results of tasks as they were given, `ahead` of them submitted before the first is in."""
    left = iter(tasks)
    waiting = deque(submit(task) for task in islice(left, ahead))
    while waiting:
        result = waiting.popleft().result()
        waiting.extend(submit(task) for task in islice(left, 1))
        yield result
