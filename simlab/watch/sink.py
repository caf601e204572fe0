"""Alert events handed to a function, where no one else is to have them."""

from collections.abc import Callable

from simlab.watch.receiver import Receiver
from simlab.watch.told import Told


class Sink(Receiver):
    """Hands each alert to a function, which may not fail: a receiver."""

    name = "print"

    def __init__(self, take: Callable[[Told], None]) -> None:
        self._take = take

    def deliver(self, told: Told, *, tries: int) -> None:
        """Hand it on."""
        del tries
        self._take(told)
