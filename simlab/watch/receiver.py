"""Who alert events are delivered to, and how they say that they do not have one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping
from typing import TypeAlias

from simlab.watch.told import Told

Tell: TypeAlias = Callable[[str], None]
"""Tells people of something, in a line."""


class LaterError(Exception):
    """The receiver is not there, or not now: the event is tried again until it is.

    Attributes:
        after_s: how long the receiver asks to be left alone [s].
    """

    def __init__(self, reason: str, *, after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.after_s = after_s


class RefusedError(Exception):
    """The receiver will not have this event: after some tries it is set aside."""


class Receiver(ABC):
    """Takes alert events, one after another.

    Attributes:
        name: under which its position is kept.
        is_dear: whether a repeat costs more than a state file that is written for each event.
    """

    name: str
    is_dear = False

    def begin(self, kept: MutableMapping[str, str]) -> None:  # noqa: B027  # few have any
        """Take what it has to remember over restarts; what it changes there is saved."""

    def wants(self, told: Told) -> bool:
        """Whether it is to be given this."""
        return told.alert is not None

    @abstractmethod
    def deliver(self, told: Told, *, tries: int) -> None:
        """Take it.

        Args:
            told: an alert, or the begin or end of a run.
            tries: which try this is, from 1.

        Raises:
            LaterError: it cannot now.
            RefusedError: it will not.
        """

    def rest(self) -> None:  # noqa: B027  # few have anything due
        """Do what is due between events; nothing may be raised."""
