"""What is Dask's own: schedulers that are not there, or elsewhere, and nothing left of ours."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from simlab.engine import choice
from simlab.engine.choice import engine_of
from simlab.errors import OutputError, SimlabError
from simlab.workload.generate import generate
from simlab.workload.loading import load_profile, with_rows

from .cases import alive_in_session, refuse_3, slow_when_early

distributed = pytest.importorskip("distributed", reason="needs dask's distributed")

TESTS = Path(__file__).parents[1]
CLUSTER = """
import logging, resource, sys
from distributed import LocalCluster
if __name__ == "__main__":
    workers, most_bytes, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    if most_bytes:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0",
                      host="127.0.0.1", local_directory=folder, silence_logs=logging.CRITICAL) as c:
        print(c.scheduler_address, flush=True)
        sys.stdin.read()
"""
"""A cluster as someone else's, until its standard input is closed."""


@contextmanager
def cluster(
    folder: Path, *, workers: int = 2, most_bytes: int = 0, path: Path | None = TESTS
) -> Iterator[tuple[str, int]]:
    """Gives its scheduler's address, and the process it is in.

    Its workers can import what lies in `path`.
    """
    told = [str(workers), str(most_bytes), str(folder)]
    with subprocess.Popen(
        [sys.executable, "-c", CLUSTER, *told],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        start_new_session=True, env={**os.environ, "PYTHONPATH": str(path or ""), "DASK_TEMPORARY_DIRECTORY": str(folder)},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process.pid


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """A server that is no scheduler; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def complaint(scheduler: str) -> str:
    """What is said of a scheduler that cannot be used."""
    with pytest.raises(SimlabError) as caught:
        list(engine_of("dask", scheduler=scheduler)(refuse_3, range(3), workers=2))
    told = str(caught.value)
    assert "\n" not in told
    assert told.startswith(f"--scheduler {scheduler}: ")
    return told


def test_a_scheduler_that_is_not_there_is_told_within_seconds() -> None:
    since = time.monotonic()
    assert complaint(f"tcp://127.0.0.1:{closed_port()}").endswith("reached: Connection refused")
    assert time.monotonic() - since < 5


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", ""])
def test_what_is_no_address_is_told(address: str) -> None:
    assert "cannot be reached: " in complaint(address)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 4000])
def test_what_is_no_scheduler_is_told(answer: bytes) -> None:
    with listening(answer) as address:
        complaint(address)


def test_without_distributed_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "find_spec", lambda _: None)
    with pytest.raises(
        SimlabError, match=r"^--engine dask needs .*pip install 'simlab\[cluster\]'$"
    ):
        engine_of("dask")


def test_a_scheduler_without_workers_is_told(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=0) as (address, _):
        assert complaint(address).endswith("has no workers; start some: dask worker")


def test_a_schedulers_workers_do_the_work_and_stay(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, host):
        engine = engine_of("dask", scheduler=address)
        for _ in range(2):
            results = list(engine(slow_when_early, range(12), workers=1))
            assert [task for task, _ in results] == list(range(12))
        workers = {worker for _, worker in results}
        assert len(workers) == 2
        assert workers <= {child.pid for child in psutil.Process(host).children(recursive=True)}
        with distributed.Client(address, set_as_default=False) as client:
            kept = client.run(lambda dask_worker: list(dask_worker.plugins))
        assert not [name for names in kept.values() for name in names if "simlab" in name]


def test_workers_without_what_is_to_be_done_are_told(tmp_path: Path) -> None:
    """As when simlab is not installed where they are."""
    with (
        cluster(tmp_path, path=None) as (address, _),
        pytest.raises(SimlabError, match=r"^a worker cannot .*'engine'.*install the same simlab"),
    ):
        list(engine_of("dask", scheduler=address)(refuse_3, range(3), workers=1))


def test_a_scheduler_that_ends_in_the_middle_is_told(tmp_path: Path) -> None:
    with cluster(tmp_path) as (address, host):
        results = engine_of("dask", scheduler=address)(
            time.sleep, iter([0] * 4 + [60] * 9), workers=1
        )
        for _ in range(4):
            next(results)
        threading.Timer(0.2, os.kill, (host, signal.SIGKILL)).start()
        with pytest.raises(
            SimlabError, match=r"^the scheduler ended, or can no longer be reached$"
        ):
            next(results)


def test_a_worker_that_cannot_write_is_told(tmp_path: Path) -> None:
    load = with_rows(load_profile("busy-day"), 20_000)
    with (
        cluster(tmp_path / "dask", most_bytes=10_000) as (address, _),
        pytest.raises(
            OutputError,
            match=r"a: a worker cannot write there: File too large; the scheduler's machines must",
        ),
    ):
        generate(load, seed=1, out=tmp_path / "a", engine="dask", scheduler=address)
    assert [path.name for path in tmp_path.iterdir()] in (["dask"], [])


@pytest.fixture
def working() -> Iterator[Callable[[], None]]:
    """A cluster of our own in the middle of its work; gives what ends it."""
    results = engine_of("dask")(slow_when_early, iter(range(10**6)), workers=2)
    next(results)
    yield results.close
    results.close()


def test_two_clusters_of_ours_do_not_meet(working: Callable[[], None]) -> None:
    with ExitStack() as until:
        with suppress(OSError):  # someone has it already, which is as good
            until.enter_context(socket.create_server(("127.0.0.1", 8787)))
        results = engine_of("dask")(slow_when_early, range(3), workers=2)
        assert [task for task, _ in results] == [0, 1, 2]


def test_our_cluster_listens_on_loopback_alone(working: Callable[[], None]) -> None:
    here = psutil.Process()
    listening = {
        socket.laddr.ip
        for process in [here, *here.children(recursive=True)]
        for socket in process.net_connections("inet")
        if socket.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_our_cluster_leaves_no_process_thread_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    end = request.getfixturevalue("working")
    assert list(tmp_path.iterdir())
    end()
    assert list(tmp_path.iterdir()) == []
    after = psutil.Process().children(recursive=True)
    left = [c for c in after if c.pid not in before and "resource_tracker" not in str(c.cmdline())]
    assert left == []


def test_interrupted_with_all_its_processes_it_leaves_nothing_and_says_nothing(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "simlab", "gen", "--rows", "100000000", "--engine", "dask"]
    with subprocess.Popen(
        [*command, "--workers", "2", "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as child:  # fmt: skip
        until = time.monotonic() + 30
        while not list(tmp_path.glob(".out.partial/records/*")) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGINT)
        said, complained = child.communicate(timeout=30)
    assert (child.returncode, said, complained.strip()) == (130, b"", b"")
    assert list(tmp_path.iterdir()) == []
    until = time.monotonic() + 5
    while alive_in_session(child.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive_in_session(child.pid) == []
