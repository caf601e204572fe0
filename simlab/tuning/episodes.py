"""Frames of episodes, as `replay` gives them, against the truth."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.tuning.match import EVERY_WAREHOUSE, Match, Truth, match
from simlab.tuning.resolve import resolve_s


def moments_us(column: pl.Series) -> NDArray[np.int64]:
    """A column of moments as numbers [µs since 1970]."""
    return np.asarray(column.dt.timestamp("us").to_numpy(), dtype=np.int64)


def matched_to(episodes: pl.DataFrame, truth: Truth) -> Match:
    """Episodes against the truth, those of a warehouse against what concerns it.

    Args:
        episodes: sorted by `start`; without `warehouse_id` rules tell no warehouses apart.
        truth: the windows.
    """
    return match(moments_us(episodes["start"]), truth, warehouse_id=_warehouses(episodes))


def resolved_s(episodes: pl.DataFrame, truth: Truth) -> NDArray[np.float64]:
    """For each incident how long it took to resolve [s]; see `resolve.resolve_s`."""
    start_us, end_us = (moments_us(episodes[name]) for name in ("start", "end"))
    return resolve_s(start_us, end_us, truth, warehouse_id=_warehouses(episodes))


def _warehouses(episodes: pl.DataFrame) -> NDArray[np.int64] | None:
    """Which warehouse each is of; None when none is of one."""
    if "warehouse_id" not in episodes.columns or not episodes["warehouse_id"].count():
        return None
    ids = episodes["warehouse_id"].cast(pl.Int64).fill_null(EVERY_WAREHOUSE)
    return np.asarray(ids.to_numpy(), dtype=np.int64)
