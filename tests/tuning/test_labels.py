"""Labels that cannot all be judged, or that overlap, are told of."""

from dataclasses import replace

from simlab.tuning.labels import cautions_on_labels

from .cases import incidents, small_dataset

DATASET = small_dataset(1, minutes=60)


def told(*windows: tuple[int, int, bool]) -> list[str]:
    labels = incidents(*windows)
    labels = labels.with_columns(start="visible_start", end="visible_end")
    return cautions_on_labels(replace(DATASET, incidents=labels))


def test_labels_apart_and_within_the_data_need_no_caution() -> None:
    assert told((10, 20, False), (21, 30, False), (15, 25, True)) == []
    assert cautions_on_labels(replace(DATASET, incidents=None)) == []


def test_labels_outside_of_the_data_are_counted_and_one_is_named() -> None:
    (line,) = told((10, 20, False), (7_000, 7_100, False), (8_000, 8_100, False))
    assert line == "2 of 3 labels lie outside of the data, such as i1: they are not judged"


def test_overlapping_labels_are_counted_and_one_is_named() -> None:
    """The second reaches into no neighbour; it lies in the first."""
    (line,) = told((10, 90, False), (20, 30, False), (40, 50, False), (91, 95, False))
    assert line.startswith("2 labels overlap earlier ones, such as i1: ")
