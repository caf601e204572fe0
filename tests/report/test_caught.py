"""Bars are as long as incidents were caught and missed."""

from matplotlib.patches import Rectangle

from simlab.report.caught import caught_by_kind
from simlab.tuning.backtest import Backtest


def test_bars_add_up_to_the_incidents(judged: Backtest) -> None:
    ax = caught_by_kind(judged.by_kind, rule="error_rate")
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    caught = sum(bar.get_width() for bar in bars if not bar.get_hatch())
    missed = sum(bar.get_width() for bar in bars if bar.get_hatch())
    (score,) = [score for score in judged.scores if score.rule == "error_rate"]
    assert caught == score.caught
    assert caught + missed == score.incidents
    assert (
        ax.get_title(loc="left") == "1 of 4 incidents caught; never cpu saturation, latency spike"
    )


def test_each_bar_says_how_many_and_how_late(judged: Backtest) -> None:
    texts = [text.get_text() for text in caught_by_kind(judged.by_kind, rule="error_rate").texts]
    assert sum(text.startswith("1 of 1, after") for text in texts) == 1
    assert {"0 of 1", "0 of 2"} <= set(texts)


def test_without_labels_nothing_is_claimed(judged: Backtest) -> None:
    ax = caught_by_kind(judged.by_kind.clear(), rule="error_rate")
    assert ax.get_title(loc="left") == "0 of 0 incidents caught"
    assert not ax.patches
