"""Items, limits and families are told apart."""

import numpy as np
import pytest

from simlab.config import duration_s
from simlab.dataset.schema import Dataset
from simlab.workload.fit.service import ServiceFit, fit_service, limit_of

from .cases import Array, evidence, is_recovered, log, named

N = 6_000


def learned(dataset: Dataset) -> ServiceFit:
    known = evidence(dataset)
    return fit_service(known, limit_of(known.rows.drop_nulls("duration")))


def logged(duration_s: Array, **columns: object) -> Dataset:
    """Attempts that ended one a second."""
    return log(np.arange(1.0, len(duration_s) + 1), duration_s, **columns)


def test_what_no_family_fits_is_told_by_its_quantiles() -> None:
    rng = np.random.default_rng(1)
    quick = rng.random(N) < 0.3
    worked_s = np.where(quick, rng.normal(0.05, 0.003, N), rng.lognormal(0.0, 0.1, N))
    found = learned(logged(worked_s))
    table = found.learned.table
    assert table["dist"] == "empirical"
    assert [candidate.dist for candidate in found.candidates if candidate.chosen] == ["empirical"]
    assert table["quantiles"][0] == pytest.approx(worked_s.min(), abs=0.01)
    assert table["quantiles"][100] == pytest.approx(np.median(worked_s), rel=0.02)


def test_attempts_that_ran_into_the_limit_do_not_bend_the_family() -> None:
    rng = np.random.default_rng(2)
    worked_s = rng.gamma(2.0, 0.5, N)
    cut = worked_s >= 2.0
    found = learned(
        logged(
            np.minimum(worked_s, 2.0),
            status=np.where(cut, "retry", "success"),
            error_type=["timeout" if late else None for late in cut],
        )
    )
    assert found.learned.table["dist"] == "gamma"
    assert found.learned.table["limit"] == "2s"
    assert is_recovered(named(found.learned.estimates, "$.service.shape"), 2.0)
    assert is_recovered(named(found.learned.estimates, "$.service.scale"), 0.5)
    assert any(f"{np.count_nonzero(cut):,} attempts were cut" in n for n in found.learned.notes)


def test_attempts_that_end_at_the_same_moment_and_well_are_not_cut() -> None:
    worked_s = np.round(np.random.default_rng(3).uniform(0.0, 1.0, N) + 0.005, 2)
    assert not limit_of(logged(worked_s).rows).seen


@pytest.mark.parametrize(
    ("longest_s", "limit"), [(0.5, "5m"), (149.0, "5m"), (400.0, "14m"), (3000.0, "1h")]
)
def test_a_limit_that_was_not_seen_is_well_above_what_was(longest_s: float, limit: str) -> None:
    worked_s = np.random.default_rng(4).random(N) * longest_s
    worked_s[0] = longest_s
    assert learned(logged(worked_s)).learned.table["limit"] == limit
    assert duration_s(limit) >= min(2 * longest_s, 3600)


def test_attempts_longer_than_an_hour_are_cut_there() -> None:
    worked_s = np.random.default_rng(5).exponential(2_000, N)
    found = learned(log(np.arange(N) * 10.0, worked_s))
    assert found.learned.table["limit"] == "1h"
    assert found.learned.table["dist"] == "exponential"
    assert is_recovered(named(found.learned.estimates, "$.service.scale"), 2_000)


def test_the_work_of_an_item_is_found_and_0_where_it_is_lost_in_noise() -> None:
    rng = np.random.default_rng(6)
    size, base = rng.integers(1, 100, N), rng.gamma(4.0, 0.2, N)
    estimates = learned(logged(base + 0.01 * size, batch_size=size)).learned.estimates
    assert is_recovered(named(estimates, "$.service.per_item"), 0.01)
    assert is_recovered(named(estimates, "$.service.shape"), 4.0)
    table = learned(logged(base, batch_size=size)).learned.table
    assert table["per_item"] == 0


@pytest.mark.parametrize(("apart_s", "reason"), [(0.0, "timeout"), (1e-7, None)])
def test_durations_that_are_all_the_same_are_a_family_without_spread(
    apart_s: float, reason: str | None
) -> None:
    worked_s = 0.5 + apart_s * np.random.default_rng(7).random(N)
    table = learned(logged(worked_s, status="error", error_type=reason)).learned.table
    assert (table["dist"], table["limit"]) == ("lognormal", "5m")
    assert table["median"] == pytest.approx(0.5)
    assert table["sigma"] < 1e-6


def test_the_chance_of_a_richer_family_does_not_replace_the_simpler_one() -> None:
    """An exponential is a gamma and a Weibull too."""
    for seed in range(20):
        worked_s = np.random.default_rng(seed).exponential(0.5, 2_000)
        assert learned(logged(worked_s)).learned.table["dist"] == "exponential"
