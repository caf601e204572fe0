"""Which kinds of incident are caught, and which kinds of look-alike fool."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.tuning.match import Match, Truth, Windows

CAUGHT = pl.Schema(
    {"rule": pl.String(), "kind": pl.String(), "incidents": pl.Int64(), "caught": pl.Int64()}
)
FOOLED = pl.Schema(
    {"rule": pl.String(), "kind": pl.String(), "lookalikes": pl.Int64(), "fooled": pl.Int64()}
)


def caught_by_kind(rule: str, truth: Truth | None, matched: Match | None) -> pl.DataFrame:
    """How many judged incidents of each kind there are, and how many were caught.

    Returns:
        The columns of `CAUGHT`, sorted by kind; no row without labels.
    """
    if truth is None or matched is None:
        return CAUGHT.to_frame()
    judged = truth.incidents.judged
    caught = judged & ~np.isnan(matched.delay_s)
    return _summed(rule, truth.incidents, CAUGHT, judged, caught).filter(pl.col("incidents") > 0)


def fooled_by_kind(rule: str, truth: Truth | None, matched: Match | None) -> pl.DataFrame:
    """How many judged look-alikes of each kind there are, and false alarms that started in one.

    Returns:
        The columns of `FOOLED`, sorted by kind; no row without labels. A kind whose look-alikes
        all began before the judged interval has a row when it fooled the rule within it.
    """
    if truth is None or matched is None:
        return FOOLED.to_frame()
    windows = truth.lookalikes
    fooled = np.bincount(matched.lookalike[matched.lookalike >= 0], minlength=windows.start_us.size)
    table = _summed(rule, windows, FOOLED, windows.judged, fooled)
    return table.filter((pl.col("lookalikes") > 0) | (pl.col("fooled") > 0))


def _summed(
    rule: str,
    windows: Windows,
    schema: pl.Schema,
    judged: NDArray[np.bool_],
    hit: NDArray[np.bool_] | NDArray[np.int64],
) -> pl.DataFrame:
    columns = (np.full(judged.size, rule), windows.kind, judged, hit)
    frame = pl.DataFrame(
        [
            pl.Series(name, values).cast(dtype)
            for (name, dtype), values in zip(schema.items(), columns, strict=True)
        ]
    )
    return frame.group_by("rule", "kind").sum().sort("kind")
