"""Numbers as people read them: few digits, a unit, and a dash where there is none to give."""

import math
from datetime import UTC, datetime
from typing import Final

UNDEFINED: Final = "\N{EN DASH}"
"""What is shown for NaN: there is no such number, which is not the same as 0."""

_LARGE_UNITS: Final = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def human_s(seconds: float) -> str:
    """A length of time [s] in the units one would say it in; three digits at most.

    >>> human_s(0.0123), human_s(2), human_s(95), human_s(7500)
    ('12 ms', '2 s', '1 min 35 s', '2 h 5 min')
    """
    if not math.isfinite(seconds):
        return UNDEFINED
    if seconds < 0:
        return f"-{human_s(-seconds)}"
    seconds = _rounded(seconds)
    if seconds >= 60:
        return _large(round(seconds))
    if seconds >= 1 or seconds == 0:
        return f"{number(seconds)} s"
    scaled, unit = (seconds * 1e3, "ms") if seconds >= 0.001 else (seconds * 1e6, "µs")
    return f"{number(round(scaled) if scaled >= 10 else scaled)} {unit}"


def percent(ratio: float) -> str:
    """A ratio, 0 to 1, in percent; only a whole is 100 %, and only nothing is 0 %.

    >>> percent(0.05), percent(0.1234), percent(0.99996), percent(0.0001)
    ('5 %', '12.3 %', '>99.9 %', '<0.1 %')
    """
    if not math.isfinite(ratio):
        return UNDEFINED
    if 0 < ratio < 0.001:
        return "<0.1 %"
    if 0.999 < ratio < 1:
        return ">99.9 %"
    return f"{number(round(ratio * 100, 1))} %"


def number(value: float) -> str:
    """Three digits, or all digits of the whole part, with commas by the thousand.

    >>> number(0.012345), number(2.0), number(12345.6)
    ('0.0123', '2', '12,346')
    """
    if not math.isfinite(value):
        return UNDEFINED
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    if abs(value) < 1e-4:
        return f"{value:.3g}"
    return f"{_rounded(value):.6f}".rstrip("0").rstrip(".")


def per_day(value: float) -> str:
    """A rate a day; two decimals below ten.

    >>> per_day(4.4), per_day(0), per_day(0.05), per_day(31.7)
    ('4.40', '0', '0.05', '32')
    """
    if not math.isfinite(value):
        return UNDEFINED
    if value == 0 or value >= 9.995:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.005 else "<0.01"


def part(count: float, whole: float) -> str:
    """So many of so many; undefined when there are none to be a part of.

    >>> part(3, 6), part(0, 0) == UNDEFINED
    ('3/6', True)
    """
    if not math.isfinite(count) or not math.isfinite(whole) or whole == 0:
        return UNDEFINED
    return f"{count:.0f}/{whole:.0f}"


def megabytes(count_bytes: float) -> str:
    """Bytes as megabytes of a million.

    >>> megabytes(1_500_000)
    '1.5 MB'
    """
    return f"{number(count_bytes / 1e6)} MB" if math.isfinite(count_bytes) else UNDEFINED


def moment(when: datetime | None) -> str:
    """A moment in UTC to the second, which the reader has been told is UTC.

    >>> moment(datetime(2026, 1, 5, 14, 3, 10, tzinfo=UTC))
    '2026-01-05 14:03:10'
    """
    return UNDEFINED if when is None else f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def plural(count: float, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "incident"), plural(1200, "episode")
    ('1 incident', '1,200 episodes')
    """
    return f"{number(count)} {noun}" + ("" if count == 1 else "s")


def _rounded(value: float) -> float:
    """Three significant digits, so that the unit is chosen after rounding: never `60.0 s`."""
    return value if abs(value) >= 100 else float(f"{value:.3g}")


def _large(seconds: int) -> str:
    for size, unit, small_size, small_unit in _LARGE_UNITS:
        # A minor part that rounds up to a whole is carried: 2 h 60 min is 3 h.
        steps = round(seconds / small_size)
        whole, rest = divmod(steps, size // small_size)
        if whole:
            return f"{whole:,} {unit}" + (f" {rest} {small_unit}" if rest else "")
    raise AssertionError(seconds)
