"""Series as promtool's unit tests read them: one value an interval, runs of one value shortened."""

from collections.abc import Iterator, Sequence

import numpy as np

from simlab.prometheus.exposed import Exposed


def interval_ms(series: Sequence[Exposed], *, origin_ms: int, step_ms: int) -> int:
    """The longest interval at which all the samples lie [ms], and the evaluations too."""
    apart = [step_ms, *(int(np.gcd.reduce(one.time_ms - origin_ms)) for one in series)]
    return int(np.gcd.reduce(apart))


def notation(series: Exposed, *, origin_ms: int, interval_ms: int) -> str:
    """The samples, `_` where there is none: `3+0x4` are five times 3, `_x2` two without.

    >>> each = Exposed(metric="x", time_ms=np.array([1, 2, 5]), value=np.array([3.0, 3.0, 4.5]))
    >>> notation(each, origin_ms=0, interval_ms=1)
    '_x1 3+0x1 _x2 4.5'
    """
    place = (series.time_ms - origin_ms) // interval_ms
    return " ".join(_told(place, series.value))


def _told(place: np.ndarray, value: np.ndarray) -> Iterator[str]:
    begins = np.flatnonzero(
        (np.diff(place, prepend=-2) != 1) | (np.diff(value, prepend=np.nan) != 0)
    )
    ends = np.append(begins[1:], len(place))
    next_place = 0
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        first = int(place[begin])
        if first > next_place:
            yield f"_x{first - next_place}"
        yield _run(float(value[begin]), end - begin)
        next_place = first + end - begin


def _run(value: float, count: int) -> str:
    if not np.isfinite(value):  # never alike to what is beside it, so it stands alone
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[repr(value)]
    text = repr(value).removesuffix(".0")
    return text if count == 1 else f"{text}+0x{count - 1}"
