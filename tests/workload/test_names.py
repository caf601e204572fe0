"""Warehouses are named after made-up towns, all different, the same for the same seed."""

import pytest

from simlab.workload.loading import load_profile
from simlab.workload.names import NAMED_AT_MOST, warehouse_names

from .cases import case


@pytest.mark.parametrize("warehouses", [1, 50, NAMED_AT_MOST])
def test_each_warehouse_has_a_name_of_its_own(warehouses: int) -> None:
    names = warehouse_names(case(warehouses=warehouses), seed=1)
    assert len(set(names)) == len(names) == warehouses
    assert all(name.strip() for name in names)


def test_names_depend_on_the_seed_alone_and_more_warehouses_keep_the_first() -> None:
    few, many = (warehouse_names(case(warehouses=count), seed=1) for count in (20, 60))
    assert many[:20] == few
    assert warehouse_names(case(warehouses=20), seed=2) != few


def test_too_many_to_read_and_independent_rows_go_unnamed() -> None:
    assert warehouse_names(case(warehouses=NAMED_AT_MOST + 1), seed=1) == []
    assert warehouse_names(load_profile("strategy"), seed=1) == []
