"""A load is a profile, a seed, and the trouble that can matter to it."""

import pytest

from simlab.workload.arrivals import rows_expected
from simlab.workload.draw import draw
from simlab.workload.load import load_of

from .cases import case, trouble

DAILY = {"kind": "error_burst", "per_day": 40}


def test_by_time_troubles_begin_before_its_end() -> None:
    load = load_of(case(duration="2d", incident=[DAILY]), seed=1)
    assert max(t.start_s for t in load.troubles) < 2 * 86_400
    assert load.rows_wanted is None


@pytest.mark.parametrize("rows", [1, 100_000])
def test_by_rows_troubles_are_drawn_for_longer_than_the_rows_take(rows: int) -> None:
    profile = case(duration=None, rows=rows, incident=[DAILY])
    load = load_of(profile, seed=1)
    last_s = (draw(profile, seed=1).rows["timestamp"].to_physical()[-1] - profile.start_us) / 1e6
    assert load.rows_wanted == rows
    assert max(t.start_s for t in load.troubles) > last_s + 86_400


def test_without_incidents_the_look_alikes_are_left() -> None:
    profile = case(incident=[trouble("error_burst")], lookalike=[trouble("load_peak")])
    assert [t.kind for t in load_of(profile, seed=1).troubles] == ["error_burst", "load_peak"]
    calm = load_of(profile, seed=1, incidents=False)
    assert [t.kind for t in calm.troubles] == ["load_peak"]


def test_a_span_says_how_long_troubles_are_wanted() -> None:
    longer = load_of(case(incident=[DAILY]), seed=1, span_s=30 * 86_400)
    assert max(t.start_s for t in longer.troubles) > 29 * 86_400


def test_so_many_rows_are_expected_as_there_are_batches_or_as_were_asked_for() -> None:
    assert rows_expected(case(duration=None, rows=77)) == 77
    assert rows_expected(case(duration="90m")) == 54_000
