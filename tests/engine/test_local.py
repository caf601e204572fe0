"""What is the local engine's own: one worker needs no process."""

import os
from pathlib import Path

from simlab.engine.local import default_workers, map_in_order

from .cases import leave_mark, slow_when_early


def test_one_worker_works_in_this_process() -> None:
    assert {worker for _, worker in map_in_order(slow_when_early, range(3), workers=1)} == {
        os.getpid()
    }


def test_nothing_is_done_before_it_is_asked_for(tmp_path: Path) -> None:
    map_in_order(leave_mark, [tmp_path / "mark"], workers=1)
    assert not list(tmp_path.iterdir())


def test_there_is_at_least_one_worker_and_no_more_than_cores() -> None:
    assert 1 <= default_workers() <= (os.cpu_count() or 1)
