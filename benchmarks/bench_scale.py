"""Large datasets: two processes against one, Dask against processes, memory, and the disk.

All of it is wall time of the command as a user calls it: the start of processes, of Python and
of a cluster is in it. Both sides are measured in turn; the better of the rounds counts, since
what else the machine does only ever adds.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from paired import Figure
from pytest_benchmark.fixture import BenchmarkFixture

GEN = [sys.executable, "-m", "simlab", "gen", "busy-day", "--force"]
MILLION = 1_000_000
LOOP = """
import numpy
rng = numpy.random.default_rng(1)
for _ in range(2000):
    numpy.exp(rng.standard_normal(65_536))
"""
LARGEST = int(os.environ.get("SIMLAB_BENCH_ROWS", 40 * MILLION))
"""Rows in the larger of the two datasets whose memory is compared.

CI has no time for the hundred million that the target names: SIMLAB_BENCH_ROWS=100000000.
"""


def making(rows: int, out: Path, *options: str) -> Callable[[], None]:
    """Make a dataset of `busy-day` by the command, and remove it."""
    command = [*GEN, "--rows", str(rows), "--out", str(out), *options]

    def make() -> None:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own words
        shutil.rmtree(out)

    return make


def best_s(sides: Sequence[Callable[[], None]], *, rounds: int) -> list[float]:
    """The least wall time of each side, over rounds that measure all in turn [s]."""
    least = [float("inf")] * len(sides)
    for number in range(rounds):
        order = range(len(sides)) if number % 2 else reversed(range(len(sides)))
        for index in order:
            start = time.perf_counter()
            sides[index]()
            least[index] = min(least[index], time.perf_counter() - start)
    return least


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="two processes need two cores")
def test_two_processes_against_one(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """Forty million rows, `--workers 2` against `--workers 1`. The aim of 1.7 is not reached yet.

    Two bare loops that share nothing are measured in turn with them: where the machine does not
    give those two cores, nothing can be said of ours.
    """
    benchmark.group = "scale"
    rows = 40 * MILLION
    sides = [making(rows, tmp_path / "a", "--workers", workers) for workers in ("1", "2")]
    sides += [lambda: looping(1), lambda: looping(2)]
    one_s, two_s, loop_s, loops_s = benchmark.pedantic(lambda: best_s(sides, rounds=2), rounds=1)
    times, bare = one_s / two_s, 2 * loop_s / loops_s
    benchmark.extra_info |= {"times_one": round(times, 2), "bare_loops": round(bare, 2)}
    figure(
        f"two processes: {times:.2f} times one (at least 1.4, aim 1.7); two bare loops {bare:.2f}; "
        f"{rows / two_s / MILLION:.2f} M rows/s against {rows / one_s / MILLION:.2f}"
    )
    if times < 1.4 and bare < 1.9:
        pytest.skip(f"inconclusive: two bare loops get only {bare:.2f} times one here")
    assert times >= 1.4


def looping(processes: int) -> None:
    """The same arithmetic in each of so many processes."""
    command = [sys.executable, "-c", LOOP]
    children = [subprocess.Popen(command) for _ in range(processes)]  # noqa: S603  # our own words
    assert [child.wait() for child in children] == [0] * processes


def test_dask_makes_at_least_0_85_of_the_local_processes_rows(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """Twenty million rows on two workers: of a cluster that is there, and of one to be started."""
    pytest.importorskip("distributed", reason="needs dask's distributed")
    from simlab.engine.cluster import own_cluster  # noqa: PLC0415  # needs it too

    benchmark.group = "scale"
    rows = 20 * MILLION
    with own_cluster(2) as cluster:
        two = ("--workers", "2")
        sides = [
            making(rows, tmp_path / "a", *two),
            making(
                rows, tmp_path / "b", "--engine", "dask", "--scheduler", cluster.scheduler_address
            ),
            making(rows, tmp_path / "c", *two, "--engine", "dask"),
        ]
        local_s, there_s, own_s = benchmark.pedantic(lambda: best_s(sides, rounds=3), rounds=1)
    benchmark.extra_info["of_local"] = round(local_s / there_s, 2)
    figure(
        f"dask: {local_s / there_s:.2f} of the local pool's rows/s on a cluster that is there "
        f"(at least 0.85), {local_s / own_s:.2f} with the start of one"
    )
    assert local_s / there_s >= 0.85


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_memory_does_not_grow_with_the_rows(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """The largest resident memory of any process, from ten million rows to many more."""
    benchmark.group = "scale"
    small_mb, _, _ = made(10 * MILLION, tmp_path / "a")
    large_mb, took_s, size = benchmark.pedantic(lambda: made(LARGEST, tmp_path / "b"), rounds=1)
    growth = large_mb / small_mb - 1
    benchmark.extra_info |= {"peak_mb": round(large_mb), "growth": round(growth, 3)}
    dd_s = copied_s(size, tmp_path / "zeros")
    figure(
        f"{LARGEST / MILLION:.0f} M rows of Parquet on 2 workers: peak {large_mb:.0f} MB in any "
        f"process (under 400), {growth:+.1%} on 10 M (under 5 %)"
    )
    figure(
        f"{LARGEST / MILLION:.0f} M rows: {LARGEST / took_s / MILLION:.2f} M rows/s, "
        f"{size / 1e9:.2f} GB; dd of as many bytes takes {dd_s / took_s:.1%} of that time"
    )
    assert large_mb < 400
    assert growth < 0.05


def made(rows: int, out: Path) -> tuple[float, float, int]:
    """The largest process [MB], the time [s] and the size [bytes] of making a dataset."""
    start, peak_mb = time.perf_counter(), 0.0
    command = [*GEN, "--rows", str(rows), "--out", str(out), "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:  # noqa: S603  # as above
        while child.poll() is None:
            peak_mb = max(peak_mb, *map(_peak_mb, _family(child.pid)), 0.0)
            time.sleep(0.02)
    assert child.returncode == 0
    took_s = time.perf_counter() - start
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    return peak_mb, took_s, size


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _peak_mb(pid: int) -> float:
    """The largest resident memory that a process ever had, as the system keeps it [MB]."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0.0
    return max(
        (int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), default=0
    )


def copied_s(size: int, path: Path) -> float:
    """How long `dd` takes for as many bytes, synced to the disk [s]."""
    blocks = -(-size // (1 << 20))
    command = ["dd", "if=/dev/zero", f"of={path}", "bs=1M", f"count={blocks}", "conv=fdatasync"]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # as above
    took_s = time.perf_counter() - start
    path.unlink()
    return took_s
