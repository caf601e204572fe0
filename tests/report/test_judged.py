"""Kinds, look-alikes and false alarms in tables of a row a kind or rule."""

import polars as pl

from simlab.report.explained import ALARMS
from simlab.report.judged import fooled_table, kinds_table, lay_table
from simlab.report.numbers import UNDEFINED
from simlab.tuning.kinds import CAUGHT, FOOLED


def test_a_row_a_kind_and_a_column_a_rule() -> None:
    rows = [
        ("a", "latency_spike", 3, 2, 2 / 3, 90.0, 90.0, float("nan")),
        ("b", "latency_spike", 3, 0, 0.0, float("nan"), float("nan"), float("nan")),
    ]
    table = kinds_table(pl.DataFrame(rows, schema=CAUGHT, orient="row"))
    assert table.columns == ("Kind", "Incidents", "a", "b")
    assert table.rows == (("latency spike", "3", "2, 1 min 30 s", "0"),)
    assert UNDEFINED not in str(table.rows)


def test_a_kind_of_look_alike_that_fooled_no_one_has_a_zero() -> None:
    rows = [("a", "load_peak", 2, 5)]
    table = fooled_table(pl.DataFrame(rows, schema=FOOLED, orient="row"))
    assert table.rows == (("load peak", "2", "5"),)


def test_false_alarms_are_counted_by_what_lay_there() -> None:
    alarm = {"rule": "a", "lay": "tail", "label": "i1", "apart_s": 2.0}
    alarms = pl.DataFrame([alarm, alarm], schema=ALARMS)
    table = lay_table(alarms, ["a", "b"])
    assert table.columns[2] == "tail of a label"
    assert table.rows == (("a", "0", "2", "0", "0", "0"), ("b", "0", "0", "0", "0", "0"))
