"""What may befall a bot from outside, as the loop asks for it."""

from collections.abc import Sequence
from typing import Protocol

from simlab.bot.ledger import NEVER, Ledger


class Faults(Protocol):
    """Trouble that acts on attempts when they start, and stretches in which the bot is down."""

    @property
    def outages_us(self) -> Sequence[tuple[int, int]]:
        """From when to before when the bot is down, apart and in order [us since 1970]."""

    def strike(self, now_us: int, attempt: int, batch: int, ledger: Ledger) -> int:
        """Have what is at work now act on an attempt that starts: change its entries.

        Returns:
            From when on to be asked again: now, while anything is at work.
        """

    def spare(self, attempt: int, ledger: Ledger) -> None:
        """Make an attempt's entries what they were before any strike."""


class Outages:
    """Stretches in which the bot is down, and nothing else that befalls it."""

    def __init__(self, outages_us: Sequence[tuple[int, int]] = ()) -> None:
        self.outages_us = outages_us

    def strike(self, now_us: int, attempt: int, batch: int, ledger: Ledger) -> int:  # noqa: ARG002  # the protocol's
        """Nothing acts."""
        return NEVER

    def spare(self, attempt: int, ledger: Ledger) -> None:
        """Nothing has acted."""
