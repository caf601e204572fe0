"""Moments read from text and from epoch numbers, whole columns at once."""

from typing import Final

import polars as pl

from simlab.dataset.schema import TIMESTAMP
from simlab.errors import ConfigError

_ISO: Final = (
    r"^(?<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?<minute>[0-9]{2}:[0-9]{2})(?::(?<second>[0-9]{2})(?:[.,](?<fraction>[0-9]{1,9}))?)?"
    r" ?(?<zone>[Zz]|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?)?$"
)
_NATIVE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
_TO_SECOND: Final = "%Y-%m-%dT%H:%M:%S"
_US_PER_UNIT: Final = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (float("inf"), 1e-3))
"""Below the first number, an epoch time is in units of so many microseconds."""


def moments(column: pl.Series, *, epoch: bool = False) -> pl.Series:
    """The moments that a column of text, dates or numbers means [us, UTC].

    Text is ISO 8601: `2026-01-05T14:00:00.25Z`, with `T` or a space, with or without seconds, a
    fraction (after `.` or `,`; cut to microseconds) and an offset; a date alone is its midnight.
    What names no offset is taken as UTC.

    Args:
        column: text, dates, datetimes or numbers.
        epoch: take numbers, and text that is a number, as time since 1970-01-01 UTC: below 1e11
            in seconds, below 1e14 in milliseconds, below 1e17 in microseconds, else in
            nanoseconds. Otherwise they mean nothing.

    Returns:
        A column of the same length, null where there is no such moment.
    """
    kind = column.dtype
    if isinstance(kind, pl.Datetime):
        return _in_utc(column)
    if kind == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if kind == pl.String:
        return _from_text(column, epoch=epoch)
    if epoch and kind.is_numeric():
        return _from_epoch(column)
    return pl.Series(column.name, [None], dtype=TIMESTAMP).new_from_index(0, len(column))


def parse_when(text: str) -> int:
    """The moment that a user's text names, in microseconds since 1970-01-01 UTC.

    Raises:
        ConfigError: it is no time in ISO 8601.

    >>> parse_when("1970-01-01 00:00:01.5")
    1500000
    """
    moment = moments(pl.Series([text])).dt.epoch("us").item()
    if moment is None:
        raise ConfigError(f"{text!r} is not a time; write it like 2026-01-05T14:00:00Z")
    return int(moment)


def _in_utc(column: pl.Series) -> pl.Series:
    zoned = column if column.dtype.time_zone else column.dt.replace_time_zone("UTC")  # type: ignore[attr-defined]  # a Datetime has one
    return zoned.dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def _from_text(column: pl.Series, *, epoch: bool) -> pl.Series:
    if column.str.contains(_NATIVE).all():
        return _from_native(column)
    found = _from_iso(column)
    if epoch and found.null_count() > column.null_count():
        return found.fill_null(_from_epoch(column))
    return found


def _from_native(column: pl.Series) -> pl.Series:
    """The log's own form, at twice the speed of the general one."""
    text = pl.col(column.name)
    second = text.str.slice(0, 19).str.to_datetime(_TO_SECOND, time_unit="us", strict=False)
    fraction = pl.duration(microseconds=text.str.slice(20, 6).cast(pl.Int64))
    return _evaluated(column, (second + fraction).dt.replace_time_zone("UTC"))


def _from_iso(column: pl.Series) -> pl.Series:
    part = pl.col(column.name).str.extract_groups(_ISO).struct.field
    minute, second = part("minute").fill_null("00:00"), part("second").fill_null("00")
    local = pl.concat_str(part("day"), pl.lit("T"), minute, pl.lit(":"), second)
    fraction = part("fraction").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    moment = local.str.to_datetime(_TO_SECOND, time_unit="us", strict=False)
    shifted = moment + pl.duration(microseconds=fraction) - _offset(part("zone"))
    return _evaluated(column, shifted.dt.replace_time_zone("UTC"))


def _offset(zone: pl.Expr) -> pl.Expr:
    """How far the clocks of `+02:00`, `-0330`, `+05` or `Z` are ahead of UTC."""
    digits = zone.str.replace_all(r"[^0-9]", "").str.pad_end(4, "0").cast(pl.Int64, strict=False)
    minutes = (digits // 100 * 60 + digits % 100).fill_null(0)
    return pl.duration(minutes=pl.when(zone.str.starts_with("-")).then(-minutes).otherwise(minutes))


def _from_epoch(column: pl.Series) -> pl.Series:
    number = pl.col(column.name).cast(pl.Float64, strict=False)
    time_us = pl.lit(None, dtype=pl.Float64)
    for below, unit_us in reversed(_US_PER_UNIT):
        time_us = pl.when(number.abs() < below).then(number * unit_us).otherwise(time_us)
    return _evaluated(column, time_us.round().cast(pl.Int64, strict=False).cast(TIMESTAMP))


def _evaluated(column: pl.Series, expression: pl.Expr) -> pl.Series:
    return column.to_frame().select(expression.alias(column.name)).to_series()
