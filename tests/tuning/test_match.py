"""Episodes belong to incidents by their start, and windows include both ends."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.errors import InputError
from simlab.tuning.match import EVERY_WAREHOUSE, Match, match, truth

from .cases import S, at_s, incidents

windows_s = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 15), st.booleans()), max_size=8)


def matched(labels: pl.DataFrame, *starts: float, from_s: int = 0, until_s: int = 10**6) -> Match:
    return match(at_s(*starts), truth(labels, from_us=from_s * S, until_us=until_s * S))


def test_a_start_exactly_at_visible_start_is_true_with_no_delay() -> None:
    found = matched(incidents((10, 20, False)), 10)
    assert found.incident.tolist() == [0]
    assert found.delay_s.tolist() == [0.0]


def test_a_start_exactly_at_visible_end_is_true() -> None:
    found = matched(incidents((10, 20, False)), 20)
    assert found.incident.tolist() == [0]
    assert found.delay_s.tolist() == [10.0]


def test_a_microsecond_beside_the_window_is_a_false_alarm() -> None:
    found = matched(incidents((10, 20, False)), 9.999999, 20.000001)
    assert found.incident.tolist() == [-1, -1]
    assert np.isnan(found.delay_s).all()


def test_the_delay_is_that_of_the_first_start_in_the_window() -> None:
    assert matched(incidents((10, 20, False)), 3, 12.5, 13).delay_s.tolist() == [2.5]


def test_no_episode_catches_nothing() -> None:
    found = matched(incidents((10, 20, False)))
    assert found.incident.size == 0
    assert np.isnan(found.delay_s).all()


def test_without_incidents_every_episode_is_a_false_alarm() -> None:
    found = matched(incidents(), 1, 2)
    assert found.incident.tolist() == [-1, -1]
    assert found.delay_s.size == 0


def test_one_episode_catches_all_the_incidents_it_starts_in() -> None:
    found = matched(incidents((10, 30, False), (15, 20, False), (25, 26, False)), 18)
    assert found.incident.tolist() == [0]
    np.testing.assert_array_equal(found.delay_s, [8.0, 3.0, np.nan])


def test_what_never_showed_is_not_counted() -> None:
    found = matched(incidents((None, None, False), (10, None, False), (10, 20, False)), 12)
    assert found.delay_s.tolist() == [2.0]


def test_a_lookalike_is_no_incident_and_its_episode_is_fooled() -> None:
    found = matched(incidents((10, 20, True)), 12, 30)
    assert found.incident.tolist() == [-1, -1]
    assert found.lookalike.tolist() == [0, -1]
    assert found.delay_s.size == 0


def test_an_incident_under_a_lookalike_makes_the_episode_true_and_not_fooled() -> None:
    found = matched(incidents((10, 20, True), (11, 15, False)), 12, 18)
    assert found.incident.tolist() == [0, -1]
    assert found.lookalike.tolist() == [-1, 0]


def test_an_incident_is_judged_where_it_begins_to_show() -> None:
    labels = incidents((9, 30, False), (10, 30, False), (19, 40, False), (20, 40, False))
    assert truth(labels, from_us=10 * S, until_us=20 * S).incidents.judged.tolist() == [
        False,
        True,
        True,
        False,
    ]


@given(windows_s, st.lists(st.integers(0, 60), max_size=12).map(sorted))
def test_it_agrees_with_looking_at_each_pair(
    windows: list[tuple[int, int, bool]], starts: list[int]
) -> None:
    """The vectorised search finds what two plain loops find."""
    labels = [(start, start + length, fake) for start, length, fake in windows]
    found = matched(incidents(*labels), *starts)
    real = sorted(label[:2] for label in labels if not label[2])
    fake = sorted(label[:2] for label in labels if label[2])
    for place, start in enumerate(starts):
        around = [position for position, (low, high) in enumerate(real) if low <= start <= high]
        fooling = [position for position, (low, high) in enumerate(fake) if low <= start <= high]
        assert found.incident[place] == (around[0] if around else -1)
        assert found.lookalike[place] == (fooling[0] if fooling and not around else -1)
    for (low, high), delay_s in zip(real, found.delay_s, strict=True):
        inside = [start - low for start in starts if low <= start <= high]
        np.testing.assert_equal(delay_s, inside[0] if inside else np.nan)


def of_warehouses(*warehouses: list[int] | None) -> pl.DataFrame:
    """Incidents from 10 to 20 s, one a list of warehouses."""
    labels = incidents(*((10, 20, False) for _ in warehouses))
    return labels.with_columns(pl.Series("warehouses", warehouses, dtype=pl.List(pl.Int32)))


def test_an_episode_of_a_warehouse_belongs_to_what_concerns_that_warehouse() -> None:
    labels = truth(of_warehouses([7], [8, 9], None), from_us=0, until_us=10**9)
    starts, of = at_s(11, 12, 13), np.array([8, 5, EVERY_WAREHOUSE])
    found = match(starts, labels, warehouse_id=of)
    assert found.incident.tolist() == [1, 2, 0]
    np.testing.assert_equal(found.delay_s, [3.0, 1.0, 1.0])
    found = match(starts[1:2], truth(of_warehouses([7]), from_us=0, until_us=10**9),
                  warehouse_id=of[1:2])  # fmt: skip
    assert found.incident.tolist() == [-1]
    assert np.isnan(found.delay_s).all()


@given(windows_s, st.lists(st.integers(0, 60), max_size=12).map(sorted))
def test_rules_that_tell_no_warehouses_apart_match_by_time_alone(
    windows: list[tuple[int, int, bool]], starts: list[int]
) -> None:
    """The general way and the quick one agree."""
    labels = incidents(*((start, start + length, fake) for start, length, fake in windows))
    known = truth(labels, from_us=0, until_us=10**12)
    quick = match(at_s(*starts), known)
    general = match(
        at_s(*starts), known, warehouse_id=np.full(len(starts), EVERY_WAREHOUSE, dtype=np.int64)
    )
    for name in ("incident", "lookalike", "delay_s"):
        np.testing.assert_equal(getattr(general, name), getattr(quick, name))


def test_an_incident_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InputError, match=r"^incident 'i0': found visible_end .*expected it after"):
        matched(incidents((20, 10, False)), 15)
