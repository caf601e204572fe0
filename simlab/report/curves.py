"""Charts of a whole rather than over time: how long batches take."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from simlab.report import style
from simlab.report.inert import visible
from simlab.report.lines import plain_numbers
from simlab.report.numbers import human_s, percent

_CURVE_POINTS: Final = 400


def latency_distribution(
    durations: NDArray[np.float64],
    *,
    thresholds: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What share of attempts took at least each duration, both axes logarithmic.

    The far tail is where alerts live, and this curve shows it.

    Args:
        durations: of attempts [s]; what is not a positive number is left out.
        thresholds: durations to mark [s], by name.
        ax: where to draw.
    """
    known = np.sort(durations[np.isfinite(durations) & (durations > 0)])
    share = 1 - np.arange(known.size) / max(known.size, 1)
    kept = _even_on_log(known.size)
    with style.style():
        ax = ax or style.new_axes(width_in=6, height_in=3.4)
        ax.plot(known[kept], share[kept], color=style.LINE)
        if known.size:
            _log_axes(ax)
        ax.set_xlabel("batch duration [s]")
        ax.set_ylabel("share of attempts that took as long [%]")
        ax.set_title(_far_tail(known))
        for name, limit in (thresholds or {}).items():
            _limit(
                ax, name, limit, share_above=float(np.mean(known > limit)) if known.size else np.nan
            )
        return ax


def latency_ecdf(
    durations: NDArray[np.float64],
    *,
    thresholds: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """What share of attempts took at most each duration [%]; the duration is logarithmic.

    The arguments are those of `latency_distribution`.
    """
    known = np.sort(durations[np.isfinite(durations) & (durations > 0)])
    shares = np.arange(1, known.size + 1) / max(known.size, 1)
    kept = np.unique(np.linspace(0, max(known.size - 1, 0), _CURVE_POINTS).astype(np.int64))
    with style.style():
        ax = ax or style.new_axes(width_in=6, height_in=3.4)
        if known.size:
            ax.plot(known[kept], shares[kept], color=style.LINE)
            _quantiles_marked(ax, known)
            _log_duration(ax)
        ax.yaxis.set_major_formatter(plain_numbers(scale=100))
        ax.set_xlabel("batch duration [s]")
        ax.set_ylabel("share of attempts that took at most as long [%]")
        for name, limit in (thresholds or {}).items():
            above = float(np.mean(known > limit)) if known.size else np.nan
            _limit(ax, name, limit, share_above=above, height=0.45)
        ax.set_title(_middle(known))
        return ax


def _even_on_log(size: int) -> NDArray[np.int64]:
    """Positions in ascending values, dense towards the largest: few points draw the tail well."""
    if not size:
        return np.empty(0, dtype=np.int64)
    return np.unique(size - np.geomspace(1, size, _CURVE_POINTS).astype(np.int64))


def _log_axes(ax: Axes) -> None:
    _log_duration(ax)
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(plain_numbers(scale=100))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _log_duration(ax: Axes) -> None:
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    ax.xaxis.set_major_formatter(plain_numbers())
    ax.xaxis.set_minor_formatter(NullFormatter())


def _quantiles_marked(ax: Axes, ascending: NDArray[np.float64]) -> None:
    for name, ink in style.QUANTILES.items():
        share = int(name.removeprefix("p")) / 100
        value = float(np.quantile(ascending, share))
        ax.plot(value, share, "o", color=ink, markersize=5)
        ax.annotate(
            f"{name.upper()} {human_s(value)}", xy=(value, share), xytext=(7, -9),
            textcoords="offset points", fontsize=7.5, color=style.INK,
        )  # fmt: skip


def _far_tail(ascending: NDArray[np.float64]) -> str:
    if not ascending.size:
        return "How long batches take"
    return (
        f"One attempt in a thousand takes {human_s(float(np.quantile(ascending, 0.999)))} or more"
    )


def _middle(ascending: NDArray[np.float64]) -> str:
    if not ascending.size:
        return "How long batches take"
    low, high = np.quantile(ascending, (0.1, 0.9))
    return f"Eight in ten attempts take {human_s(float(low))} to {human_s(float(high))}"


def _limit(ax: Axes, name: str, limit: float, *, share_above: float, height: float = 1.0) -> None:
    ax.axvline(limit, color=style.THRESHOLD, linestyle=(0, (5, 3)), linewidth=1.1)
    ax.annotate(
        f"{visible(name, most=24)} at {human_s(limit)}:\n{percent(share_above)} took longer",
        xy=(limit, height),
        xycoords=ax.get_xaxis_transform(),
        xytext=(4, -4),
        textcoords="offset points",
        color=style.THRESHOLD,
        fontsize=7.5,
        va="top",
    )
