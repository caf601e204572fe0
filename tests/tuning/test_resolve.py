"""The time to resolve is counted from the end of trouble, for what had caught it."""

import numpy as np
import polars as pl

from simlab.tuning.match import truth
from simlab.tuning.resolve import resolve_s

from .cases import at_s, incidents


def resolving(labels: pl.DataFrame, *episodes: tuple[float, float]) -> list[float]:
    starts, ends = zip(*episodes, strict=True) if episodes else ((), ())
    known = truth(labels, from_us=0, until_us=10**12)
    return list(resolve_s(at_s(*starts), at_s(*ends), known))


def test_the_time_to_resolve_counts_from_when_trouble_ceased_to_show() -> None:
    np.testing.assert_equal(resolving(incidents((10, 20, False)), (12, 27.5)), [7.5])
    np.testing.assert_equal(resolving(incidents((10, 20, False)), (12, 20)), [0.0])


def test_what_resolved_before_the_incident_was_over_has_no_time_to_resolve() -> None:
    np.testing.assert_equal(resolving(incidents((10, 20, False)), (12, 19)), [np.nan])


def test_an_episode_that_began_before_the_incident_resolves_nothing() -> None:
    """It did not catch it: it would have fired anyway."""
    np.testing.assert_equal(resolving(incidents((10, 20, False)), (9, 30)), [np.nan])
    np.testing.assert_equal(resolving(incidents((10, 20, False)), (9, 40), (15, 23)), [3.0])
