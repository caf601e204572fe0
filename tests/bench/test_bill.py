"""What rounds of known cost come to."""

import math

import pytest

from simlab.bench.bill import bill_of
from simlab.bench.chance import Estimate
from simlab.bench.findings import findings_of
from simlab.bench.parts import parts_bill
from simlab.bench.rates import rate_per_s, share_of

from .known import measured, study_of


def test_a_bill_has_a_line_a_stack_with_its_ratio_and_verdict() -> None:
    found = study_of(half=[5_000.0] * 5, same=[10_020.0, 10_000.0, 10_050.0, 10_000.0, 10_030.0])
    lines = {line.stack: line for line in bill_of(found).lines}
    assert lines["half"].ratios["called"].times.value == pytest.approx(0.5, rel=0.01)
    assert lines["half"].ratios["called"].verdict == "less"
    assert lines["same"].ratios["called"].verdict == "no difference"
    assert lines["plain"].ratios == {}
    assert lines["plain, again"].ratios["cpu"].verdict == "no difference"


def test_the_noise_floor_is_how_far_the_base_is_from_itself_at_most() -> None:
    quiet = bill_of(study_of())
    assert 1.0 < quiet.floors["called"] < 1.01
    assert not quiet.is_noisy
    noisy = study_of(**{"plain, again": [9_000.0, 14_000.0, 10_000.0, 8_000.0, 13_000.0]})
    assert bill_of(noisy).is_noisy
    (caution,) = findings_of(noisy).cautions
    assert f"{bill_of(noisy).floors['called']:.2f} times" in caution


def test_lines_that_a_stack_dropped_are_told() -> None:
    found = study_of(lossy=[1.0] * 5)
    found.stacks["lossy"][0] = measured(1.0, dropped=3)
    (caution,) = findings_of(found).cautions
    assert caution.startswith("stack 'lossy' dropped 3 lines")


def test_a_price_an_event_is_a_share_of_a_batch_and_of_a_core() -> None:
    """1 ms of telemetry beside 1 ms of work is half of the batch; 10 us at 1,000 a second is 1 %."""
    assert share_of(Estimate(1e6, 0.5e6, 3e6), 0.001) == Estimate(0.5, 1 / 3, 0.75)
    assert rate_per_s(Estimate(10_000.0, 5_000.0, 20_000.0), 0.01) == Estimate(
        1000.0, 500.0, 2000.0
    )


def test_what_costs_nothing_that_can_be_seen_has_no_share_and_no_limit() -> None:
    assert share_of(Estimate(-1.0, -2.0, 0.0), 1.0) == Estimate(0.0, 0.0, 0.0)
    assert math.isinf(rate_per_s(Estimate(1.0, -1.0, 3.0), 0.01).high)


def test_parts_are_what_the_whole_costs_less_without_each() -> None:
    """Two parts that share 100 ns: what is saved without both is not the sum of the two."""
    costs = {
        "whole": [1000.0, 1010.0, 990.0, 1005.0, 995.0],
        "whole, again": [1005.0, 1000.0, 1000.0, 995.0, 1000.0],
        "without log": [400.0, 410.0, 390.0, 405.0, 395.0],
        "without metrics": [500.0, 510.0, 490.0, 505.0, 495.0],
        "without alerts": [1001.0, 1008.0, 993.0, 1004.0, 994.0],
    }
    bill = parts_bill({name: [measured(cost) for cost in told] for name, told in costs.items()})
    parts = {part.part: part for part in bill.parts}
    assert parts["log"].cpu_ns.value == pytest.approx(600)
    assert parts["metrics"].called_ns.value == pytest.approx(500)
    assert [part.part for part in bill.parts if part.is_seen] == ["log", "metrics"]
    assert bill.together_ns.value == pytest.approx(1100)
    assert bill.rest_ns.value == pytest.approx(-100)
