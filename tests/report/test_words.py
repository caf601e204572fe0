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
    ],
)
def test_a_rule_in_words(rule: Rule, words: str) -> None:
    assert condition(rule) == words


def test_an_axis_says_its_unit() -> None:
    assert axis_label("mem_usage_mb") == "mem_usage_mb [MB]"
