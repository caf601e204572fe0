"""What a user maps onto a column: arithmetic and comparisons on the columns of a file.

The text is parsed, never run: what is not on the short list below is refused.
"""

import ast
import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Final, TypeAlias

import polars as pl

from simlab.errors import ConfigError

_LONGEST: Final = 500
_ALLOWED: Final = "columns, constants, + - * /, comparisons, and, or, not, parentheses"
_Binary: TypeAlias = Callable[[Any, Any], Any]
_ARITHMETIC: Final[dict[type[ast.operator], _Binary]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_COMPARISON: Final[dict[type[ast.cmpop], _Binary]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_TRUTH: Final = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
"""How booleans look in text."""


def column_expression(text: str, *, columns: Sequence[str], where: str) -> pl.Expr:
    """The expression that `text` describes, over a frame with these columns.

    A column's name alone is that column as it stands, whatever the name. Anything longer is
    made of names that are identifiers, numbers, `"text"`, `True` and `False`, `+ - * /`,
    comparisons, `and`, `or`, `not` and parentheses. A column is taken as what stands beside it
    asks for: a number in arithmetic, text beside text, a boolean in `and`, `or`, `not`; a value
    that is no such thing gives null.

    Args:
        text: at most 500 characters.
        columns: the names that may occur.
        where: what to call the text in an error, such as `--map duration=elapsed_ms/1000`.

    Raises:
        ConfigError: it cannot be parsed, holds anything else, or names an unknown column.

    >>> frame = pl.DataFrame({"elapsed_ms": ["250", "1500"]})
    >>> frame.select(column_expression("elapsed_ms / 1000", columns=["elapsed_ms"], where="--map"))
    shape: (2, 1)
    ┌────────────┐
    │ elapsed_ms │
    │ ---        │
    │ f64        │
    ╞════════════╡
    │ 0.25       │
    │ 1.5        │
    └────────────┘
    """
    if text in columns:
        return pl.col(text)
    tree = _parsed(text, where=where)
    _check_names(tree, columns=columns, where=where)
    try:
        return _any(tree)
    except _RefusedError as refused:
        raise ConfigError(f"{where}: {refused}; allowed are {_ALLOWED}") from None
    except RecursionError:
        raise ConfigError(f"{where}: nested too deeply; write it in fewer brackets") from None


class _RefusedError(Exception):
    """A part of an expression that is not on the list."""


def _parsed(text: str, *, where: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise ConfigError(f"{where}: {len(text)} characters; an expression has {_LONGEST} at most")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser remarks on odd escapes
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ConfigError(f"{where}: not an expression; allowed are {_ALLOWED}") from None


def _check_names(tree: ast.expr, *, columns: Sequence[str], where: str) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in columns:
            known = ", ".join(columns)
            raise ConfigError(f"{where}: no column {node.id!r}; the columns are {known}")


def _any(node: ast.expr) -> pl.Expr:
    if isinstance(node, ast.Name):
        return pl.col(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return pl.lit(node.value)
    if isinstance(node, ast.BinOp) or _is_sign(node) or _is_number(node):
        return _number(node)
    return _truth(node)


def _number(node: ast.expr) -> pl.Expr:
    if isinstance(node, ast.Name):
        return pl.col(node.id).cast(pl.Float64, strict=False).fill_nan(None)
    if isinstance(node, ast.Constant) and _is_number(node):
        return pl.lit(_as_float(node.value))
    if isinstance(node, ast.UnaryOp) and _is_sign(node):
        operand = _number(node.operand)
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _applied(_ARITHMETIC[type(node.op)], node.left, node.right, _number)
    raise _RefusedError(f"found {_source(node)} where a number is expected")


def _truth(node: ast.expr) -> pl.Expr:
    if isinstance(node, ast.Name):
        return _named_truth(pl.col(node.id).cast(pl.String, strict=False), _TRUTH)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return pl.lit(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_truth(node.operand)
    if isinstance(node, ast.BoolOp):
        combine = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        return reduce(combine, map(_truth, node.values))
    if isinstance(node, ast.Compare):
        return _compared(node)
    raise _RefusedError(f"found {_source(node)} where true or false is expected")


def _text(node: ast.expr) -> pl.Expr:
    if isinstance(node, ast.Name):
        return pl.col(node.id).cast(pl.String, strict=False)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return pl.lit(node.value)
    raise _RefusedError(f"found {_source(node)} where text is expected")


def _compared(node: ast.Compare) -> pl.Expr:
    """A comparison, or a chain of them: `0 < x < 5` is `0 < x and x < 5`."""
    sides = [node.left, *node.comparators]
    as_kind = _kind_of_comparison(sides)
    links = zip(node.ops, sides, sides[1:], strict=False)
    return reduce(operator.and_, (_link(op, left, right, as_kind) for op, left, right in links))


def _link(
    op: ast.cmpop, left: ast.expr, right: ast.expr, as_kind: Callable[[ast.expr], pl.Expr]
) -> pl.Expr:
    if type(op) not in _COMPARISON:
        raise _RefusedError(f"found `{type(op).__name__.lower()}` where a comparison is expected")
    return _applied(_COMPARISON[type(op)], left, right, as_kind)


def _kind_of_comparison(sides: Sequence[ast.expr]) -> Callable[[ast.expr], pl.Expr]:
    constants = [side.value for side in sides if isinstance(side, ast.Constant)]
    if any(isinstance(value, str) for value in constants):
        return _text
    if any(isinstance(value, bool) for value in constants):
        return _truth
    return _number


def _applied(
    combine: _Binary, left: ast.expr, right: ast.expr, as_kind: Callable[[ast.expr], pl.Expr]
) -> pl.Expr:
    result: pl.Expr = combine(as_kind(left), as_kind(right))
    return result


def _named_truth(text: pl.Expr, names: Mapping[str, bool]) -> pl.Expr:
    return text.replace_strict(names, default=None, return_dtype=pl.Boolean)


def _is_sign(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd)


def _is_number(node: ast.expr) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        raise _RefusedError("found a number beyond 1e308") from None


def _source(node: ast.expr) -> str:
    text = ast.unparse(node)
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"
