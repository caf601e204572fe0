"""Frames as pandas has them, which is what notebooks show."""

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pandas as pd


def as_pandas(frame: pl.DataFrame) -> "pd.DataFrame":
    """The same columns and rows in pandas.

    Times stay UTC, to the microsecond; a missing number is NaN, a missing time NaT, a missing
    text None. (polars' own way there needs pyarrow, which nothing else here does.)
    """
    import pandas as pd  # noqa: PLC0415  # half a second that only notebooks need to pay

    return pd.DataFrame({column.name: _values(column) for column in frame}, copy=False)


def _values(column: pl.Series) -> "pd.Series":
    import pandas as pd  # noqa: PLC0415  # as above

    if column.dtype == pl.Datetime:
        naive = column.dt.replace_time_zone(None).to_numpy()
        return pd.Series(naive).dt.tz_localize("UTC")
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return pd.Series(column.to_numpy())
    return pd.Series(column.to_list(), dtype=object)
