"""How soon the command line answers."""

import resource
import subprocess
import sys

from paired import Figure
from pytest_benchmark.fixture import BenchmarkFixture


def test_help_takes_under_a_quarter_of_a_second(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """The least CPU time of several calls: what is imported, without the machine's other work."""
    benchmark.group = "help"
    benchmark.pedantic(_help, rounds=5, warmup_rounds=1)
    cpu_s = min(_child_cpu_s() for _ in range(5))
    benchmark.extra_info["cpu_s"] = round(cpu_s, 3)
    figure(f"simlab --help: {cpu_s:.3f} s of CPU (under 0.25)")
    assert cpu_s < 0.25


def _help() -> None:
    subprocess.run([sys.executable, "-m", "simlab", "--help"], capture_output=True, check=True)


def _child_cpu_s() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _help()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
