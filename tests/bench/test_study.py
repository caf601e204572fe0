"""A study measures what was asked for, each thing once, and counts its steps on the way."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from simlab.bench.bot_share import BotShare
from simlab.bench.chance import Estimate
from simlab.bench.crashes import Losses
from simlab.bench.instructions import Instructions
from simlab.bench.loss import Loss
from simlab.bench.rounds import Settings, Way, in_rounds
from simlab.bench.study import AGAIN, ALL, SPEED, Extent, Study, steps, study
from simlab.errors import ConfigError

from .known import measured

SETTINGS = Settings(rounds=5, events=100, paced_events=5, seed=7)
EVERYTHING = Extent(parts=True, kills=1, on_the_bot=True, instructions=True)
ONE = Estimate(1.0, 1.0, 1.0)


@pytest.fixture(autouse=True)
def _nothing_takes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every process had ended at once."""
    none_lost = Loss(10, 0, 0)

    def share(
        stacks: Sequence[str], *, rounds: int, report: Callable[[int], None], **_: Any
    ) -> dict[str, BotShare]:
        for done in range(rounds * len(stacks)):
            report(done + 1)
        return {name: BotShare(batch_us=ONE, wall=ONE, cpu=ONE) for name in stacks}

    monkeypatch.setattr("simlab.bench.rounds._once", lambda *_: measured(1.0))
    monkeypatch.setattr("simlab.bench.crashes.lost_on_kill", lambda *_, **__: none_lost)
    monkeypatch.setattr("simlab.bench.crashes.lost_on_full_disk", lambda _: None)
    monkeypatch.setattr("simlab.bench.study.on_the_bot", share)
    monkeypatch.setattr("simlab.bench.study.instructions_of", lambda _: Instructions(9.0, 1))


@pytest.mark.parametrize("extent", [SPEED, ALL, EVERYTHING])
def test_steps_are_counted_one_by_one_up_to_the_number_told_before(extent: Extent) -> None:
    told: list[int] = []
    study(["off", "default"], SETTINGS, extent=extent, report=told.append)
    assert told == list(range(1, steps(["off", "default"], SETTINGS, extent=extent) + 1))


def test_what_keeps_nothing_loses_nothing_and_the_base_is_measured_twice() -> None:
    found = study(["off", "default", "default"], SETTINGS, extent=EVERYTHING)
    assert list(found.stacks) == ["plain", "off", "default", AGAIN]
    assert list(found.losses) == list(found.on_the_bot) == ["plain", "default"]
    assert all(len(rounds) == 5 for rounds in found.stacks.values())
    assert isinstance(found.losses["plain"], Losses)


def test_a_study_survives_being_written_and_read() -> None:
    found = study(["off"], SETTINGS, extent=EVERYTHING)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Study) == found


def test_the_order_is_drawn_anew_for_each_round_and_the_same_for_a_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    orders = []
    for seed in (1, 1, 2):
        seen: list[str] = []
        monkeypatch.setattr(
            "simlab.bench.rounds._once",
            lambda way, *_, seen=seen: (seen.append(way.stack), measured(1.0))[1],
        )
        in_rounds(
            {name: Way(stack=name) for name in "abcdef"},
            msgspec.structs.replace(SETTINGS, seed=seed),
        )
        orders.append("".join(seen))
    assert orders[0] == orders[1] != orders[2]
    rounds = [orders[0][at : at + 6] for at in range(0, 30, 6)]
    assert all(sorted(each) == list("abcdef") for each in rounds)
    assert len(set(rounds)) > 1


def test_too_few_rounds_and_no_stack_are_refused() -> None:
    with pytest.raises(ConfigError, match="too few for an interval"):
        study(["off"], msgspec.structs.replace(SETTINGS, rounds=4))
    with pytest.raises(ConfigError, match="no stack is named"):
        study([], SETTINGS)
