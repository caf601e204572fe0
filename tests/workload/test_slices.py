"""A load is cut into slices and parts that miss nothing and overlap nowhere."""

from itertools import islice, pairwise

import numpy as np
import polars as pl
import pytest

from simlab.workload import slices
from simlab.workload.arrivals import intensity
from simlab.workload.attempts import draw_attempts, joined
from simlab.workload.draw import part_rows
from simlab.workload.load import Load, load_of
from simlab.workload.slices import longest_life_s, parts, pauses_s, slice_s
from simlab.workload.table import rows_frame

from .cases import START, case, trouble


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices as short as a batch may live, parts of a few."""
    monkeypatch.setattr(slices, "ROWS_PER_SLICE", 10)
    monkeypatch.setattr(slices, "ROWS_PER_PART", 1_500)


def busy() -> Load:
    """An hour in which batches live long: many reach over the edge of a slice."""
    troubles = [trouble("latency_spike", ramp="2m"), trouble("error_burst")]
    peak = [trouble("load_peak", ramp="5m")]
    return load_of(case(outcome={"retry": 0.4}, incident=troubles, lookalike=peak), seed=6)


def halting() -> Load:
    """The same hour with an outage of many slices in it, and one right after."""
    outages = [
        trouble("bot_down", duration={"median": "12m", "sigma": 0}),
        trouble("bot_down", at=START.replace(minute=33), duration={"median": "2m", "sigma": 0}),
    ]
    return load_of(case(outcome={"retry": 0.4}, incident=outages), seed=6)


def test_the_longest_life_is_all_attempts_at_the_limit_and_the_pauses_between() -> None:
    profile = case(outcome={"max_attempts": 4, "backoff": "1.5s"})
    assert pauses_s(profile.outcome) == [1.5, 3, 6]
    assert longest_life_s(profile) == 4 * 10 + 10.5


def test_a_slice_is_never_shorter_than_a_batch_can_live_nor_longer_than_a_week() -> None:
    assert slice_s(case(arrivals={"per_minute": 1e6}, workers=20_000)) == np.ceil(
        longest_life_s(case())
    )
    assert slice_s(case(arrivals={"per_minute": 60})) == 65_536
    assert slice_s(case(arrivals={"per_minute": 1e-3})) == 7 * 86_400


@pytest.mark.usefixtures("small")
def test_slices_follow_each_other_from_the_start_to_the_end() -> None:
    load = busy()
    own = [cut for part in parts(load) for cut in part.slices[part.before :]]
    assert [cut.index for cut in own] == list(range(len(own)))
    assert own[0].start_s == 0
    assert own[-1].end_s == 3_600
    assert own[0].first_batch == 1
    for one, after in pairwise(own):
        assert one.end_s == after.start_s
        assert one.first_batch + one.batches + one.extra == after.first_batch


@pytest.mark.usefixtures("small")
def test_a_part_begins_with_the_slices_that_reach_into_it_and_the_last_has_no_end() -> None:
    cuts = list(parts(busy()))
    assert len(cuts) > 10
    for one, after in pairwise(cuts):
        assert after.before >= 1
        assert after.slices[: after.before] == one.slices[-after.before :]
        assert one.end_s == after.start_s == one.slices[-1].end_s
    assert cuts[-1].end_s == np.inf


def test_a_load_whose_rows_decide_goes_on_without_end() -> None:
    assert len(list(islice(parts(load_of(case(duration=None, rows=5), seed=1)), 20))) == 20


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("load", [busy(), halting()], ids=["busy", "halting"])
def test_no_attempt_is_lost_or_doubled_at_the_edge_of_a_slice_or_a_part(load: Load) -> None:
    cuts = list(parts(load))
    own = [cut for part in cuts for cut in part.slices[part.before :]]
    whole = joined([piece for cut in own for piece in draw_attempts(load, cut)])
    over = np.count_nonzero(whole.attempt > 1)
    assert over > 10_000  # retried, so many of them over an edge
    together = pl.concat([part_rows(load, part)[1] for part in cuts])
    assert together["timestamp"].is_sorted()
    expected = rows_frame(load.profile, whole).sort("batch_id", "attempt")
    assert together.sort("batch_id", "attempt").equals(expected)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("load", [busy(), halting()], ids=["busy", "halting"])
def test_each_attempt_is_in_the_part_in_which_it_ended(load: Load) -> None:
    for part in parts(load):
        drawn, rows = part_rows(load, part)
        assert drawn.rows == len(rows)
        if drawn.rows:
            assert drawn.start_us >= part.start_s * 1e6
            assert drawn.end_us < part.end_s * 1e6


@pytest.mark.usefixtures("small")
def test_a_part_after_an_outage_begins_with_all_slices_that_it_held_up() -> None:
    load = halting()
    reaches = [part.before for part in parts(load)]
    assert max(reaches) > 10
    outage_s = float(load.outages.end_us[0]) / 1e6
    held = next(part for part in parts(load) if part.start_s < outage_s <= part.end_s)
    assert held.slices[0].start_s <= load.troubles[0].start_s


def test_peaks_add_what_their_strength_adds_up_to() -> None:
    load = load_of(case(lookalike=[trouble("load_peak", ramp="5m")]), seed=1)
    shape = intensity(load.profile)
    edges_s, expected = slices.peak_arrivals(shape, load.troubles, start_s=0, end_s=3_600)
    assert edges_s[-1] == 3_600
    assert expected[-1] == pytest.approx(0.8 * 10 * 15 * 60)  # two ramps make one full piece
    assert (np.diff(expected) >= 0).all()
