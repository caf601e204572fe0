"""A rule in words says what it waits for, with units."""

import pytest

from simlab.alerts.rule import Rule
from simlab.report.words import axis_label, condition

from .cases import strategy


def test_the_strategy_reads_as_it_was_written() -> None:
    assert [condition(rule) for rule in strategy()] == [
        "duration > 2 s",
        "error_ratio over 100 batches > 5 %",
        "cpu_percent > 85 % for 5m",
    ]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            Rule(name="a", signal="value", threshold=3, direction="below"),
            "value < 3",
        ),
        (
            Rule(name="a", signal="duration", aggregate="mean", window="10 rows", threshold=0.5),
            "mean duration over 10 rows > 500 ms",
        ),
        (
            Rule(name="a", signal="disk_write_bytes", threshold=2e6, for_="90s"),
            "disk_write_bytes > 2 MB for 90s",
        ),
        (
            Rule(
                name="a", signal="value", aggregate="zscore", window="14d", smooth="75m",
                direction="outside", threshold=4,
            ),
            "zscore of value (mean of 75m) over 14d outside ±4",
        ),
        (
            Rule(name="a", signal="value", aggregate="record", window="28d", margin=0.05),
            "value above its range over 28d by 5 % of it",
        ),
        (
            Rule(name="a", signal="duration", aggregate="absent", window="10m", for_="1m"),
            "no duration for 10m and 1m more",
        ),
        (
            Rule(
                name="a", signal="error_ratio", aggregate="ratio", window="1h",
                short_window="5m", threshold=0.072, by="warehouse_id",
            ),
            "error_ratio over 1h and over 5m > 7.2 % in one warehouse",
        ),
        (
            Rule(
                name="a", signal="throughput", aggregate="mean", window="10m",
                direction="below", threshold=3,
            ),
            "throughput over 10m < 3 a minute",
        ),
        (
            Rule(name="a", signal="cpu_percent", aggregate="rate", window="10m", threshold=0.5),
            "rate of cpu_percent over 10m > 0.5 a second",
        ),
    ],
)  # fmt: skip
def test_a_rule_in_words(rule: Rule, words: str) -> None:
    assert condition(rule) == words


def test_an_axis_says_its_unit() -> None:
    assert axis_label("mem_usage_mb") == "mem_usage_mb [MB]"
