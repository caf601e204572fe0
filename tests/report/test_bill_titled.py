"""The bill's titles say what its figures say."""

from pathlib import Path

import pytest

from simlab.bench.findings import Findings, findings_of
from simlab.bench.merge import read_study
from simlab.report import plots

REPORT = Path(__file__).resolve().parents[2] / "data" / "bench-report"


@pytest.fixture(scope="module")
def found() -> Findings:
    """Of the report that the notebook reads."""
    return findings_of(read_study(REPORT))


def test_the_title_of_the_costs_has_each_ratio_that_is_a_difference(found: Findings) -> None:
    title = plots.telemetry_costs(found.bill).get_title(loc="left")
    for line in found.bill.lines:
        ratio = line.ratios.get("cpu")
        told = ratio is not None and ratio.verdict != "no difference"
        if line.stack not in ("off", "plain", "plain, again"):
            assert (f"{line.stack} " in title) == told


def test_the_title_of_rates_is_the_cpu_time_at_a_hundred_events(found: Findings) -> None:
    (plain,) = [line for line in found.bill.lines if line.stack == "plain"]
    share = plain.figures["cpu_ns"].value * 100 / 1e9 * 100
    title = plots.telemetry_at_rates(found.bill).get_title(loc="left")
    assert f"plain {round(share, 1):g} %" in title


def test_the_title_of_parts_names_the_dearest(found: Findings) -> None:
    assert found.parts is not None
    dearest = max(found.parts.parts, key=lambda part: part.cpu_ns.value).part
    title = plots.telemetry_parts(found.parts).get_title(loc="left")
    assert title.startswith(f"The {dearest} costs most")
