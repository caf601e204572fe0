"""A dataset is drawn in order, exactly as long as asked, the same each time."""

import polars as pl
import pytest

from simlab.dataset.schema import ERROR_TYPES, INCIDENTS, ROWS, SAMPLES
from simlab.workload import slices
from simlab.workload.draw import draw
from simlab.workload.loading import with_rows
from simlab.workload.profile import Profile

from .cases import case, ends_s, trouble


def ongoing() -> Profile:
    return case(incident=[trouble("latency_spike")], lookalike=[trouble("load_peak", ramp="2m")])


@pytest.fixture(params=[None, (10, 1_500)], ids=["one part", "many parts"])
def edge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How the load is cut; gives a number of rows near the edge of a part."""
    if request.param:
        monkeypatch.setattr(slices, "ROWS_PER_SLICE", request.param[0])
        monkeypatch.setattr(slices, "ROWS_PER_PART", request.param[1])
    return 1_500


def test_n_rows_are_exactly_n_and_the_beginning_of_more(edge: int) -> None:
    longest = draw(with_rows(ongoing(), 30_000), seed=5).rows
    assert longest["timestamp"].is_sorted()
    for rows in (1, 10, *range(edge - 2, edge + 3), 9_999, 29_999):
        assert draw(with_rows(ongoing(), rows), seed=5).rows.equals(longest[:rows])


@pytest.mark.parametrize("rows", [65_535, 65_536, 65_537])
def test_n_rows_are_n_around_the_size_of_a_slice(rows: int) -> None:
    assert len(draw(with_rows(ongoing(), rows), seed=5).rows) == rows


def test_the_same_seed_draws_the_same_and_another_another(edge: int) -> None:
    one, again, other = (draw(ongoing(), seed=seed) for seed in (5, 5, 6))
    assert edge
    assert one.rows.equals(again.rows)
    assert one.samples is not None
    assert one.samples.equals(again.samples)  # type: ignore[arg-type]  # there are some
    assert not one.rows.equals(other.rows)


def test_the_frames_have_the_contracts_columns_and_types() -> None:
    dataset = draw(ongoing(), seed=5)
    assert dataset.samples is not None
    assert dataset.incidents is not None
    told = {**ROWS, "error_type": dataset.rows.schema["error_type"]}
    assert dict(dataset.rows.schema) == told
    assert dataset.rows.schema["error_type"] == pl.Enum(ERROR_TYPES)
    assert dict(dataset.samples.schema) == SAMPLES
    assert dict(dataset.incidents.schema) == INCIDENTS


def test_batches_fall_due_within_the_duration_and_may_end_after_it() -> None:
    ends = ends_s(draw(ongoing(), seed=5))
    assert ends.min() > 0
    assert 3_600 < ends.max() < 3_600 + 33


@pytest.mark.parametrize("arrivals", [{"per_minute": 1e-6}, {"hourly": [0.0] + [1.0] * 23}])
def test_a_load_in_which_nothing_falls_due_is_empty_and_not_an_error(
    arrivals: dict[str, object],
) -> None:
    dataset = draw(case(arrivals=arrivals, incident=[trouble("error_burst")]), seed=1)
    assert len(dataset.rows) == 0
    assert dataset.incidents is not None
    assert dataset.incidents["visible_start"].to_list() == [None]


DAILY = {"interval": "1d"}


def test_a_slow_load_by_rows_reaches_over_years() -> None:
    slow = case(arrivals={"per_minute": 1e-4}, duration=None, rows=300, resources=DAILY)
    ends = ends_s(draw(slow, seed=1))
    assert len(ends) == 300
    assert abs(ends[-1] - 300 * 600_000) < 4.5 * 600_000 * 300**0.5


def test_a_load_peak_shows_while_it_adds_a_tenth_to_the_arrivals() -> None:
    """Within its injection, later than its start by part of the ramp."""
    drawn = draw(case(lookalike=[trouble("load_peak", ramp="2m")]), seed=1)
    assert drawn.incidents is not None
    peak = drawn.incidents.row(0, named=True)
    assert peak["lookalike"]
    assert peak["start"] < peak["visible_start"] < peak["visible_end"] < peak["end"]
