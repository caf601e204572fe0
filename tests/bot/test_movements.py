"""What a batch moves hangs on the seed, its id and its line alone, and can be carried out."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.bot.failures import InvalidError
from simlab.bot.ledger import Ledger
from simlab.bot.movements import Movement, Movements, Reason
from simlab.bot.steps import validated
from simlab.errors import InputError

from .shop import ORDER, single

KNOWN = frozenset({"A", "B"})


def drawn(count: int = 600, *, size: int = 20, seed: int = 1, **changes: object) -> Movements:
    batches = replace(single(count, size=size), **changes)  # type: ignore[arg-type]  # by name
    return Movements(Ledger.of(batches), seed=seed)


def test_a_batch_moves_the_same_whichever_others_there_are() -> None:
    few, many = drawn(7), drawn(600)
    assert [few.of(batch) for batch in range(7)] == [many.of(batch) for batch in range(7)]
    last = replace(single(600, size=20), batch_id=np.arange(1000, 1600)[::-1].copy())
    assert Movements(Ledger.of(last), seed=1).of(599) == drawn(1000).of(999)


def test_another_seed_moves_otherwise() -> None:
    assert drawn(5).of(3) != drawn(5, seed=2).of(3)


def test_every_order_has_its_size_and_is_valid() -> None:
    movements = drawn(300, size=33)
    known = frozenset(movements.skus)
    for batch in range(300):
        order = movements.of(batch)
        assert len(order) == 33
        net = validated(order, known)
        assert sum(net.values()) == sum(each.quantity for each in order)


def test_reasons_have_their_shares() -> None:
    """Within five standard deviations of a binomial."""
    movements = drawn(500, size=40)
    found = Counter(each.reason for batch in range(500) for each in movements.of(batch))
    shares: dict[Reason, float] = {"pick": 0.7, "receipt": 0.2, "return": 0.06, "adjustment": 0.04}
    for reason, share in shares.items():
        assert abs(found[reason] - 20_000 * share) < 5 * (20_000 * share * (1 - share)) ** 0.5


def test_outgoing_is_the_sum_of_all_that_is_taken_out() -> None:
    movements = drawn(300, warehouse_id=np.arange(300) % 3 + 7)
    expected: Counter[tuple[int, str]] = Counter()
    for batch in range(300):
        for each in movements.of(batch):
            expected[each.warehouse_id, each.sku] += max(0, -each.quantity)
    outgoing = movements.outgoing()
    assert {cell: count for cell, count in outgoing.items() if count} == dict(+expected)
    assert len(outgoing) == 3 * 200


def test_a_batch_too_large_to_be_worked_on_is_refused() -> None:
    with pytest.raises(InputError, match=r"^batch 1: 1,000,000 items; .* run it in virtual time$"):
        drawn(2, size=1_000_000)


@given(
    st.sampled_from(["pick", "receipt", "return", "adjustment", "gift"]),
    st.integers(-30, 30),
    st.sampled_from(["A", "B", "a", ""]),
)
def test_a_movement_is_valid_where_reason_size_and_item_fit(
    reason: str, quantity: int, sku: str
) -> None:
    ways = {"pick": range(-20, 0), "receipt": range(1, 21), "return": range(1, 21),
            "adjustment": [*range(-20, 0), *range(1, 21)], "gift": []}  # fmt: skip
    movement = Movement(sku, 1, quantity, reason)  # type: ignore[arg-type]  # a wrong one too
    if quantity in ways[reason] and sku in KNOWN:
        assert validated([*ORDER, movement], KNOWN)
    else:
        with pytest.raises(InvalidError, match=r"^line 4: "):
            validated([*ORDER, movement], KNOWN)


def test_an_order_of_nothing_is_invalid() -> None:
    with pytest.raises(InvalidError, match="no movements"):
        validated([], KNOWN)
