"""One rule in the tuner's picture: its signal, its threshold, when it fires, the truth."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.dates import date2num
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.dataset.schema import TIMESTAMP
from simlab.report import style
from simlab.report.inert import visible
from simlab.report.lines import plain_numbers
from simlab.report.marks import EPISODE_LOOKS, incidents_shaded
from simlab.report.numbers import number, plural
from simlab.report.tuner_episodes import STRETCHES, Begun, Signal
from simlab.report.words import axis_label, condition, subject

_LOG_FROM: Final = 15.0
_IN_SECONDS: Final = frozenset({"duration", "queue_wait", "age"})
_HEADROOM: Final = 0.24
"""How much of the height is kept for the marks of episodes."""
_ROWS: Final[dict[bool | None, float]] = {True: 0.94, False: 0.85, None: 0.9}
_MOST_MARKS: Final = 200


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """The values an axis must have room for; `low` above 0 where it may be logarithmic."""

    low: float
    high: float


class Panel:
    """A rule's axes, of which only what a setting changes is drawn anew.

    Args:
        ax: where.
        scale: of all the windows and thresholds it may be asked for.
        span: when the data begin and end.
        unseen_us: from when on the choice did not see them [µs since 1970].
        incidents: to shade; None where nothing is known.
    """

    def __init__(
        self,
        ax: Axes,
        rule: Rule,
        *,
        scale: Scale,
        span: tuple[int, int],
        unseen_us: int,
        incidents: pl.DataFrame | None,
    ) -> None:
        self._ax, self._signal = ax, rule.signal
        self._span, self._unseen_us = span, unseen_us
        self._known = incidents is not None
        _dressed(ax, rule, scale, span)
        incidents_shaded(ax, incidents, named=False)
        ax.axvline(_days(np.array([unseen_us]))[0], color=style.INK, linewidth=1.0)
        self._all = ax.plot([], [], color=style.SOFT, linewidth=0.8, animated=True)[0]
        self._line = ax.plot([], [], color=style.LINE, linewidth=1.1, animated=True)[0]
        self._limit = ax.axhline(
            scale.high, color=style.THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.3, animated=True
        )
        self._title = ax.set_title("", pad=5, fontsize=9, parse_math=False, animated=True)
        self._count = ax.set_title(
            "", pad=5, loc="right", fontsize=8, fontweight="normal", animated=True
        )
        self._marks = {kind: _marks(ax, kind) for kind in self._kinds}

    @property
    def moving(self) -> list[tuple[Axes, Artist]]:
        """What is drawn anew, in order."""
        lines: list[Artist] = [self._all, self._line, self._limit]
        told: list[Artist] = [*self._marks.values(), self._title, self._count]
        return [(self._ax, artist) for artist in (*lines, *told)]

    def turn(self, rule: Rule, signal: Signal, begun: Begun) -> None:
        """Set what is to be drawn: a rule, what it sees, and when it fires."""
        time_us, value = signal
        self._all.set_data(_days(time_us), value)
        extreme_us, extreme = _extremes(time_us, value, self._span, above=rule.side == "above")
        self._line.set_data(_days(extreme_us), extreme)
        self._limit.set_ydata([rule.limit] * 2)
        self._title.set_text(f"{visible(rule.name, most=30)}: {condition(rule)}")
        self._count.set_text(self._told(begun))
        for kind, marks in self._marks.items():
            start_us = begun.start_us if kind is None else begun.start_us[begun.true == kind]
            shown = _days(_thinned(start_us, self._span))
            marks.set_offsets(np.column_stack((shown, np.full(shown.size, _ROWS[kind]))))

    @property
    def _kinds(self) -> tuple[bool | None, ...]:
        return (True, False) if self._known else (None,)

    def _told(self, begun: Begun) -> str:
        """How often it fires on data that the choice did not see, and how often in vain."""
        later = begun.since(self._unseen_us)
        count, false = later.start_us.size, int(np.count_nonzero(~later.true))
        told = f"{plural(count, 'episode')} on unseen data"
        return f"{told}, {number(false)} false" if self._known and count else told


def _dressed(ax: Axes, rule: Rule, scale: Scale, span: tuple[int, int]) -> None:
    """Axes with their limits, which never move, and their ticks."""
    first, last = pl.Series(span, dtype=pl.Int64).cast(TIMESTAMP)
    style.time_axis(ax, first, last)
    ax.set_ylabel(axis_label(rule.signal) if rule.in_unit else subject(rule), parse_math=False)
    if rule.signal in _IN_SECONDS and 0 < _LOG_FROM * scale.low < scale.high:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if _decades(scale) > 3 else (1.0, 3.0)))
        ax.yaxis.set_minor_formatter(NullFormatter())
        top = scale.high * (scale.high / scale.low) ** (_HEADROOM / (1 - _HEADROOM))
        ax.set_ylim(scale.low, top)
    else:
        bottom = min(0.0, scale.low)
        ax.set_ylim(bottom, bottom + (scale.high - bottom) / (1 - _HEADROOM))
    ax.yaxis.set_major_formatter(plain_numbers(scale=100 if rule.signal.endswith("_ratio") else 1))


def _decades(scale: Scale) -> float:
    return float(np.log10(scale.high / scale.low))


def parts_named(ax: Axes, unseen_us: int) -> None:
    """Say below the axes on which side of the line the choice was made."""
    (moment,) = _days(np.array([unseen_us]))
    for text, shift, side in (("\N{LEFTWARDS ARROW} chosen on", -5, "right"),
                              ("not seen by the choice \N{RIGHTWARDS ARROW}", 5, "left")):  # fmt: skip
        ax.annotate(
            text,
            xy=(moment, 0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(shift, -27),
            textcoords="offset points",
            ha=side,
            fontsize=7.5,
            color=style.INK,
        )


def _marks(ax: Axes, kind: bool | None) -> PathCollection:  # noqa: FBT001  # a key of the looks
    look: dict[str, Any] = EPISODE_LOOKS[kind]
    return ax.scatter([], [], transform=ax.get_xaxis_transform(), animated=True, zorder=5, **look)


def _extremes(
    time_us: NDArray[np.int64], value: NDArray[np.float64], span: tuple[int, int], *, above: bool
) -> Signal:
    """The value nearest to firing in each stretch of time."""
    if not time_us.size:
        return time_us, value
    stretch = (time_us - span[0]) * STRETCHES // (span[1] - span[0])
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    farthest = np.fmax if above else np.fmin
    return time_us[first], farthest.reduceat(value, first)


def _thinned(start_us: NDArray[np.int64], span: tuple[int, int]) -> NDArray[np.int64]:
    """The first moment of each stretch that has any."""
    stretch = (start_us - span[0]) * _MOST_MARKS // (span[1] - span[0])
    _, first = np.unique(stretch, return_index=True)
    return start_us[first]


def _days(time_us: NDArray[np.int64]) -> NDArray[np.float64]:
    """As matplotlib counts time."""
    return np.asarray(date2num(time_us.astype("datetime64[us]")), dtype=np.float64)
