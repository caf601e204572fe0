"""Expressions of a user's: what they compute, and what is refused."""

import ast
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.mapping import column_expression
from simlab.errors import ConfigError

COLUMNS = ("a", "b", "code", "@time")
NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
OPERANDS = st.sampled_from(["a", "b", "3", "0.5", "1e3"])
ARITHMETIC = st.recursive(
    OPERANDS,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | inner.map(lambda text: f"-{text}")
    ),
    max_leaves=8,
)
COMPARISONS = st.tuples(
    ARITHMETIC, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), ARITHMETIC
).map(" ".join)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        )
        | inner.map(lambda text: f"not ({text})")
    ),
    max_leaves=4,
)
PAYLOADS = [
    "__import__('os').system('true')", "a.__class__", "a[0]", "a[b]", "exec('1')", "a()", "a ** b",
    "9 ** 9 ** 9", "lambda: 1", "[a]", "(a, b)", "{a}", "{'a': b}", "[x for x in a]", "a if b else 3",
    "f'{a}'", "a := 1", "(a := 1)", "a; b", "a\nb", "import os", "None", "...", "b'x'", "1j", "a // b",
    "a % b", "a << 2", "a @ b", "~a", "a & b", "a | b", "a in b", "a is b", "a not in b", "*a", "await a",
    "yield", "'a' + 'b'", "'a' < 3", "a + 'x'", "-'a'", "not 3", "a and 'x'", "3 and a", "", " ", "\0",
    "\ud800", "(" * 300, "1" * 400, "a" * 501, "-" * 500 + "a", "__builtins__", "pl",
    "True + 1", "a == None", "'\\d' + 3",
]  # fmt: skip


def evaluate(text: str, **columns: list[Any]) -> list[Any]:
    frame = pl.DataFrame(columns)
    expression = column_expression(text, columns=frame.columns, where="--map x")
    return frame.select(x=expression).to_series().to_list()


@given(text=ARITHMETIC | CONDITIONS, a=NUMBERS, b=NUMBERS)
def test_it_computes_what_python_computes(text: str, a: float, b: float) -> None:
    if len(text) > 500:
        return
    expected = eval(
        compile(ast.parse(text, mode="eval"), "", "eval"), {"a": a, "b": b}
    )  # the oracle
    assert evaluate(text, a=[a], b=[b])[0] == pytest.approx(expected, rel=1e-12, abs=1e-300)


def test_a_column_of_text_is_a_number_where_a_number_is_asked_for() -> None:
    assert evaluate("a / 1000", a=["250", "x", "nan", None]) == [0.25, None, None, None]


def test_a_column_of_numbers_is_text_beside_text() -> None:
    assert evaluate('code == "500"', code=[500, 200, None]) == [True, False, None]


@pytest.mark.parametrize("values", [[True, False], ["true", "false"], ["True", "False"], [1, 0]])
def test_a_column_is_a_boolean_where_one_is_asked_for(values: list[Any]) -> None:
    assert evaluate("not a", a=values) == [False, True]
    assert evaluate("a == True", a=values) == [True, False]


def test_a_chain_compares_each_neighbour() -> None:
    assert evaluate("400 <= a < 500", a=[399, 400, 499, 500]) == [False, True, True, False]


def test_dividing_by_zero_is_no_error() -> None:
    assert evaluate("a / 0", a=[1.0]) == [float("inf")]


def test_a_name_alone_is_the_column_as_it_stands_whatever_the_name() -> None:
    assert evaluate("@time", **{"@time": ["007"]}) == ["007"]


def test_a_quoted_word_alone_is_that_word() -> None:
    assert evaluate('"error"', a=[1]) == ["error"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_anything_else_is_refused_in_one_line(payload: str) -> None:
    with pytest.raises(ConfigError, match=r"^--map x: ") as caught:
        column_expression(payload, columns=COLUMNS, where="--map x")
    assert "\n" not in str(caught.value)


@given(text=st.text(max_size=60))
def test_any_text_gives_an_expression_or_a_refusal(text: str) -> None:
    try:
        expression = column_expression(text, columns=COLUMNS, where="--map x")
    except ConfigError:
        return
    assert isinstance(expression, pl.Expr)


def test_the_longest_expressions_are_computed() -> None:
    assert evaluate("-" * 498 + "a", a=[2.0]) == [2.0]
    assert evaluate("a +" * 160 + "a", a=[2.0]) == [322.0]


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"no column 'elapsed'; the columns are a, b, code, @time"
    ):
        column_expression("elapsed / 1000", columns=COLUMNS, where="--map duration")
