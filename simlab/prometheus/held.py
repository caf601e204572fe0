"""How many samples Prometheus holds to evaluate an expression."""

from collections.abc import Mapping, Sequence

import numpy as np

from simlab.prometheus.exposed import Exposed, selected
from simlab.prometheus.meaning import Meaning
from simlab.prometheus.promql import Expression, MedianDeviation, OverTime, Rate, Selector


def most_held(meaning: Meaning, store: Sequence[Exposed], *, step_us: int) -> int:
    """The most samples of one series that a window of the meaning may hold.

    Args:
        meaning: what is evaluated.
        store: what there is.
        step_us: how often it is evaluated, and so recorded [µs].
    """
    made = {recording.metric: step_us for recording in meaning.recordings}
    expressions = (*(each.expression for each in meaning.recordings), meaning.condition)
    return max(
        (
            _held(part.selector, part.width_us, store, made)
            for expression in expressions
            for part in _windows(expression)
        ),
        default=1,
    )


def _windows(expression: Expression) -> list[OverTime | Rate | MedianDeviation]:
    kinds = (OverTime, Rate, MedianDeviation)
    return [part for part in expression.parts() if isinstance(part, kinds)]


def _held(
    selector: Selector, width_us: int, store: Sequence[Exposed], made: Mapping[str, int]
) -> int:
    if selector.metric in made:
        return width_us // made[selector.metric]
    counts = [0]
    for series in selected(store, selector):
        first = series.time_ms.searchsorted(series.time_ms - width_us // 1000, side="right")
        counts.append(int((np.arange(1, len(first) + 1) - first).max(initial=0)))
    return max(counts)
