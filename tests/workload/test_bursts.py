"""Bursty arrivals: a gamma rate each minute, and a Poisson process at that rate within it."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from simlab.workload import slices
from simlab.workload.arrivals import intensity
from simlab.workload.bursts import bursts
from simlab.workload.draw import draw
from simlab.workload.load import Load, load_of
from simlab.workload.luck import due_times_s
from simlab.workload.size import negative_binomial
from simlab.workload.slices import parts, slice_s

from .cases import case, chi_square, is_chi_square, ks_distance, ks_limit

M = 30.0
MINUTES = 2_880


def bursty(*, burstiness: float | None = None, seed: int = 5, duration: str = "2d") -> Load:
    arrivals = {"process": "bursty", "per_minute": M}
    if burstiness is not None:
        arrivals["burstiness"] = burstiness
    return load_of(case(duration=duration, arrivals=arrivals), seed=seed)


def due_s(load: Load) -> npt.NDArray[np.float64]:
    return np.concatenate(
        [due_times_s(load, cut) for part in parts(load) for cut in part.slices[part.before :]]
    )


def per_minute(load: Load) -> npt.NDArray[np.int64]:
    counts: npt.NDArray[np.int64] = np.histogram(due_s(load), np.arange(MINUTES + 1) * 60.0)[0]
    return counts


@pytest.mark.parametrize("burstiness", [0.02, 0.5, None, 4.0])
def test_counts_a_minute_are_negative_binomial(burstiness: float | None) -> None:
    """Of mean m and variance m + b * m^2, and of its probabilities in ten classes."""
    b = burstiness or 1.0
    counts, variance = per_minute(bursty(burstiness=burstiness)), M + b * M**2
    assert abs(counts.mean() - M) < 4.5 * math.sqrt(variance / MINUTES)
    fourth = ((counts - M) ** 4).mean()
    assert abs(counts.var() - variance) < 4.5 * math.sqrt((fourth - variance**2) / MINUTES)
    upto = np.cumsum(negative_binomial(mean=M, dispersion=1 / b))
    edges = np.unique(np.searchsorted(upto, np.arange(1, 10) / 10))
    shares = np.diff(np.concatenate([[0.0], upto[edges], [1.0]]))
    found = np.bincount(np.searchsorted(edges, counts), minlength=len(shares))
    assert is_chi_square(chi_square(found, MINUTES * shares), len(shares) - 1)


def test_neighbouring_minutes_have_nothing_to_do_with_each_other() -> None:
    counts = per_minute(bursty())
    assert abs(np.corrcoef(counts[1:], counts[:-1])[0, 1]) < 4.5 / math.sqrt(MINUTES)


def test_given_the_minutes_rates_arrivals_are_a_poisson_process() -> None:
    """Transformed by what is expected up to them they are uniform, and counts are Poisson."""
    load = bursty(duration="1d")
    edges_s, expected = bursts(load, load.intensity, start_s=0, end_s=86_400)
    due = due_s(load)
    counts = np.histogram(due, edges_s)[0]
    rates = np.diff(expected)
    some = rates > 5
    assert is_chi_square(chi_square(counts[some], rates[some]), int(some.sum()))
    share = np.interp(due, edges_s, expected) / expected[-1]
    assert ks_distance(share, lambda u: u) < ks_limit(len(due))
    within = np.mod(due, 60) / 60
    assert ks_distance(within, lambda u: u) < ks_limit(len(due))


def test_a_minutes_rate_is_the_same_in_whichever_slices_it_lies() -> None:
    """Cut anywhere, even within a minute, what is expected adds up to the same."""
    load = bursty(duration="3h")
    edges_s, whole = bursts(load, load.intensity, start_s=0, end_s=10_800)
    cuts = [0.0, 7.0, 60.0, 61.5, 3_600.0, 3_630.25, 10_800.0]
    for start_s, end_s in pairwise(cuts):
        own_s, own = bursts(load, load.intensity, start_s=start_s, end_s=end_s)
        assert (own_s[0], own_s[-1]) == (start_s, end_s)
        expected = np.interp(own_s, edges_s, whole) - np.interp(start_s, edges_s, whole)
        np.testing.assert_allclose(own, expected, atol=1e-9)


def test_bursts_go_on_over_the_edges_of_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of 33 s: the minutes' counts still have the variance of minutes."""
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 10)
    load = bursty()
    assert slice_s(load.profile) < 60
    counts, variance = per_minute(load), M + M**2
    assert abs(counts.mean() - M) < 4.5 * math.sqrt(variance / MINUTES)
    fourth = ((counts - M) ** 4).mean()
    assert abs(counts.var() - variance) < 4.5 * math.sqrt((fourth - variance**2) / MINUTES)


def test_parts_hold_the_arrivals_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = bursty(duration="3h").profile
    whole = draw(profile, seed=5).rows
    monkeypatch.setattr(slices, "ROWS_PER_PART", 100)
    assert draw(profile, seed=5).rows.equals(whole)


def test_bursts_follow_the_hours() -> None:
    arrivals = {"process": "bursty", "per_minute": M, "burstiness": 0.1, "hourly": [0, 2] * 12}
    load = load_of(case(duration="2d", arrivals=arrivals), seed=2)
    counts = np.histogram(due_s(load), np.arange(49) * 3_600.0)[0]
    expected = 2 * M * 60
    assert not counts[::2].any()
    variance = expected + 0.1 * (2 * M) ** 2 * 60
    assert is_chi_square(float(((counts[1::2] - expected) ** 2).sum() / variance), 24)
    assert intensity(load.profile).expected(7_200.0) == pytest.approx(expected)
