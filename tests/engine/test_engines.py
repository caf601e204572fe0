"""What every engine promises: results in order, a little ahead, and no work after the end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from simlab.engine.choice import Engine, EngineName, engine_of
from simlab.engine.local import AHEAD
from simlab.errors import ConfigError, SimlabError

from .cases import (
    alive_in_session,
    end_at_once,
    full_disk,
    leave_mark,
    refuse_3,
    slow_when_early,
    threads_of_polars,
)

DASK = pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask's distributed")
ENDLESS = """
import sys, time
from simlab.engine.choice import engine_of
if __name__ == "__main__":
    for _ in engine_of(sys.argv[1])(time.sleep, iter([0] * 4 + [60] * 9), workers=2):
        print("one", flush=True)
"""
ENGINES = [pytest.param("local", id="local"), pytest.param("dask", id="dask", marks=DASK)]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    return engine_of(request.param)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_tasks(engine: Engine, workers: int) -> None:
    results = list(engine(slow_when_early, range(12), workers=workers))
    assert [task for task, _ in results] == list(range(12))
    assert len({worker for _, worker in results}) <= workers


def test_no_tasks_have_no_results(engine: Engine) -> None:
    assert list(engine(refuse_3, [], workers=2)) == []


def test_an_exception_comes_through_at_the_place_of_its_result(engine: Engine) -> None:
    results = engine(refuse_3, range(9), workers=2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_a_workers_os_error_keeps_its_number_and_reason(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(OSError, match="No space left for 0") as caught:
        list(engine(full_disk, range(3), workers=2))
    assert (caught.value.errno, caught.value.strerror) == (28, "No space left for 0")
    assert capfd.readouterr() == ("", "")


def test_a_process_that_is_ended_from_outside_is_told_in_one_line(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SimlabError, match=r"^a worker process was ended .* fewer --workers$"):
        list(engine(end_at_once, range(3), workers=2))
    assert capfd.readouterr() == ("", "")


def test_tasks_are_taken_only_a_little_ahead_and_none_after_closing(
    engine: Engine, tmp_path: Path
) -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Path]:
        for number in count():
            taken.append(number)
            yield tmp_path / str(number)

    results = engine(leave_mark, tasks(), workers=2)
    for _ in range(3):
        next(results)
    assert len(taken) <= 3 + 2 * AHEAD
    results.close()
    marks = len(list(tmp_path.iterdir()))
    assert 3 <= marks <= 3 + 2 * AHEAD
    time.sleep(0.2)
    assert len(list(tmp_path.iterdir())) == marks


def test_what_is_bound_to_the_function_is_not_sent_with_each_task(engine: Engine) -> None:
    Counted.times = 0
    assert list(engine(partial(plus, Counted()), range(20), workers=2)) == list(range(20))
    assert Counted.times <= 4


class Counted:
    """Counts, in this process, how often it is sent away."""

    times = 0

    def __reduce__(self) -> tuple[Callable[[], "Counted"], tuple[()]]:
        Counted.times += 1
        return Counted, ()


def plus(_: Counted, task: int) -> int:
    return task


def test_each_of_several_workers_gives_polars_one_thread(engine: Engine) -> None:
    here = dict(os.environ)
    found = list(engine(threads_of_polars, [1, 1, 1, 1], workers=2))
    assert {threads for threads, _ in found} == {1}
    assert os.getpid() not in {worker for _, worker in found}
    assert dict(os.environ) == here


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("name", ENGINES)
def test_no_worker_outlives_a_parent_that_is_killed(name: EngineName, tmp_path: Path) -> None:
    command = [sys.executable, "-c", ENDLESS, name]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, start_new_session=True, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert [parent.stdout.readline() for _ in range(4)] == [b"one\n"] * 4
        assert len(alive_in_session(parent.pid)) >= 3
        parent.kill()
    until = time.monotonic() + 10
    while alive_in_session(parent.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive_in_session(parent.pid) == []


def test_a_scheduler_is_refused_where_there_is_no_cluster() -> None:
    with pytest.raises(ConfigError, match="--scheduler goes with --engine dask"):
        engine_of("local", scheduler="tcp://127.0.0.1:8786")
