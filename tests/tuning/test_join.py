"""Joining tables is looking at every combination, and pruning loses no best one."""

from itertools import product

import numpy as np
import pytest

from simlab.errors import ConfigError
from simlab.tuning import join
from simlab.tuning.join import (
    Floats,
    Table,
    check_size,
    fitting,
    least_of,
    points_of,
    total_of,
    undominated,
)


def random_tables(seed: int, rules: int = 3) -> list[Table]:
    """Tables with many ties, so that pruning has something to do."""
    random = np.random.default_rng(seed)
    return [
        Table(
            point=np.arange(size),
            least=random.choice([0.0, 1.0, 3.0, np.inf], (size, 4)),
            total=random.integers(0, 4, (size, 1)).astype(np.float64),
            capped=random.integers(0, 4, (2, size)).astype(np.float64),
        )
        for size in random.integers(1, 9, rules).tolist()
    ]


@pytest.mark.parametrize("cells", [1, 60, 1 << 20])
@pytest.mark.parametrize("seed", range(5))
def test_what_fits_is_found_whatever_fits_in_memory(seed: int, cells: int) -> None:
    """And its figures are the minima and sums of its points'."""
    tables = random_tables(seed)

    def fits(capped: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        return np.asarray((capped[0] <= 4) & (capped[1] <= 5))

    found = fitting(tables, fits, rows=2, cells=cells)
    expected = [
        points
        for points in product(*(range(table.point.size) for table in tables))
        if sum(t.capped[0, p] for t, p in zip(tables, points, strict=True)) <= 4
        and sum(t.capped[1, p] for t, p in zip(tables, points, strict=True)) <= 5
    ]
    assert [tuple(points) for points in points_of(tables, found.places).tolist()] == expected
    for row, points in enumerate(expected):
        pairs = list(zip(tables, points, strict=True))
        assert (
            least_of(tables, found.places)[row] == np.min([t.least[p] for t, p in pairs], 0)
        ).all()
        assert (total_of(tables, found.places)[row] == sum(t.total[p] for t, p in pairs)).all()
        assert (found.capped[:, row] == sum(t.capped[:, p] for t, p in pairs)).all()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_is_equalled_or_bettered_by_what_stays(seed: int) -> None:
    (table,) = random_tables(seed, rules=1)
    kept = undominated(table)
    rows = np.hstack((table.least, table.total, table.capped.T))
    stays = set(kept.point.tolist())
    for point, row in enumerate(rows):
        better = {p for p in stays if (rows[p] <= row).all()}
        assert better == {point} if point in stays else better


def test_of_equal_points_the_first_stays() -> None:
    table = Table(
        point=np.arange(2), least=np.zeros((2, 1)), total=np.zeros((2, 1)), capped=np.zeros((2, 2))
    )
    assert undominated(table).point.tolist() == [0]


def test_more_combinations_than_can_be_tried_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "MAX_COMBINATIONS", 3)
    table = Table(
        point=np.arange(2), least=np.zeros((2, 1)), total=np.zeros((2, 1)), capped=np.zeros((2, 2))
    )
    with pytest.raises(ConfigError, match=r"4 combinations \(2 x 2\) are left"):
        check_size([table, table])
