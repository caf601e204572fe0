"""A backtest of a dataset that is too large for memory: part by part."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from simlab.alerts.replay import episodes_frame, joined, replay
from simlab.alerts.rule import Rule
from simlab.alerts.signal import columns, last_us, observed, untold
from simlab.alerts.stream import Stream, streams
from simlab.dataset.parquet import height
from simlab.dataset.parts import Parts
from simlab.dataset.schema import ROWS, Dataset
from simlab.errors import InputError
from simlab.tuning.backtest import Backtest, judge

MANY_ROWS: Final = 5_000_000
"""Datasets of so many rows are better read part by part."""
_SOME: Final = 1000


def backtest_parts(
    parts: Parts,
    rules: Sequence[Rule],
    *,
    start_us: int | None = None,
    until_us: int | None = None,
) -> Backtest:
    """What `backtest` finds, of a dataset that is read part by part.

    Memory does not grow with the rows, but with the moments at which a rule is beyond its limit.
    Rules that do not stream (see `stream.streams`) have the columns that they need read as a
    whole: 16 bytes a row, and as much again for each step of the work.

    The arguments, and what is raised, are those of `backtest`; and an InputError when the parts
    are not in the order of time.
    """
    ends = ends_of(parts)
    by_row = [rule for rule in rules if set(columns(rule)) <= set(ROWS) and streams(rule)]
    replayed: dict[str, pl.DataFrame | InputError] = {}
    for rule in rules:
        if rule not in by_row:
            replayed[rule.name] = _as_a_whole(rule, parts, ends)
    replayed |= _by_parts(by_row, parts, ends)
    in_order = {rule.name: replayed[rule.name] for rule in rules}
    return judge(ends, rules, in_order, start_us=start_us, until_us=until_us)


def is_large(parts: Parts) -> bool:
    """Whether it is better read part by part.

    Raises:
        InputError: a file cannot be read.
    """
    return sum(map(height, parts.files)) >= MANY_ROWS


def head_of(parts: Parts, rules: Sequence[Rule]) -> Dataset:
    """What the rules need of the first part, with all that lies beside the rows.

    Raises:
        InputError: there is no row.
    """
    for part in _datasets(parts, rules):
        return replace(part, samples=parts.samples)
    raise _empty(parts)


def _empty(parts: Parts) -> InputError:
    return InputError(f"{parts.name}: empty: no rows in it")


def _by_parts(
    rules: Sequence[Rule], parts: Parts, ends: Dataset
) -> dict[str, pl.DataFrame | InputError]:
    """The episodes of all these rules, in one pass over the rows."""
    running: dict[str, dict[int | None, Stream]] = {rule.name: {} for rule in rules}
    for part in _datasets(parts, rules):
        for rule in rules:
            for warehouse_id, time_us, value in observed(rule, part):
                stream = running[rule.name].setdefault(warehouse_id, Stream(rule))
                stream.take(time_us, value)
    until_us = last_us(ends)
    assert until_us is not None
    found: dict[str, pl.DataFrame | InputError] = {}
    for rule in rules:
        ended = sorted(running[rule.name].items(), key=lambda each: each[0] or 0)
        frames = [
            episodes_frame(rule, stream.finish(until_us=until_us), warehouse_id)
            for warehouse_id, stream in ended
        ]
        found[rule.name] = (
            joined(frames, [rule]) if frames else untold(rule, ends, "and no row tells it")
        )
    return found


def _as_a_whole(rule: Rule, parts: Parts, ends: Dataset) -> pl.DataFrame | InputError:
    """The episodes of a rule that does not stream, or that looks at no column of rows."""
    dataset = ends
    if set(columns(rule)) <= set(ROWS):
        rows = pl.concat([part.rows for part in _datasets(parts, [rule])])
        dataset = Dataset(name=parts.name, rows=rows, samples=parts.samples)
    try:
        return replay([rule], dataset)
    except InputError as error:
        return error


def _datasets(parts: Parts, rules: Sequence[Rule]) -> Iterator[Dataset]:
    """What the rules need of the rows, part by part."""
    needed = {column for rule in rules for column in columns(rule)}
    for rows in parts.rows(needed):
        yield Dataset(name=parts.name, rows=rows)


def ends_of(parts: Parts) -> Dataset:
    """Some first rows and the time of the last, with all that lies beside the rows.

    Raises:
        InputError: there is no row, or the rows are not in the order of time.
    """
    last = [rows.tail(1) for rows in parts.rows(())]
    if not last:
        raise _empty(parts)
    first = next(parts.rows(ROWS)).head(_SOME)
    return Dataset(
        name=parts.name,
        rows=pl.concat([first, last[-1]], how="diagonal"),
        samples=parts.samples,
        incidents=parts.incidents,
    )
