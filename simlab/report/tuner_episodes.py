"""When the rules of a tuner fire, computed as they are turned and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series, series
from simlab.dataset.schema import Dataset
from simlab.report.view import envelope
from simlab.tuning.backtest import labels_of
from simlab.tuning.coverage import uncovered_before
from simlab.tuning.grid import Grid
from simlab.tuning.interval import whole
from simlab.tuning.match import no_truth
from simlab.tuning.scan import Against, scan

Signal: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64]]
"""When a rule was judged [µs since 1970], and by what."""

STRETCHES: Final = 500
"""About as many as a picture has columns."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Begun:
    """The episodes of a rule that count, in the order of time.

    Attributes:
        start_us: when each began to fire [µs since 1970].
        true: whether that was in an incident.
    """

    start_us: NDArray[np.int64]
    true: NDArray[np.bool_]

    def since(self, start_us: int) -> "Begun":
        """Those that began at a moment or later."""
        kept = self.start_us >= start_us
        return Begun(start_us=self.start_us[kept], true=self.true[kept])


class Episodes:
    """What rules do on a dataset; each window is computed once, and each rule.

    Args:
        dataset: with its labels, if it has any.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._seen: dict[tuple[str, str], tuple[Series, ...]] = {}
        self._begun: dict[Rule, Begun] = {}
        self._signals: dict[tuple[str, str], Signal] = {}
        interval = whole(dataset)
        incidents = (labels_of(dataset, interval) or no_truth()).incidents
        self._against = Against(
            incidents=incidents,
            outside_before=uncovered_before(
                incidents.start_us,
                incidents.end_us,
                from_us=interval.start_us,
                until_us=interval.until_us,
            ),
            interval=interval,
            last_us=interval.until_us - 1,
        )

    def begun(self, rule: Rule) -> Begun:
        """The episodes of a rule over the whole dataset."""
        found = self._begun.get(rule)
        if found is None:
            ((_, fired),) = scan(rule, self._series(rule), _alone(rule), self._against)
            kept = fired.counted
            found = Begun(start_us=fired.start_us[kept], true=fired.true[kept])
            self._begun[rule] = found
        return found

    def signal(self, rule: Rule) -> Signal:
        """What the rule is judged by, thinned to what a picture can show; see `view.envelope`."""
        key = (rule.name, rule.window)
        if key not in self._signals:
            parts = self._series(rule)
            time_us = np.concatenate([part.time_us for part in parts])
            value = np.concatenate([part.value for part in parts])
            order = np.argsort(time_us, kind="stable")
            self._signals[key] = envelope(time_us[order], value[order], most=STRETCHES)
        return self._signals[key]

    def _series(self, rule: Rule) -> Sequence[Series]:
        key = (rule.name, rule.window)
        if key not in self._seen:
            self._seen[key] = series(rule, self._dataset)
        return self._seen[key]


def _alone(rule: Rule) -> Grid:
    return Grid(
        threshold=np.array([rule.limit]),
        for_=(rule.for_,),
        for_us=np.array([rule.for_us], dtype=np.int64),
        threshold_at=0,
        for_at=0,
    )
