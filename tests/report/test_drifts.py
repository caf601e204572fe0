"""Drift in tables: figures with units, distances by their measure."""

from math import nan

from simlab.report.drifts import alarms_table, quantities_table
from simlab.report.numbers import UNDEFINED
from simlab.tuning.alarms import Alarms
from simlab.tuning.apart import Apart
from simlab.tuning.drift import Drift, Judged


def test_each_measure_reads_in_its_own_way() -> None:
    slower = Apart(
        quantity="duration", measure="ks", there=0.5, here=0.62, distance=0.1481, low=0.144,
        high=0.152, chance=0.005, rare=0.0071,
    )  # fmt: skip
    failing = Apart(
        quantity="error_ratio", measure="change", there=0.004, here=0.008, distance=1.0,
        low=-0.05, high=1.25, chance=0.09, rare=0.15,
    )  # fmt: skip
    found = Drift(
        logs="a", reference="b", alarms=None, notes=(),
        quantities=(
            Judged(apart=slower, verdict="drifted"), Judged(apart=failing, verdict="near"),
        ),
    )  # fmt: skip
    assert quantities_table(found).rows == (
        ("duration", "500 ms", "620 ms", "0.148", "0.144 to 0.152", "0.005", "0.007", "drifted"),
        ("error ratio", "0.4 %", "0.8 %", "+100.0 %", "-5.0 % to +125.0 %", "9.0 %", "15.0 %",
         "near"),
    )  # fmt: skip


def test_pages_without_labels_are_called_so() -> None:
    alarms = Alarms(
        counted="pages", count=3, per_day=1.5, low=0.31, high=4.38, reference_per_day=nan,
        most_per_day=2.0, verdict="unsure",
    )  # fmt: skip
    table = alarms_table(alarms)
    assert table.columns[0] == "Pages"
    assert table.rows == (("3", "1.50", "0.31 to 4.38", UNDEFINED, "2.00", "unsure"),)
    assert "all pages count" in table.note
