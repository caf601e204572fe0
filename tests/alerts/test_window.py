"""A window fed value by value gives the floats that the arrays give, to the bit."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.alerts.rule import Aggregate, Rule
from simlab.alerts.signal import windowed
from simlab.alerts.window import window

odd = st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e308])
anything = odd | st.floats(0, 10) | st.floats()


def live(rule: Rule, values: list[float]) -> list[float]:
    push = window(rule)
    return values if push is None else [push(value) for value in values]


@given(
    values=st.lists(anything, max_size=50),
    width=st.integers(1, 9),
    needed=st.integers(1, 9),
    aggregate=st.sampled_from([name for name in get_args(Aggregate) if name != "ratio"]),
)
def test_one_by_one_is_all_at_once_for_any_floats(
    values: list[float], width: int, needed: int, aggregate: Aggregate
) -> None:
    rule = Rule(
        name="r", signal="value", aggregate=aggregate, window=f"{width} rows",
        min_count=min(needed, width), threshold=0,
    )  # fmt: skip
    assert np.array_equal(live(rule, values), windowed(np.array(values), rule), equal_nan=True)


@given(
    values=st.lists(st.sampled_from([0.0, 1.0]), max_size=80),
    width=st.integers(1, 9),
    needed=st.integers(1, 9),
)
def test_ratios_one_by_one_are_those_all_at_once(
    values: list[float], width: int, needed: int
) -> None:
    rule = Rule(
        name="r", signal="retry_ratio", aggregate="ratio", window=f"{width} rows",
        min_count=min(needed, width), threshold=0,
    )  # fmt: skip
    assert np.array_equal(live(rule, values), windowed(np.array(values), rule), equal_nan=True)


def test_two_windows_of_one_rule_know_nothing_of_each_other() -> None:
    rule = Rule(name="r", signal="value", aggregate="max", window="2 rows", threshold=0)
    first, second = window(rule), window(rule)
    assert first is not None
    assert second is not None
    assert math.isnan(first(9.0))
    assert math.isnan(second(1.0))
    assert second(2.0) == 2.0


def test_the_last_value_alone_needs_no_window() -> None:
    assert window(Rule(name="r", signal="value", threshold=0)) is None


@pytest.mark.parametrize("aggregate", ["min", "max", "mean"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_nan_makes_a_window_undefined_wherever_it_lies(
    aggregate: Aggregate, position: int
) -> None:
    rule = Rule(name="r", signal="value", aggregate=aggregate, window="3 rows", threshold=0)
    values = [1.0] * 3
    values[position] = math.nan
    assert math.isnan(live(rule, values)[-1])
    assert live(rule, [*values, 1.0, 1.0, 1.0])[-1] == 1.0
