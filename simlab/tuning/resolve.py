"""How long alerts outlast the trouble that raised them."""

import numpy as np
from numpy.typing import NDArray

from simlab.clock import US_PER_S
from simlab.tuning.match import Truth, pairs


def resolve_s(
    start_us: NDArray[np.int64],
    end_us: NDArray[np.int64],
    truth: Truth,
    *,
    warehouse_id: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """How long after each incident ceased to show what had caught it went on firing [s].

    That is from `visible_end` to the end of the episode that started in the incident's window
    and still fires at `visible_end`; the last to end, of several.

    Args:
        start_us: when episodes started [µs since 1970], ascending.
        end_us: when they ended.
        truth: the windows.
        warehouse_id: as in `match`.

    Returns:
        0 or more; NaN where nothing caught the incident, or what did had resolved before.
    """
    windows = truth.incidents
    found = np.full(len(windows.id), np.nan)
    for episodes, positions in pairs(start_us, windows, warehouse_id):
        starts, ends = start_us[episodes], end_us[episodes]
        first = np.searchsorted(starts, windows.start_us[positions])
        stop = np.searchsorted(starts, windows.end_us[positions], side="right")
        for position, low, high in zip(positions.tolist(), first, stop, strict=True):
            left_us = ends[low:high].max(initial=-1) - windows.end_us[position]
            if high > low and left_us >= 0:
                found[position] = np.fmax(found[position], left_us / US_PER_S)
    return found
