"""One workload, two clocks: virtual and wall time do the same work, and differ in times alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
from run.cases import short
from sqlalchemy import create_engine, text

from simlab.bot.ledger import Ledger
from simlab.bot.loop import Worked, work
from simlab.dataset.schema import ERROR_TYPES
from simlab.events import Attempt, Event, Observer
from simlab.run.plan import ClockName, Plan, planned
from simlab.run.real import RealWork, work_for_real
from simlab.workload.profile import Profile
from simlab.workload.source import Source, source_of_profile


class Notes:
    """An observer that keeps every attempt, times aside."""

    def __init__(self) -> None:
        self.attempts: list[tuple[Any, ...]] = []

    def emit(self, event: Event) -> None:
        if isinstance(event, Attempt):
            self.attempts.append(
                (event.batch_id, event.attempt, event.status, event.error_type,
                 event.warehouse_id, event.batch_size)
            )  # fmt: skip


def troubled() -> Profile:
    """Six minutes in which four in ten attempts fail, in every way there is."""
    outcome = {
        "retry": 0.3, "error": 0.1, "max_attempts": 3, "backoff": "1s",
        "error_types": dict.fromkeys(ERROR_TYPES, 1),
    }  # fmt: skip
    return short(duration="6m", outcome=outcome)


def plan(source: Source, clock: ClockName) -> Plan:
    return planned(source, rules=(), clock=clock, speed=120.0, workers=None, for_s=None)


def in_virtual_time(source: Source, observers: Sequence[Observer]) -> Worked:
    todo = plan(source, "virtual")
    return work(
        Ledger.of(todo.batches), workers=todo.workers, clock=todo.pace, observers=observers,
        faults=todo.faults(),
    )  # fmt: skip


def in_wall_time(source: Source, folder: Path, observers: Sequence[Observer]) -> RealWork:
    folder.mkdir()
    return work_for_real(plan(source, "wall"), url=None, folder=folder, observers=observers)


def committed(folder: Path) -> list[tuple[int, int]]:
    """The batches that a database holds, with how many lines each has."""
    engine = create_engine(f"sqlite:///{folder / 'inventory.db'}")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT batch_id, lines FROM batch ORDER BY batch_id"))
        batches = [(int(batch_id), int(lines)) for batch_id, lines in found]
    engine.dispose()
    return batches


def test_both_clocks_tell_of_the_same_attempts_and_no_observer_changes_what_is_done(
    tmp_path: Path,
) -> None:
    source, virtual, wall = source_of_profile(troubled(), seed=5), Notes(), Notes()
    in_virtual_time(source, [virtual])
    bare = in_virtual_time(source, [])
    in_wall_time(source, tmp_path / "told", [wall])
    untold = in_wall_time(source, tmp_path / "bare", [])
    assert sorted(wall.attempts, key=str) == sorted(virtual.attempts, key=str)
    assert {error for _, _, _, error, _, _ in wall.attempts} == {None, *ERROR_TYPES}
    done = sorted((batch, size) for batch, _, status, _, _, size in wall.attempts
                  if status == "success")  # fmt: skip
    assert committed(tmp_path / "told") == committed(tmp_path / "bare") == done
    assert untold.stock.agrees
    assert bare.attempts == len(wall.attempts)


def test_a_bot_that_was_down_has_done_the_same_in_the_end(tmp_path: Path) -> None:
    """Attempts that trouble does not touch end as they were to, whenever they were made."""
    down = {"kind": "bot_down", "at": "2026-01-05T00:02:00Z", "duration": {"median": "90s"}}
    source, virtual, wall = source_of_profile(short(down, duration="6m"), seed=5), Notes(), Notes()
    in_virtual_time(source, [virtual])
    in_wall_time(source, tmp_path / "wall", [wall])
    assert sorted(wall.attempts, key=str) == sorted(virtual.attempts, key=str)


def test_the_movements_of_a_batch_are_the_same_in_every_run(tmp_path: Path) -> None:
    source = source_of_profile(troubled(), seed=5)
    frames = []
    for name in ("a", "b"):
        in_wall_time(source, tmp_path / name, [])
        url = f"sqlite:///{tmp_path / name / 'inventory.db'}"
        engine = create_engine(url)
        with engine.connect() as connection:
            frames.append(pl.read_database("SELECT * FROM movement", connection))
        engine.dispose()
    key = ["batch_id", "line"]
    assert frames[0].sort(key).equals(frames[1].sort(key))
    assert frames[0]["workload_id"].n_unique() == 1
