"""The durability column says what stacks of known carelessness lose."""

import os
from pathlib import Path

import pytest

from simlab.bench.cramped import AFTER, BEFORE, DURING, ROOM_BYTES
from simlab.bench.doomed import AT_WORK
from simlab.bench.durability import lost_on_full_disk, lost_on_kill
from simlab.bench.loss import Loss, loss_in
from simlab.errors import ConfigError, SimlabError

from . import careless

HERE = careless.__name__


def killed(stack: str, *, kills: int = 3, paced: bool = False) -> Loss:
    return lost_on_kill(f"{HERE}:{stack}", kills=kills, paced=paced, seed=1)


@pytest.mark.parametrize("paced", [False, True])
def test_a_stack_that_swallows_lines_loses_exactly_those_at_each_kill(paced: bool) -> None:
    loss = killed("Swallowing", kills=4, paced=paced)
    assert (loss.lost, loss.doubled) == (4 * careless.SWALLOWED, 0)
    assert loss.acked >= 4 * AT_WORK


def test_a_stack_that_writes_at_once_loses_nothing_and_the_kills_come_at_other_moments() -> None:
    loss = killed("Careful", kills=4)
    assert (loss.lost, loss.doubled, loss.raised) == (0, 0, 0)
    assert loss.acked > 1000


def test_a_stack_that_keeps_back_its_last_lines_loses_those() -> None:
    """One less where the kill came between its writing a line and its return."""
    loss = killed("Holding", kills=4)
    assert 4 * (careless.KEPT_BACK - 1) <= loss.lost <= 4 * careless.KEPT_BACK
    assert loss.doubled == 0


def test_what_a_stack_recovers_is_not_lost() -> None:
    loss = killed("Recovering")
    assert (loss.lost, loss.doubled) == (0, 0)
    assert loss.acked >= 3 * AT_WORK


def test_a_stack_that_doubles_lines_doubles_exactly_those_and_loses_none() -> None:
    """Lines glued to each other and lines of no event count for none."""
    loss = killed("Doubling")
    assert (loss.lost, loss.doubled) == (0, 3 * careless.DOUBLED)


def test_a_line_without_its_end_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.log.1").write_bytes(b'{"batch_id":0}\n{"batch_id":2}\n{"batch_id":0}\n')
    (tmp_path / "y.jsonl").write_bytes(b'{"batch_id":1}')
    (tmp_path / "z.txt").write_bytes(b'{"batch_id":3}\n')
    assert loss_in(tmp_path, acked=4) == Loss(acked=4, lost=2, doubled=1)


@pytest.mark.parametrize("stack", ["plain", "default"])
def test_neither_stack_of_simlabs_loses_an_acked_line(stack: str) -> None:
    for paced in (False, True):
        loss = lost_on_kill(stack, kills=4, paced=paced, seed=2)
        assert (loss.lost, loss.doubled) == (0, 0)


def test_what_cannot_be_killed_is_said() -> None:
    with pytest.raises(ConfigError, match="unknown; expected one of off, plain"):
        lost_on_kill("nonesuch", kills=1, paced=False, seed=1)
    with pytest.raises(ConfigError, match="found 0, expected 1 or more"):
        lost_on_kill("plain", kills=0, paced=False, seed=1)
    with pytest.raises(SimlabError, match="no more"):
        killed("Broken")


@pytest.mark.skipif(bool(os.geteuid()), reason="mounting a disk takes root")
def test_on_a_full_disk_lines_without_room_are_lost_and_calls_that_raised_are_counted() -> None:
    """All but what the disk had room for, and none of those before and after."""
    loss = lost_on_full_disk(f"{HERE}:Raising")
    if loss is None:
        pytest.skip("a tmpfs may not be mounted here")
    length = len('{"batch_id":1234,"padding":""}\n') + 200
    fit = ROOM_BYTES // length
    assert loss.acked == BEFORE + DURING + AFTER
    assert DURING - fit - 50 <= loss.lost <= DURING - fit + 50
    assert loss.raised == pytest.approx(loss.lost, abs=1)
    assert loss.doubled == 0
