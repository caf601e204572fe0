"""What can be fitted is made ready, what cannot is refused with a count."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.workload.draw import draw
from simlab.workload.fit.evidence import evidence_of
from workload.cases import case, trouble

from .cases import evidence, log, poisson_log


def refused(dataset: Dataset) -> str:
    with pytest.raises(InputError) as refusal:
        evidence(dataset)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


def test_fewer_than_200_attempts_are_too_few() -> None:
    assert "199 attempts with a duration; 200 are needed" in refused(log(np.arange(199) * 5.0, 0.1))
    assert len(evidence(log(np.arange(200) * 5.0, 0.1)).rows) == 200


def test_less_than_five_minutes_are_too_short() -> None:
    told = refused(log(np.arange(1000) * 0.2, 0.1))
    assert "3.33 min" in told
    assert "5 min are needed" in told


def test_work_as_long_as_the_log_leaves_no_time_that_is_known() -> None:
    assert "0 min" in refused(log(np.arange(1000) * 1.0, 3_000.0))


@pytest.mark.parametrize("worked_s", [0.0, -1.0, math.nan, math.inf, 1e300, None])
def test_durations_that_are_none_are_refused(worked_s: float | None) -> None:
    told = refused(log(np.arange(1000) * 1.0, worked_s))
    assert "no duration above 0 in its 1,000 rows" in told


def test_attempts_of_hours_are_more_than_a_profile_holds() -> None:
    told = refused(log(np.arange(1000) * 600.0, 7_200.0))
    assert "half of the attempts took 2 h or more; a profile's take an hour at most" in told


def test_rows_without_a_duration_are_told_and_count_as_arrivals() -> None:
    worked_s = np.where(np.arange(1000) % 10 == 0, 0.0, 0.2)
    known = evidence(log(np.arange(1000) * 1.0, worked_s))
    assert known.rows["duration"].null_count() == 100
    assert any(note.startswith("100 rows (10.00%)") for note in known.notes)
    due_us, spans = known.due(known.learn)
    assert len(due_us) == pytest.approx(spans.length_s, abs=len(spans.start_us) + 1)


def test_a_plain_series_is_refused() -> None:
    rows = pl.DataFrame({"timestamp": [1, 2], "value": [0.5, 0.7]})
    told = refused(Dataset(name="s.csv", rows=rows.cast({"timestamp": pl.Datetime("us", "UTC")})))
    assert told.startswith("s.csv: a plain series of timestamp,value")
    assert "--map duration=" in told


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_share_held_out_must_leave_both_parts(share: float) -> None:
    with pytest.raises(ConfigError, match="--held-out"):
        evidence_of(poisson_log(60, 20, seed=1), held_out=share)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_the_two_parts_are_all_of_the_time_and_apart(share: float) -> None:
    dataset = poisson_log(60, 300, seed=2)
    known = evidence_of(dataset, held_out=share)
    assert known.learn.without(known.held).length_s == known.learn.length_s
    parts = [len(known.ended(spans)) for spans in (known.learn, known.held)]
    assert sum(parts) == len(dataset.rows)
    assert parts[1] / sum(parts) == pytest.approx(share, abs=0.02)


def test_due_is_when_the_first_attempt_began_less_its_wait() -> None:
    end_s = np.arange(1000) * 1.0
    columns = {"attempt": np.where(np.arange(1000) % 4 == 3, 2, 1), "queue_wait": 0.25}
    known = evidence(log(end_s, 0.5, **columns))
    opening = known.rows.filter("opens")
    assert len(opening) == 750
    waited = (opening["end_us"] - opening["due_us"]).unique().to_list()
    assert waited == [750_000]


def test_where_attempts_have_no_number_a_batch_is_known_by_its_last() -> None:
    status = np.where(np.arange(1000) % 4 == 3, "retry", "success")
    known = evidence(log(np.arange(1000) * 1.0, 0.5, status=status))
    assert known.rows["opens"].sum() == 750


def test_incidents_are_left_out_with_both_their_ends_and_look_alikes_are_not() -> None:
    dataset = draw(
        case(incident=[trouble("error_burst")], lookalike=[trouble("load_peak")]), seed=1
    )
    assert dataset.incidents is not None
    burst = dataset.incidents.filter(~pl.col("lookalike"))
    first, last = burst["visible_start"][0], burst["visible_end"][0]
    known = evidence(dataset)
    inside = dataset.rows["timestamp"].is_between(first, last, closed="both")
    assert len(known.rows) == len(dataset.rows) - inside.sum()
    assert not known.rows["timestamp"].is_between(first, last, closed="both").any()
    assert known.samples is not None
    assert not known.samples["timestamp"].is_between(first, last, closed="both").any()
    blind = evidence(replace(dataset, incidents=None))
    assert len(blind.rows) == len(dataset.rows)


def test_an_incident_that_did_not_show_leaves_nothing_out() -> None:
    dataset = draw(case(incident=[trouble("error_burst")]), seed=1)
    assert dataset.incidents is not None
    hidden = dataset.incidents.with_columns(visible_start=None, visible_end=None)
    known = evidence(replace(dataset, incidents=hidden.cast(dataset.incidents.schema)))
    assert len(known.rows) == len(dataset.rows)
    assert known.notes == ()
