"""TOML is read into records, or refused in one line that says where and what would be right."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.config import Duration, as_record, duration_s, read_toml, shipped, shipped_names
from simlab.errors import ConfigError

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class Inner(msgspec.Struct, forbid_unknown_fields=True, rename={"for_": "for"}):
    for_: Duration
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["red", "green"]
    number: Literal[1] = 1
    inner: tuple[Inner, ...] = ()
    weights: dict[Literal["left", "right"], float] = {}
    either: Literal["all"] | float | tuple[int, ...] = "all"


def refusal(**changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        as_record({"kind": "red", **changes}, Outer, where="x.toml")
    return str(caught.value)


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(list(UNITS))), min_size=1))
def test_a_duration_is_the_sum_of_its_numbers_times_their_units(
    told: list[tuple[int, str]],
) -> None:
    text = "".join(f"{number}{unit}" for number, unit in told)
    assert duration_s(text) == pytest.approx(sum(n * UNITS[unit] for n, unit in told))


@pytest.mark.parametrize(
    "text", ["", "5", "s", "5 m", "-5m", "1e3s", "5m\n", "\u0665m", "1.m", "5M"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a duration; write it like '90s'"):
        duration_s(text)
    assert refusal(inner=[{"for": text}]) == (
        f"x.toml: $.inner[0].for: found {text!r}, "
        "expected a length of time like '90s', '5m' or '1d12h'"
    )


@given(st.text(max_size=8))
def test_a_text_is_a_duration_to_both_the_record_and_the_reader_or_to_neither(text: str) -> None:
    try:
        as_record({"for": text}, Inner, where="x.toml")
    except ConfigError:
        with pytest.raises(ConfigError):
            duration_s(text)
    else:
        assert duration_s(text) >= 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kid": 3}, "$.kid: unknown key; did you mean kind?"),
        ({"zzz": 3}, "$.zzz: unknown key; known are kind, number, inner, weights, either"),
        ({"inner": [{"for": "1s", "shore": 1}]}, "$.inner[0].shore: unknown key; did you mean share?"),
        ({"inner": [{"for": "1s"}, {}]}, "$.inner[1].for: missing"),
        ({"inner": [{"for": "1s", "share": 2}]}, "$.inner[0].share: Expected `float` <= 1.0, found 2"),
        ({"inner": 3}, "$.inner: Expected `array`, got `int`"),
        ({"kind": "blue"}, "$.kind: found 'blue', expected one of green, red"),
        ({"number": 7}, "$.number: found 7, expected 1"),
        ({"weights": {"lift": 1}}, "$.weights.lift: unknown key; did you mean left?"),
        ({"weights": {"left": "x"}}, "$.weights[...]: Expected `float`, got `str`"),
        ({"either": "some"}, "$.either: found 'some', expected one of all, a number, a list"),
        ({"weights": {"left": float("-inf")}}, "$.weights.left: found -inf, expected a finite number"),
        ({"inner": [{"for": "1s", "share": float("nan")}]},
         "$.inner[0].share: found nan, expected a finite number"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_by_its_path_with_what_would_be_right(
    changes: dict[str, Any], told: str
) -> None:
    assert refusal(**changes) == f"x.toml: {told}"


def test_what_is_right_becomes_the_record() -> None:
    table = {"kind": "green", "inner": [{"for": "5m", "share": 1}], "either": [1, 2]}
    record = as_record(table, Outer, where="x.toml")
    assert record == Outer(kind="green", inner=(Inner("5m", 1.0),), either=(1, 2))


def test_a_toml_file_is_its_table(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes("a = 1\r\n[b]\r\nc = 'é'\r\n".encode())
    assert read_toml(path) == {"a": 1, "b": {"c": "é"}}


@given(st.binary(max_size=40))
def test_any_bytes_are_a_table_or_a_refusal_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    told = ""
    try:
        read_toml(path)
    except ConfigError as error:
        told = str(error)
    assert told.startswith(f"{path}: not ") or not told


def test_shipped_files_are_found_by_name_and_all_of_them_named_for_another() -> None:
    for name in shipped_names("profiles"):
        assert read_toml(shipped("profiles", name))["name"] == name
    with pytest.raises(ConfigError, match=f"one of simlab's rules: {shipped_names('rules')[0]}"):
        shipped("rules", "none")
