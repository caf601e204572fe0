"""TOML files checked against typed records, with errors that name file and path."""

import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import inspect

from simlab.errors import ConfigError

T = TypeVar("T")

_NUMBER_AND_UNIT: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d|w)"
_DURATION = re.compile(_NUMBER_AND_UNIT)
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_REPO_DATA = Path(__file__).parent.parent / "data"
_PACKAGE_DATA = Path(__file__).parent / "shipped"

Duration = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^({_NUMBER_AND_UNIT})+\Z",
        description="a length of time like '90s', '5m' or '1d12h'",
    ),
]
"""A length of time as text: `"90s"`, `"1.5h"`, `"1d12h"`."""


def duration_s(text: str) -> float:
    """The length of time that `text` names [s].

    Raises:
        ConfigError: it is not numbers with units (ms, s, m, h, d, w).

    >>> duration_s("1h30m")
    5400.0
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ConfigError(f"{text!r} is not a duration; write it like '90s', '5m' or '1d12h'")
    return sum(float(number) * _UNIT_S[unit] for number, unit in parts)


def read_toml(path: Path) -> dict[str, Any]:
    """The table that a TOML file holds.

    Raises:
        ConfigError: it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text, at byte {error.start}") from None
    except ValueError as error:  # tomllib's own, and int's for a number of thousands of digits
        raise ConfigError(f"{path}: not TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not TOML that can be read: nested too deeply") from None


def as_record(table: dict[str, Any], kind: type[T], *, where: str) -> T:
    """The typed record that `table` describes.

    Args:
        table: what a TOML file held.
        kind: a `msgspec.Struct`.
        where: the file's name, for the error.

    Raises:
        ConfigError: a key is unknown or missing, or a value is of the wrong type or range, or
            not finite.
    """
    for path, number in _not_finite(table, "$"):
        raise ConfigError(f"{where}: {path}: found {number}, expected a finite number")
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: {_explained(str(error), table, kind)}") from None


def shipped(folder: str, name: str) -> Path:
    """Where the file of that name that comes with simlab lies, such as `rules`, `strategy`.

    Raises:
        ConfigError: there is none; the message lists those there are.
    """
    path = shipped_folder(folder) / f"{name}.toml"
    if not path.is_file():
        names = ", ".join(shipped_names(folder))
        raise ConfigError(f"{name!r}: neither a file nor one of simlab's {folder}: {names}")
    return path


def shipped_names(folder: str) -> list[str]:
    """The names in one of simlab's own folders, sorted."""
    return sorted(path.stem for path in shipped_folder(folder).glob("*.toml"))


def shipped_folder(folder: str) -> Path:
    """Where `profiles`, `rules` or `schema` lie: in the installed package, or in a checkout."""
    packaged = _PACKAGE_DATA / folder
    return packaged if packaged.is_dir() else _REPO_DATA / folder


def _not_finite(value: object, path: str) -> Iterator[tuple[str, float]]:
    """The infinities and NaNs that TOML allows, each with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _not_finite(item, f"{path}.{_shown(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _not_finite(item, f"{path}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, value


def _explained(message: str, table: object, kind: Any) -> str:
    """`msgspec`'s message with the path in front, and with what was found and would be right."""
    text, _, place = message.partition(" - at `")
    path = place.removeprefix("key` in `").rstrip("`") or "$"
    found, declared = _at(path, table, [inspect.type_info(kind)])
    if place.startswith("key` in `"):
        return _unknown_key(path, text.split("'")[1], declared)
    if text.startswith("Object contains unknown field"):
        return _unknown_key(path, text.split("`")[1], declared)
    if text.startswith("Object missing required field"):
        return f"{path}.{text.split('`')[1]}: missing"
    return f"{path}: {_wrong_value(text, found, declared)}"


def _unknown_key(path: str, key: str, declared: Sequence[inspect.Type]) -> str:
    """Names the known key that it may have been meant to be, or all that there are."""
    known = _keys(declared)
    near = get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{path}.{_shown(key)}: unknown key; {hint}"


def _shown(key: str) -> str:
    """A key on one line, as TOML itself would have it."""
    return key if re.fullmatch(r"[\w-]+", key) else repr(key)


def _wrong_value(text: str, found: object, declared: Sequence[inspect.Type]) -> str:
    if text.startswith("Invalid enum value"):
        words = _choices(declared)
        expected = words[0] if len(words) == 1 else f"one of {', '.join(words)}"
        return f"found {text.removeprefix('Invalid enum value ')}, expected {expected}"
    if "matching regex" in text or "RFC3339" in text:
        return f"found {found!r}, expected {_described(declared)}"
    if found is None or "got `" in text:  # the message says it all
        return text
    return f"{text}, found {len(found) if isinstance(found, list) else repr(found)}"


def _at(
    path: str, value: Any, declared: Sequence[inspect.Type]
) -> tuple[Any, Sequence[inspect.Type]]:
    """What a table holds at a path, and the types that may stand there."""
    for key, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        declared = [inner for kind in declared for inner in _inner(kind, key)]
        value = _step(value, key or index)
    return value, [plain for kind in declared for plain in _plain(kind)]


def _step(value: Any, key: str) -> Any:
    """What lies under a key of a table or at an index of a list; None when nothing does."""
    if isinstance(value, list) and key.isdigit():
        return value[int(key)]
    return value.get(key) if isinstance(value, dict) else None


def _plain(kind: inspect.Type) -> list[inspect.Type]:
    """The members of a union, or the type itself."""
    if isinstance(kind, inspect.UnionType):
        return [plain for member in kind.types for plain in _plain(member)]
    return [kind]


def _inner(kind: inspect.Type, key: str) -> list[inspect.Type]:
    """The types of what lies under a key of a table, or in a list when `key` is empty."""
    inner: list[inspect.Type] = []
    for plain in _plain(kind):
        if isinstance(plain, inspect.StructType):
            inner += [field.type for field in plain.fields if field.encode_name == key]
        elif isinstance(plain, inspect.VarTupleType | inspect.ListType):
            inner.append(plain.item_type)
        elif isinstance(plain, inspect.DictType):
            inner.append(plain.value_type)
    return inner


def _keys(declared: Sequence[inspect.Type]) -> list[str]:
    """The keys that a table of one of these types may have."""
    keys: list[str] = []
    for kind in declared:
        if isinstance(kind, inspect.StructType):
            keys += [field.encode_name for field in kind.fields]
        elif isinstance(kind, inspect.DictType):
            keys += [str(value) for value in getattr(kind.key_type, "values", ())]
    return keys


def _choices(declared: Sequence[inspect.Type]) -> list[str]:
    """What may be chosen from: literal values, then kinds of values."""
    kinds = {inspect.FloatType: "a number", inspect.IntType: "a number"}
    words = [str(v) for kind in declared for v in getattr(kind, "values", ())]
    words += [word for cls, word in kinds.items() if any(isinstance(k, cls) for k in declared)]
    is_list = any(isinstance(kind, inspect.VarTupleType) for kind in declared)
    return [*words, "a list"] if is_list else words


def _described(declared: Sequence[inspect.Type]) -> str:
    """What a text should look like: as its type describes itself."""
    told = [
        (kind.extra_json_schema or {}).get("description", "")
        for kind in declared
        if isinstance(kind, inspect.Metadata)
    ]
    return str(told[0]) if told else "a moment like 2026-01-05T00:00:00Z"
