"""Lengths of time as a profile writes them."""

from typing import Final

_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))


def length_text(time_s: float) -> str:
    """A length of time to the millisecond, as a profile writes it.

    >>> length_text(5400), length_text(2.25), length_text(0)
    ('1h30m', '2s250ms', '0s')
    """
    left_ms, parts = round(time_s * 1000), []
    for unit_ms, unit in _UNITS:
        count, left_ms = divmod(left_ms, unit_ms)
        parts += [f"{count}{unit}"] * bool(count)
    return "".join(parts) or "0s"
