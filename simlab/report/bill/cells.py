"""Figures with their intervals, as cells of a table, and such tables."""

import math
from collections.abc import Sequence
from typing import Final

from simlab.bench.bill import Ratio
from simlab.bench.chance import Estimate
from simlab.report.numbers import UNDEFINED
from simlab.report.tables import Table

NO_DIFFERENCE: Final = "no difference"
NONE_SEEN: Final = "none seen"
"""The figure may be 0, by its interval."""


def with_half(estimate: Estimate, *, unit: float = 1.0) -> str:
    """A figure and half its interval, as many digits as the interval leaves.

    Args:
        estimate: the figure.
        unit: what one of the unit shown is in that of the figure.

    >>> with_half(Estimate(2612.0, 2412.0, 2812.0), unit=1000.0)
    '2.6 ±0.2'
    >>> with_half(Estimate(15.33, 15.17, 15.49)), with_half(Estimate(273.2, 273.2, 273.2))
    ('15.33 ±0.16', '273.2 ±0')
    """
    value, half = estimate.value / unit, estimate.half / unit
    if not math.isfinite(value) or not math.isfinite(half):
        return UNDEFINED
    digits = _digits(half, value)
    shown = max(0, digits)
    wide = f"{round(half, digits):,.{shown}f}" if round(half, digits) else "0"
    return f"{round(value, digits) + 0.0:,.{shown}f} ±{wide}"  # + 0.0: never -0


def in_percent(estimate: Estimate) -> str:
    """A share in percent and half its interval.

    >>> in_percent(Estimate(0.0523, 0.0493, 0.0553))
    '5.2 ±0.3'
    """
    return with_half(estimate, unit=0.01)


def between(estimate: Estimate) -> str:
    r"""The bounds alone, where they lie unevenly.

    >>> between(Estimate(540.0, 480.0, 612.0)) == "480\N{EN DASH}610"
    True
    """
    return f"{_short(estimate.low)}\N{EN DASH}{_short(estimate.high)}"


def times(ratio: Ratio | None) -> str:
    """A ratio to the base, if it is a difference at all.

    >>> times(Ratio(times=Estimate(0.187, 0.157, 0.217), verdict="less"))
    '0.19 ±0.03'
    """
    if ratio is None:
        return ""
    if ratio.verdict == NO_DIFFERENCE:
        return NO_DIFFERENCE
    if ratio.times.holds(0.0):
        return NONE_SEEN
    return with_half(ratio.times)


def table_of(heads: Sequence[str], rows: Sequence[tuple[str, ...]], note: str) -> Table:
    """A table whose first column has names, and the others figures."""
    return Table(
        columns=tuple(heads),
        numeric=frozenset(range(1, len(heads))),
        rows=tuple(rows),
        note=note,
    )


def _digits(half: float, value: float) -> int:
    """Decimals down to the first digit of the half interval, or its second after a 1; 4 at most.

    A tenth of a percent of the figure is the finest.
    """
    finest = max(half, abs(value) / 1000)
    if finest == 0:
        return 0
    exponent = math.floor(math.log10(finest))
    return min(4, -exponent + int(finest < 2 * 10.0**exponent))


def _short(value: float) -> str:
    """Two digits, thousands as k.

    >>> _short(1234.0), _short(54_321.0), _short(math.inf)
    ('1.2k', '54k', '∞')
    """
    if math.isinf(value):
        return "∞"
    rounded = float(f"{value:.2g}")
    if rounded >= 1e6:
        return f"{rounded / 1e6:g}M"
    return f"{rounded / 1e3:g}k" if rounded >= 1e3 else f"{rounded:g}"
