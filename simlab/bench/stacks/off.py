"""No telemetry at all: what the others are held against."""

from pathlib import Path

from simlab.events import Attempt


class Off:
    """Takes each event and does nothing with it."""

    dropped = 0

    def __init__(self, folder: Path) -> None:
        del folder

    def emit(self, event: Attempt) -> None:
        """Do nothing."""

    def drain(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """There is nothing to give back."""
