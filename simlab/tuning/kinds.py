"""Which kinds of incident are caught, and which kinds of look-alike fool."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.tuning.match import Match, Truth
from simlab.tuning.score import delay_quantile_s, recall

CAUGHT = pl.Schema(
    {
        "rule": pl.String(),
        "kind": pl.String(),
        "incidents": pl.Int64(),
        "caught": pl.Int64(),
        "recall": pl.Float64(),
        "delay_median_s": pl.Float64(),
        "delay_p90_s": pl.Float64(),
        "resolve_median_s": pl.Float64(),
    }
)
FOOLED = pl.Schema(
    {"rule": pl.String(), "kind": pl.String(), "lookalikes": pl.Int64(), "fooled": pl.Int64()}
)


def caught_by_kind(
    rule: str,
    truth: Truth | None,
    matched: Match | None,
    resolve_s: NDArray[np.float64] | None = None,
) -> pl.DataFrame:
    """How many judged incidents of each kind there are, how many were caught, and how late.

    Returns:
        The columns of `CAUGHT`, sorted by kind, as `Score` defines them; no row without labels.
    """
    if truth is None or matched is None:
        return CAUGHT.to_frame()
    windows = truth.incidents
    resolving = np.full(len(windows.id), np.nan) if resolve_s is None else resolve_s
    kinds = np.array(windows.kind, dtype=np.str_)
    rows = [
        (rule, kind, *_kind_figures(matched.delay_s[of_kind], resolving[of_kind]))
        for kind in sorted(set(kinds[windows.judged].tolist()))
        for of_kind in [windows.judged & (kinds == kind)]
    ]
    return pl.DataFrame(rows, schema=CAUGHT, orient="row")


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
    frame = pl.DataFrame(
        {
            "rule": [rule] * fooled.size,
            "kind": list(windows.kind),
            "lookalikes": windows.judged,
            "fooled": fooled,
        },
        schema=FOOLED,
        strict=False,  # counts of flags are numbers
    )
    table = frame.group_by("rule", "kind").sum().sort("kind")
    return table.filter((pl.col("lookalikes") > 0) | (pl.col("fooled") > 0))


def _kind_figures(
    delay_s: NDArray[np.float64], resolving: NDArray[np.float64]
) -> tuple[int, int, float, float, float, float]:
    caught = int(np.count_nonzero(~np.isnan(delay_s)))
    return (
        delay_s.size,
        caught,
        recall(caught=caught, incidents=delay_s.size),
        delay_quantile_s(delay_s, quantile=0.5),
        delay_quantile_s(delay_s, quantile=0.9),
        delay_quantile_s(resolving, quantile=0.5),
    )
