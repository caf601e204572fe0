"""Durations cut at a limit count as longer ones: parameters are found as without the cut."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from simlab.workload.fit.families import FAMILIES, Ends
from simlab.workload.fit.tails import Works, fit_with_tail, log_likelihoods, log_survival

from .cases import Array

N = 20_000
CASES: dict[str, tuple[dict[str, float], Array]] = {
    "exponential": ({"scale": 0.7}, np.random.default_rng(1).exponential(0.7, N)),
    "lognormal": (
        {"median": 0.4, "sigma": 0.6},
        np.random.default_rng(2).lognormal(np.log(0.4), 0.6, N),
    ),
    "gamma": ({"shape": 2.5, "scale": 0.2}, np.random.default_rng(3).gamma(2.5, 0.2, N)),
    "weibull": ({"shape": 1.5, "scale": 0.4}, 0.4 * np.random.default_rng(4).weibull(1.5, N)),
    "pareto": ({"shape": 2.5, "scale": 0.1}, 0.1 + 0.1 * np.random.default_rng(5).pareto(2.5, N)),
}
SURVIVALS: dict[str, Callable[[float], float]] = {
    "exponential": lambda x: math.exp(-x / 0.7),
    "lognormal": lambda x: math.erfc(math.log(x / 0.4) / 0.6 / math.sqrt(2)) / 2,
    "weibull": lambda x: math.exp(-((x / 0.4) ** 1.5)),
    "pareto": lambda x: (0.1 / x) ** 2.5,
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("share", [0.01, 0.2])
def test_a_cut_tail_moves_no_parameter(name: str, share: float) -> None:
    truth, drawn = CASES[name]
    limit = np.quantile(drawn, 1 - share)
    works = Works(np.minimum(drawn, limit), drawn >= limit)
    ends = Ends(low=float(drawn.min()), high=float(limit))
    fit = fit_with_tail(FAMILIES[name], works, ends)
    for key, error in FAMILIES[name].errors(drawn[drawn < limit], fit).items():
        assert abs(fit[key] - truth[key]) < 4.5 * error + 2e-4 * truth[key], key
    blind = FAMILIES[name].fit(works.time_s, ends)
    if share > 0.1:
        assert any(abs(blind[key] / truth[key] - 1) > 0.03 for key in truth)


@pytest.mark.parametrize("name", SURVIVALS)
def test_the_chance_of_lasting_longer_is_that_of_theory(name: str) -> None:
    at = np.array([0.2, 0.5, 1.5])
    survived = np.exp(log_survival(FAMILIES[name], CASES[name][0], at))
    np.testing.assert_allclose(survived, [SURVIVALS[name](x) for x in at], rtol=2e-3)


def test_what_was_cut_has_the_likelihood_of_lasting_longer() -> None:
    works = Works(np.array([0.3, 0.7]), np.array([False, True]))
    each = log_likelihoods(FAMILIES["exponential"], {"scale": 0.7}, works)
    np.testing.assert_allclose(each, [-0.3 / 0.7 - math.log(0.7), -1.0], rtol=1e-4)
