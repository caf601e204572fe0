"""Part by part a backtest finds what it finds in memory."""

from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import strategy_rules
from simlab.dataset.parts import Parts, parts_at
from simlab.dataset.read import read
from simlab.errors import InputError
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.streamed import backtest_parts, head_of, is_large
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

HALF_MINUTE = Rule(
    name="mean", signal="duration", aggregate="mean", window="10m", threshold=0.9, for_="1m",
    evaluate="30s",
)  # fmt: skip
RULES = [
    *strategy_rules(),
    HALF_MINUTE,
    Rule(name="each", signal="duration", aggregate="max", window="20 rows", threshold=4.0,
         by="warehouse_id", keep_firing_for="2m"),
    Rule(name="odd", signal="duration", aggregate="zscore", window="500 rows", threshold=6.0),
    Rule(name="unseen", signal="value", threshold=1.0),
]  # fmt: skip


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default day, in seven files of rows of unlike length."""
    day, path = draw(load_profile("busy-day"), seed=7), tmp_path_factory.mktemp("day")
    assert day.samples is not None
    assert day.incidents is not None
    (path / "rows").mkdir()
    cuts = [0, 1, 90, 20_000, 20_001, 90_000, 150_000, day.rows.height]
    for number, (first, stop) in enumerate(pairwise(cuts)):
        day.rows[first:stop].write_parquet(path / "rows" / f"part-{number:05}.parquet")
    day.samples.write_parquet(path / "samples.parquet")
    day.incidents.write_parquet(path / "incidents.parquet")
    return path


def parts_of(path: Path) -> Parts:
    parts = parts_at(path)
    assert parts is not None
    return parts


def agree(found: Backtest, expected: Backtest) -> None:
    told, wanted = asdict(found), asdict(expected)
    assert str(told["scores"]) == str(wanted["scores"])  # NaN and all
    for name in ("episodes", "by_kind", "lookalikes"):
        assert_frame_equal(told[name], wanted[name])


@pytest.mark.parametrize("span", [{}, {"start_us": 1_767_600_000_000_000}])
def test_scores_and_episodes_are_those_of_the_whole(on_disk: Path, span: dict[str, Any]) -> None:
    known = [rule for rule in RULES if rule.name != "unseen"]
    found = backtest_parts(parts_of(on_disk), known, **span)
    agree(found, backtest(read(on_disk), known, **span))
    assert all(score.episodes > 0 for score in found.scores)


def test_a_rule_without_its_signal_gets_a_note(on_disk: Path) -> None:
    found = backtest_parts(parts_of(on_disk), RULES)
    assert [score.rule for score in found.scores if score.note] == ["unseen"]


def test_rows_out_of_order_are_refused_by_the_name_of_the_file(
    on_disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "rows").mkdir()
    for number, part in enumerate(reversed(parts_of(on_disk).files)):
        pl.read_parquet(part).write_parquet(tmp_path / "rows" / f"part-{number:05}.parquet")
    with pytest.raises(InputError, match=r"part-00001\.parquet: found rows out of the order"):
        backtest_parts(parts_of(tmp_path), RULES)


def test_a_file_or_a_log_is_no_dataset_of_parts(tmp_path: Path) -> None:
    assert parts_at(tmp_path) is None
    assert parts_at(tmp_path / "rows.csv") is None


def test_a_day_is_not_large_and_its_first_part_tells_of_all_signals(on_disk: Path) -> None:
    parts = parts_of(on_disk)
    assert not is_large(parts)
    assert head_of(parts, RULES).rows.height == 1
