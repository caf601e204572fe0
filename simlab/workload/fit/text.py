"""A fitted profile as a file for people and for `load_profile`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any

from simlab.dataset.target import building, settle
from simlab.workload.fit.fitted import Fitted

_WIDTH = 98


def fitted_toml(fitted: Fitted) -> str:
    """The text of the profile's file; comments say where it comes from and what was left out."""
    return "\n".join([*_head(fitted), *_profile_lines(fitted.table)]) + "\n"


def write_fitted(fitted: Fitted, path: Path, *, force: bool = False) -> None:
    """Write the profile's file, whole or not at all.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be written.
    """
    with building(path, force=force) as folder:
        made = folder / path.name
        made.write_text(fitted_toml(fitted), encoding="utf-8")
        settle(made, path)


def _head(fitted: Fitted) -> Iterator[str]:
    source = plain(Path(fitted.source).name)
    counts = f"{fitted.attempts:,} attempts, judged by {fitted.held_out:,} that were held out"
    for said in (f"Fitted to {source}: {counts}.", *(f"- {plain(note)}" for note in fitted.notes)):
        yield from wrap(said, _WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _profile_lines(table: Mapping[str, Any]) -> Iterator[str]:
    """Keys first, then tables; tables within those on one line."""
    for key, value in table.items():
        if not isinstance(value, dict):
            yield _pair(key, value)
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from ("", f"[{key}]", *(_pair(name, item) for name, item in value.items()))


def _pair(key: str, value: object) -> str:
    line = f"{key} = {_toml(value)}"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(line) > _WIDTH:
        return "\n".join([f"{key} = [", *_wrapped(value), "]"])
    return line


def _wrapped(values: Sequence[object]) -> Iterator[str]:
    line = "   "
    for value in map(_toml, values):
        if len(line) + len(value) + 2 > _WIDTH:
            yield line
            line = "   "
        line += f" {value},"
    yield line


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    text = plain(value) if isinstance(value, str) else value
    return json.dumps(text, ensure_ascii=False)


def plain(text: str) -> str:
    r"""Text that a TOML comment or string can hold: on one line, nothing but what can be seen.

    >>> plain("a\nb")
    'a?b'
    """
    return "".join(char if char.isprintable() else "?" for char in text)
