"""Whatever a bot may put into a log, and readers that must agree on what came of it."""

import importlib
import importlib.util
import json
from typing import Any

import msgspec
import numpy as np
import polars as pl
from hypothesis import strategies as st

orjson = importlib.import_module("orjson") if importlib.util.find_spec("orjson") else None
any_text = st.text(st.characters(), max_size=20) | st.text(
    st.sampled_from('\ud800\udfff\u2028\u2029\x00\n\r"\\\x1b\x7fé€😀'), max_size=8
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | any_text
    | st.binary(max_size=9)
    | st.decimals()
    | st.datetimes()
    | st.integers(-(2**63), 2**63 - 1).map(np.int64)
    | st.floats().map(np.float64)
    | st.frozensets(st.integers() | any_text, max_size=3)
)
keys = any_text | st.integers() | st.none() | st.tuples(st.integers(), any_text)
metadata = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(keys, inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


def strict(line: str) -> dict[str, Any]:
    """What the line says, if it is one line of strict JSON without a key twice."""
    assert not {"\n", "\r"} & set(line)
    line.encode()

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    told = json.loads(line, object_pairs_hook=once, parse_constant=refuse)
    assert isinstance(told, dict)
    return told


def agreed(line: str) -> dict[str, Any]:
    """What the line says, if stdlib json, msgspec, polars and, where it is installed, orjson say it."""
    told = strict(line)
    assert msgspec.json.decode(line) == told
    flat = {key: value for key, value in told.items() if not isinstance(value, list | dict)}
    if orjson is not None:
        assert orjson.loads(line) == told
    row = pl.read_ndjson(line.encode(), schema={key: _TYPES[type(flat[key])] for key in flat})
    assert row.row(0, named=True) == flat
    return told


_TYPES = {str: pl.String, int: pl.Int64, float: pl.Float64, bool: pl.Boolean, type(None): pl.Null}
