"""A quantity lies as many times as far as chance rarely does."""

import numpy as np
import pytest
from matplotlib.collections import PathCollection

from simlab.report.drift_plot import drift_distances
from simlab.tuning.apart import Apart
from simlab.tuning.drift import Drift, Judged, Verdict


def _judged(name: str, distance: float, verdict: Verdict) -> Judged:
    apart = Apart(
        quantity=name, measure="change", there=1.0, here=1.0 + distance, distance=distance,
        low=distance - 0.05, high=distance + 0.05, chance=0.05, rare=0.1,
    )  # fmt: skip
    return Judged(apart=apart, verdict=verdict)


def _drift(*quantities: Judged) -> Drift:
    return Drift(logs="now", reference="then", quantities=quantities, alarms=None, notes=())


def test_places_are_multiples_of_what_chance_rarely_exceeds() -> None:
    ax = drift_distances(
        _drift(_judged("duration", 0.3, "drifted"), _judged("error_ratio", -0.04, "alike"))
    )
    dots = [dots for dots in ax.collections if isinstance(dots, PathCollection)]
    places = sorted(float(np.asarray(dot.get_offsets())[0, 0]) for dot in dots)
    assert places == pytest.approx([0.4, 3.0])
    assert [text.get_text() for text in ax.texts] == ["alike", "drifted"]
    assert ax.get_title(loc="left") == "1 of 2 quantities drifted: duration"


def test_nothing_that_drifted_is_said_too() -> None:
    ax = drift_distances(_drift(_judged("duration", 0.01, "alike")))
    assert ax.get_title(loc="left") == "None of 1 quantity has drifted"
