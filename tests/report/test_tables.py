"""Tables say what was caught by whom, after how long, and what was not."""

import polars as pl

from simlab.dataset.schema import Dataset
from simlab.report import tables, view
from simlab.report.numbers import UNDEFINED
from simlab.tuning.backtest import Backtest
from simlab.tuning.score import Score

from .cases import attempts, incident, labels, strategy


def test_a_rule_is_a_row_in_the_order_of_the_scores(judged: Backtest) -> None:
    table = tables.scores_table(judged.scores, strategy())
    assert [row[0] for row in table.rows] == ["slow_batch", "error_rate", "cpu_high", "any rule"]
    assert [row[1] for row in table.rows][2:] == ["cpu_percent > 85 % for 5m", "any of these"]
    assert [row[3] for row in table.rows] == ["2/4", "1/4", "1/4", "4/4"]
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_undefined_is_a_dash_that_is_explained_once() -> None:
    blank = [Score(rule="a"), Score(rule="b", note="d: no samples")]
    table = tables.scores_table(blank, strategy())
    assert all(set(row[2:]) == {UNDEFINED} for row in table.rows)
    assert table.note.count("undefined") == 1
    assert "b was not judged: d: no samples." in table.note


def test_the_tuned_rules_stand_below_the_strategys(judged: Backtest) -> None:
    same = (judged.scores, strategy())
    table = tables.tuned_table(same, (judged.scores, strategy(threshold_s=3.0)))
    assert [row[1] for row in table.rows[:2]] == ["strategy", "tuned"]
    assert [row[2] for row in table.rows[:2]] == ["duration > 2 s", "duration > 3 s"]
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert 1 not in table.numeric
    assert len(table.columns) - 1 in table.numeric


def test_an_incident_names_who_caught_it_and_after_how_long(
    trouble: Dataset, judged: Backtest
) -> None:
    assert trouble.incidents is not None
    table = tables.incidents_table(trouble.incidents, judged.episodes)
    by_kind = {row[0]: row for row in table.rows}
    assert by_kind["cpu saturation"][-1] == "cpu_high after 10 min"
    assert by_kind["error burst"][-1].startswith("error_rate after ")
    assert by_kind["latency spike"][4] == "3, 4"
    assert "load peak" not in by_kind


def test_an_incident_that_no_one_caught_was_missed(judged: Backtest) -> None:
    unseen = {**incident("b", "x", 8, 8.5), "visible_start": None, "visible_end": None}
    truth = labels(incident("a", "x", 7, 7.1), unseen)
    table = tables.incidents_table(truth, judged.episodes)
    assert [row[-1] for row in table.rows] == ["missed", "not judged: it did not show"]
    assert table.rows[1][2] == "not at all"


def test_a_look_alike_says_whom_it_fooled(trouble: Dataset, judged: Backtest) -> None:
    assert trouble.incidents is not None
    table = tables.lookalikes_table(trouble.incidents, judged.episodes)
    assert [(row[0], row[-1]) for row in table.rows] == [("load peak", "slow_batch: 1")]


def test_a_long_table_is_cut_and_says_so(judged: Backtest) -> None:
    truth = labels(*[incident(f"i{k}", "x", k / 10, k / 10 + 0.05) for k in range(150)])
    table = tables.incidents_table(truth, judged.episodes)
    assert len(table.rows) == tables.MOST_ROWS
    assert table.note == "The first 100 of 150 incidents."


def test_warehouses_are_named_and_the_worst_have_batches_enough() -> None:
    many = attempts([1.0] * 60, statuses=["error"] * 3 + ["success"] * 57)
    few = attempts([1.0] * 3, statuses=["error"] * 3)
    both = pl.concat([many.with_columns(pl.lit(7, pl.Int32).alias("warehouse_id")), few])
    warehouses = view.by_warehouse(both)
    worst = tables.worst_table(warehouses, {7: "Rotterdam"})
    assert worst.rows == (("7 Rotterdam", "60", "3", "5 %", "1 s"),)
    assert [row[0] for row in tables.busiest_table(warehouses, {}).rows] == ["7", "1"]
