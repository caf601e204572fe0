"""What a source has to tell since it was last asked."""

import math
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from simlab.report.top.reading import Reading

POINTS: Final = 240
"""How many points a trend has, at most."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A rule began to fire, or resolved.

    Attributes:
        time_us: when, or when that was seen [us since 1970].
        rule: its name.
        state: which of the two.
        value: what it was judged by; NaN where unknown.
        limit: what it was held against; NaN where unknown.
        severity: `ticket` or `page`; empty where unknown.
        warehouse_id: of a rule that tells warehouses apart.
        held: no page is due, since the rule's group has had one.
        is_late: it was so already when first looked at.
    """

    time_us: int
    rule: str
    state: Literal["firing", "resolved"]
    value: float = math.nan
    limit: float = math.nan
    severity: str = ""
    warehouse_id: int | None = None
    held: bool = False
    is_late: bool = False


@dataclass(frozen=True, kw_only=True)
class News:
    """What is new.

    Attributes:
        readings: in the order of time.
        changes: of alerts, in the order in which they were told.
        state: how the source is, in words.
        is_trouble: whether it cannot be read, so that what is known is getting old.
        began_us: when the bot began anew, so that what was known is of another run; None when
            it did not.
        step_us: how much time a point of a trend stands for [µs].
    """

    readings: tuple[Reading, ...] = ()
    changes: tuple[Change, ...] = ()
    state: str = ""
    is_trouble: bool = False
    began_us: int | None = None
    step_us: int


class Source(Protocol):
    """Something to watch.

    Attributes:
        name: what it is, for a title.
        tells_alerts: whether its changes are the bot's own alert events, not what was seen.
    """

    name: str
    tells_alerts: bool

    def news(self) -> News:
        """What is new since the last call; blocks for some seconds at most."""

    def close(self) -> None:
        """Let go of it; a call of `news` under way in another thread ends soon."""
