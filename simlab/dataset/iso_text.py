"""Columns of times as ISO 8601 text, about twice as fast as formatting each one."""

from typing import Final

import numpy as np
import polars as pl

_SECONDS: Final = "%Y-%m-%dT%H:%M:%S."
_WHOLE: Final = "%Y-%m-%dT%H:%M:%S%.6fZ"
_THREE_DIGITS: Final = pl.Series([f"{number:03}" for number in range(1000)])
_THREE_DIGITS_Z: Final = _THREE_DIGITS + "Z"


def iso_text(times: pl.Series) -> pl.Series:
    """The same moments as text in UTC with microseconds and `Z`; null stays null.

    Times in order share their seconds with their neighbours, so each second is formatted once;
    what follows it is put together from dictionaries of three digits.
    """
    if not len(times) or times.null_count():
        return times.dt.to_string(_WHOLE)
    moments = times.to_physical().to_numpy()
    second = moments // 1_000_000  # with what is left a fifth of what `divmod` takes
    micros = (moments - second * 1_000_000).astype(np.uint32)
    begins = np.concatenate([[True], second[1:] != second[:-1]])
    heads = pl.Series(second[begins] * 1_000_000).cast(pl.Datetime("us")).dt.to_string(_SECONDS)
    high = micros // np.uint32(1000)
    low = micros - high * np.uint32(1000)
    pieces = [
        heads.gather(np.cumsum(begins) - 1),
        _THREE_DIGITS.gather(high),
        _THREE_DIGITS_Z.gather(low),
    ]
    return pl.select(pl.concat_str(pieces)).to_series().alias(times.name)
