"""What tuning found is told in few rows, with what is undefined shown as such."""

from functools import partial
from io import StringIO

import pytest
from rich.console import Console, RenderableType

from simlab.alerts.rules_file import strategy_rules
from simlab.report import tuned
from simlab.tuning.budget import Budget
from simlab.tuning.many import PooledTuning, tune_many
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile


@pytest.fixture(scope="module")
def found() -> PooledTuning:
    """Three days of the default profile."""
    profile = load_profile("busy-day")
    sources = [partial(draw, profile, seed=seed) for seed in range(3)]
    return tune_many(sources, strategy_rules(), Budget(max_false_alarms_per_day=20.0))


def lines(shown: RenderableType, *, width: int = 100) -> list[str]:
    console = Console(width=width, file=StringIO())
    with console.capture() as capture:
        console.print(shown)
    return capture.get().splitlines()


def test_the_front_is_shown_in_about_ten_rows_with_both_points_marked(found: PooledTuning) -> None:
    shown = lines(tuned.front_table(found.front, found.rules_after))
    assert 5 < len(shown) < 15
    assert sum("chosen" in line.split()[0] for line in shown[2:] if line.split()) == 1
    assert sum(line.strip().startswith("given") for line in shown) == 1
    assert shown[-1].strip().startswith("*")


def test_each_figure_comes_with_its_interval_and_what_it_rests_on(found: PooledTuning) -> None:
    text = "\n".join(lines(tuned.unseen_table(found)))
    figure = found.unseen.tuned.recall
    assert f"{100 * figure.low:.1f}".rstrip("0").rstrip(".") in text
    assert "drawing 3 datasets again" in text
    assert f"{found.unseen.tuned.incidents} incidents" in text


def test_what_carried_over_is_told_with_figures(found: PooledTuning) -> None:
    said = tuned.carried_over(found)
    assert "false alarms a day on the others" in said
    assert "over the cap of 20 a day in" in said
    over = int((found.folds["false_alarms_per_day"] > 20).sum())
    assert tuned.over_in_folds(found).startswith(f"On {over} of 3 datasets")
