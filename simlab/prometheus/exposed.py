"""Series as Prometheus stores them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from simlab.prometheus.promql import Selector, quoted

Moments: TypeAlias = NDArray[np.int64]
Values: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values of labels but the series' name, by name."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Exposed:
    """One series.

    Attributes:
        metric: its name.
        labels: its other labels.
        time_ms: when it was scraped [ms since 1970], ascending, no two alike.
        value: what it was.
        stale: where Prometheus was told that the series has ended; None is nowhere.
    """

    metric: str
    labels: Labels = ()
    time_ms: Moments
    value: Values
    stale: Flags | None = field(default=None)

    def __str__(self) -> str:
        """Its name and labels as PromQL has them."""
        inner = ",".join(f"{name}={quoted(value)}" for name, value in self.labels)
        return f"{self.metric}{{{inner}}}" if inner else self.metric

    def is_of(self, selector: Selector) -> bool:
        """Whether a selector selects it; a label that it does not have is empty."""
        told = dict(self.labels)
        return self.metric == selector.metric and all(
            (told.get(matcher.label, "") == matcher.value) == (matcher.operator == "=")
            for matcher in selector.matchers
        )

    def without_stale(self) -> "Exposed":
        """The same without its ends, which windows pass over."""
        if self.stale is None:
            return self
        kept = ~self.stale
        return Exposed(
            metric=self.metric, labels=self.labels,
            time_ms=self.time_ms[kept], value=self.value[kept],
        )  # fmt: skip


def selected(store: Iterable[Exposed], selector: Selector) -> Sequence[Exposed]:
    """The series of a store that a selector selects."""
    return [series for series in store if series.is_of(selector)]
