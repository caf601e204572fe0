"""What is odd about labels, so that the reader does not believe too much."""

from collections.abc import Iterator

import polars as pl

from simlab.dataset.schema import Dataset
from simlab.tuning.interval import whole


def cautions_on_labels(dataset: Dataset) -> list[str]:
    """Labels that lie outside of the data, and such of one sort as overlap.

    What lies outside is not judged where it began before the data or after them. Overlapping
    labels stay apart: one episode may catch both, and recall counts both.
    """
    if dataset.incidents is None:
        return []
    return [*_outside(dataset, dataset.incidents), *_overlapping(dataset.incidents)]


def _outside(dataset: Dataset, labels: pl.DataFrame) -> Iterator[str]:
    span = whole(dataset)
    start_us, end_us = (pl.col(name).dt.timestamp("us") for name in ("start", "end"))
    outside = labels.filter((start_us >= span.until_us) | (end_us < span.start_us))
    if outside.height:
        yield (
            f"{outside.height} of {labels.height} labels lie outside of the data, such as "
            f"{outside['id'][0]}: they are not judged"
        )


def _overlapping(labels: pl.DataFrame) -> Iterator[str]:
    ordered = labels.sort("lookalike", "visible_start", maintain_order=True)
    before = pl.col("visible_end").cum_max().shift().over("lookalike")
    found = ordered.filter(pl.col("visible_start") <= before)
    if found.height:
        pairs = (
            "1 label overlaps an earlier one"
            if found.height == 1
            else (f"{found.height} labels overlap earlier ones")
        )
        yield f"{pairs}, such as {found['id'][0]}: one episode may catch several incidents"
