"""`pytest --benchmark` as CI calls it: a small file, and a median a fifth slower fails."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
BENCH = """
import os
from pytest_benchmark.fixture import BenchmarkFixture

def work() -> None:
    for _ in range(int(os.environ["TURNS"])):
        pass

def test_work(benchmark: BenchmarkFixture) -> None:
    benchmark.pedantic(work, rounds=5_000, warmup_rounds=50)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with our conftest and one benchmark of 5,000 rounds, measured once as the base."""
    place = tmp_path_factory.mktemp("project")
    shutil.copy(CONFTEST, place)
    (place / "pytest.ini").write_text("[pytest]\npython_files = test_*.py bench_*.py\n")
    (place / "benchmarks").mkdir()
    (place / "benchmarks" / "bench_work.py").write_text(BENCH)
    ran = benchmarked(place, "--benchmark-save=base", "--benchmark-json=o.json")
    assert ran.returncode == 0, ran.stdout
    return place


def benchmarked(
    project: Path, *arguments: str, turns: int = 1000
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "--benchmark", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "TURNS": str(turns)},
    )  # fmt: skip


def test_the_file_has_no_raw_rounds_unless_asked(project: Path) -> None:
    small = (project / "o.json").read_bytes()
    (told,) = json.loads(small)["benchmarks"]
    assert told["stats"]["rounds"] == 5000
    assert "data" not in told["stats"]
    assert len(small) < 10_000  # hundreds of such are under 1 MB
    asked = benchmarked(project, "--benchmark-json=all.json", "--benchmark-save-data")
    assert asked.returncode == 0
    (told,) = json.loads((project / "all.json").read_bytes())["benchmarks"]
    assert len(told["stats"]["data"]) == 5000


def test_a_median_a_fifth_slower_fails_the_comparison(project: Path) -> None:
    compare = ("--benchmark-compare", "--benchmark-compare-fail=median:20%")
    same, slower = (benchmarked(project, *compare, turns=turns) for turns in (1000, 1500))
    assert same.returncode == 0, same.stdout
    assert slower.returncode != 0
    assert "Performance has regressed" in slower.stdout + slower.stderr
