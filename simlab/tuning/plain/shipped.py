"""What the family did on the first halves of 23 real series: road traffic, tweets, prices.

`benchmarks/bench_real_series.py` makes these figures, and checks that they are the same.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.plain.evidence import KS
from simlab.tuning.plain.prior import Prior

KNOTS: Final = (2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0)
"""The K of the figures; those between lie on straight lines."""

_FALSE: Final = (0.2375, 0.1515, 0.09215, 0.06143, 0.04505, 0.03891, 0.03072, 0.02048, 0.01843)
_TRUE: Final = (0.09215, 0.08191, 0.07372, 0.07167, 0.05734, 0.05324, 0.04096, 0.03891, 0.03891)
_FIRING: Final = (
    0.01211, 0.006968, 0.004032, 0.002723, 0.002069, 0.001778, 0.00128, 0.0007821, 0.0005191,
)  # fmt: skip
_FIRING_SQUARES: Final = (
    1.12e-3, 5.535e-4, 3.19e-4, 1.795e-4, 1.35e-4, 1.115e-4, 7.342e-5, 4.118e-5, 1.607e-5,
)  # fmt: skip
_INSIDE: Final = (
    0.007344, 0.005862, 0.004764, 0.003946, 0.00305, 0.002453, 0.001856, 0.001685, 0.001344,
)  # fmt: skip


def _at_ks(values: tuple[float, ...]) -> NDArray[np.float64]:
    return np.interp(KS, KNOTS, values)


PRIOR: Final = Prior(
    false=_at_ks(_FALSE),
    true=_at_ks(_TRUE),
    firing=_at_ks(_FIRING),
    firing_squares=_at_ks(_FIRING_SQUARES),
    inside=_at_ks(_INSIDE),
    normal=0.7873,
    weight_days=87.8,
)
