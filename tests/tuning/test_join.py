"""Joining tables is looking at every combination, and pruning loses no best one."""

from itertools import product

import numpy as np
import pytest

from simlab.tuning.join import Table, blocks, combinations, undominated


def random_tables(seed: int, rules: int = 3) -> list[Table]:
    """Tables with many ties, so that pruning has something to do."""
    random = np.random.default_rng(seed)
    sizes = random.integers(1, 9, rules)
    return [
        Table(
            point=np.arange(size),
            least=random.choice([0.0, 1.0, 3.0, np.inf], (4, size)),
            total=random.integers(0, 4, (2, size)).astype(np.float64),
        )
        for size in sizes
    ]


@pytest.mark.parametrize("cells", [1, 60, 1 << 20])
@pytest.mark.parametrize("seed", range(5))
def test_blocks_are_all_combinations_whatever_fits(seed: int, cells: int) -> None:
    tables = random_tables(seed)
    found = [
        (tuple(points), block.least[:, column].tolist(), block.total[:, column].tolist())
        for block in blocks(tables, cells=cells)
        for column, points in enumerate(block.points(np.arange(block.total.shape[1])).tolist())
    ]
    expected = [
        (
            points,
            [min(t.least[i, p] for t, p in zip(tables, points, strict=True)) for i in range(4)],
            [sum(t.total[k, p] for t, p in zip(tables, points, strict=True)) for k in range(2)],
        )
        for points in product(*(range(table.point.size) for table in tables))
    ]
    assert found == expected
    assert len(found) == combinations(tables)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_left_out_is_equalled_or_bettered_by_what_stays(seed: int) -> None:
    (table,) = random_tables(seed, rules=1)
    kept = undominated(table)
    rows = np.vstack((table.least, table.total)).T
    stays = set(kept.point.tolist())
    for point, row in enumerate(rows):
        better = {p for p in stays if (rows[p] <= row).all()}
        assert better == {point} if point in stays else better


@pytest.mark.parametrize("seed", range(10))
def test_pruned_tables_have_the_same_best_combination(seed: int) -> None:
    tables = random_tables(seed)

    def best(of: list[Table]) -> float:
        return min(
            float((np.minimum(block.least, 9).sum(axis=0) + block.total.sum(axis=0)).min())
            for block in blocks(of)
        )

    assert best([undominated(table) for table in tables]) == best(tables)


def test_of_equal_points_the_first_stays() -> None:
    table = Table(point=np.arange(2), least=np.zeros((1, 2)), total=np.zeros((1, 2)))
    assert undominated(table).point.tolist() == [0]
