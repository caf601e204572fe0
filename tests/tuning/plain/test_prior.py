from dataclasses import replace

import numpy as np
import pytest

from simlab.tuning.plain.caps import Caps
from simlab.tuning.plain.evidence import KS, Evidence
from simlab.tuning.plain.prior import learn, updated, weighed
from simlab.tuning.plain.shipped import PRIOR

_ZERO = np.zeros(KS.size)


def seen(
    false: float, days: float, *, true: float = 0, firing: float = 0, labelled: bool = True
) -> Evidence:
    """A series on which every K did the same."""
    return Evidence(
        days=days, false=_ZERO + false, true=_ZERO + true, caught=_ZERO + true,
        firing_days=_ZERO + firing, firing_squares=_ZERO + firing**2, inside_days=_ZERO,
        normal_days=days, labelled=labelled,
    )  # fmt: skip


def test_the_weight_is_that_of_the_gamma_that_rates_were_drawn_from() -> None:
    """Rates from a gamma of shape 4 and 50 days weigh 50 days; 2,000 files find it to a tenth."""
    random = np.random.default_rng(3)
    rates = random.gamma(4, 1 / 50, 2000)
    files = [seen(count, 60) for count in random.poisson(rates * 60)]
    assert learn(files, caps=Caps()).weight_days == pytest.approx(50, rel=0.1)


def test_files_that_differ_by_luck_alone_weigh_most() -> None:
    """Equal counts vary less than Poisson's: another file tells as much as can be, half a year."""
    assert learn([seen(3, 30)] * 9, caps=Caps()).weight_days == 180


def test_a_series_speaks_for_itself_as_it_grows() -> None:
    """From what others do, at no days, to what it does itself, at many."""
    none, some, many = (
        weighed(seen(rate * days, days), PRIOR).false_alarms_per_day[0]
        for rate, days in ((0.0, 1e-9), (0.0, PRIOR.weight_days), (0.0, 1e6))
    )
    assert none == pytest.approx(PRIOR.false[0])
    assert some == pytest.approx(PRIOR.false[0] / 2)
    assert many == pytest.approx(0, abs=1e-4)


def test_without_labels_as_many_pages_are_taken_for_true_as_elsewhere() -> None:
    """A series with just so many pages tells of no false alarm; with fewer, none below 0."""
    usual = replace(seen(0, 30, labelled=False), false=PRIOR.true * 30)
    told = weighed(usual, PRIOR).false_alarms_per_day
    np.testing.assert_allclose(told, weighed(seen(0, 30), PRIOR).false_alarms_per_day)
    silent = weighed(seen(0, 30, labelled=False), PRIOR).false_alarms_per_day
    np.testing.assert_allclose(silent, told)


def test_others_of_its_kind_move_the_prior_and_unlabelled_ones_do_not() -> None:
    """As many days as the prior weighs move it half the way."""
    others = [seen(0, PRIOR.weight_days / 2)] * 2
    np.testing.assert_allclose(updated(PRIOR, others).false, PRIOR.false / 2)
    assert updated(PRIOR, others).weight_days == PRIOR.weight_days
    assert updated(PRIOR, [seen(9, 90, labelled=False)]) is PRIOR
