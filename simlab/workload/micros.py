"""Seconds as whole microseconds, by the million."""

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Int64s: TypeAlias = npt.NDArray[np.int64]

_WHOLE: Final = 2.0**52
"""From here to twice as much, the numbers of double precision are the whole ones."""
_WHOLE_BITS: Final = np.float64(_WHOLE).view(np.int64)


def whole_us(time_s: npt.NDArray[np.float64]) -> Int64s:
    """Each time rounded to the nearest microsecond, ties to even; from 0 to 142 years.

    Added to 2^52 the sum itself is rounded, and its lowest bits are the whole number. numpy's
    own rounding and casting, one number after another, cost seven times as much.
    """
    shifted = time_s * 1e6
    shifted += _WHOLE
    whole = shifted.view(np.int64)
    whole -= _WHOLE_BITS
    return whole
