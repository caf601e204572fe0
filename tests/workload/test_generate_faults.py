"""Killed, interrupted or out of space: a dataset is complete or absent, and can be made again."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from simlab.dataset.manifest import FILE, read_manifest

from .test_generate import digests

GENERATE = """
import resource, sys
from pathlib import Path
from simlab.errors import SimlabError
from simlab.workload.generate import generate
from simlab.workload.loading import parse_profile
import tomllib
from simlab.workload import slices
out, engine, workers, most_bytes, resume = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
slices.ROWS_PER_PART = 20_000
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
profile = parse_profile(tomllib.loads(sys.stdin.read()), where="case.toml")
print("begun", flush=True)
try:
    generate(profile, seed=5, out=out, workers=workers, engine=engine, resume=bool(resume))
except SimlabError as error:
    sys.exit(str(error))
"""
PROFILE = """
schema = 1
name = "torrent"
start = 2026-01-05T00:00:00Z
duration = "45s"
workers = 10000
[arrivals]
per_minute = 6e5
[service]
dist = "exponential"
scale = 0.1
limit = "1s"
[outcome]
backoff = "0.5s"
[[lookalike]]
kind = "load_peak"
at = 2026-01-05T00:00:25Z
duration = { median = "12s", sigma = 0.0 }
severity = { low = 1.0, high = 1.0 }
ramp = "1s"
"""  # slices of some 5 s, and each is a part: nine of 50,000 rows, with a peak in later ones


def begun(
    out: Path,
    *,
    workers: int = 1,
    most_bytes: int = 0,
    resume: bool = False,
    engine: str = "local",
) -> subprocess.Popen[bytes]:
    """A process that has just begun to make the dataset."""
    told = [out, engine, workers, most_bytes, int(resume)]
    child = subprocess.Popen(
        [sys.executable, "-c", GENERATE, *map(str, told)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(PROFILE.encode())
    child.stdin.close()
    child.stdin = None
    assert child.stdout.readline() == b"begun\n"
    return child


def made(out: Path, **options: Any) -> float:
    """Let a process make the dataset; how long it took [s]."""
    since = time.monotonic()
    with begun(out, **options) as child:
        _, complaint = child.communicate()
    assert (child.returncode, complaint) == (0, b"")
    return time.monotonic() - since


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def is_complete(out: Path) -> bool:
    """Whether all is there that the manifest tells of, with its hashes."""
    return all(
        hashlib.sha256((out / part.path).read_bytes()).hexdigest() == part.sha256
        for part in read_manifest(out).parts
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The hashes of the dataset, and how long it takes to make [s]."""
    out = tmp_path_factory.mktemp("whole") / "out"
    took_s = made(out)
    return digests(out), took_s


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.fault("dataset", "kill")
def test_killed_at_any_moment_it_is_absent_or_complete_and_the_next_run_succeeds(
    tmp_path: Path, whole: tuple[dict[str, str], float], workers: int
) -> None:
    expected, whole_s = whole
    rng = random.Random(workers)
    out = tmp_path / "out"
    for _ in range(3):
        child = begun(out, workers=workers)
        time.sleep(rng.uniform(0, whole_s))
        child.kill()
        child.communicate()
        if out.exists():
            assert is_complete(out)
            assert digests(out) == expected
            for path in (out / FILE, *out.glob("**/*.parquet")):
                path.unlink()
            for folder in (out / "rows", out):
                folder.rmdir()
        assert visible(tmp_path) == []
    made(out)
    assert digests(out) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.fault("dataset", "stop")
def test_interrupted_with_all_its_processes_it_leaves_nothing_and_says_nothing(
    tmp_path: Path, workers: int
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE.replace("45s", "20000s"))
    command = [sys.executable, "-m", "simlab", "gen", str(profile), "--out", str(tmp_path / "out")]
    command += ["--workers", str(workers)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        until = time.monotonic() + 30
        while (
            not (tmp_path / ".out.partial" / "dataset" / "rows").exists()
            and time.monotonic() < until
        ):
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGINT)
        out, complaint = child.communicate()
    assert child.returncode == 130
    assert b"Traceback" not in out + complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["profile.toml"]


@pytest.mark.parametrize(
    ("name", "workers"),
    [("out", 1), ("out", 2), ("out.parquet", 1), ("out.jsonl", 2), ("out.csv.gz", 1)],
)
@pytest.mark.fault("dataset", "full disk")
def test_without_space_it_says_so_in_one_line_and_leaves_nothing(
    tmp_path: Path, name: str, workers: int
) -> None:
    with begun(tmp_path / name, workers=workers, most_bytes=400_000) as child:
        _, complaint = child.communicate()
    told = complaint.decode()
    assert child.returncode == 1
    assert told.startswith(f"{tmp_path / name}: cannot be written: ")
    assert "File too large" in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


DASK = pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask's distributed")


@pytest.fixture(scope="module")
def straight(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], tuple[dict[str, str], float]]:
    """The hashes of a straight run by the dataset's name, and how long it takes to make [s]."""
    known: dict[str, tuple[dict[str, str], float]] = {}

    def run(name: str) -> tuple[dict[str, str], float]:
        if name not in known:
            out = tmp_path_factory.mktemp("straight") / name
            took_s = made(out)
            known[name] = digests(out.parent), took_s
        return known[name]

    return run


@pytest.mark.parametrize(
    ("name", "engine", "workers", "kills"),
    [
        ("out", "local", 1, 3),
        ("out", "local", 2, 10),
        ("out.jsonl", "local", 2, 4),
        ("out.csv.gz", "local", 1, 2),
        ("out.parquet", "local", 2, 3),
        pytest.param("out", "dask", 2, 2, marks=DASK),
    ],
)
@pytest.mark.fault("dataset", "kill")
def test_killed_again_and_again_and_resumed_it_ends_with_the_same_bytes(
    tmp_path: Path,
    straight: Callable[[str], tuple[dict[str, str], float]],
    name: str,
    engine: str,
    workers: int,
    kills: int,
) -> None:
    expected, whole_s = straight(name)
    rng = random.Random(f"{name} {engine} {workers}")
    out = tmp_path / "here" / name
    for _ in range(kills):
        child = begun(out, engine=engine, workers=workers, resume=True)
        time.sleep(rng.uniform(0, whole_s))
        child.kill()
        child.communicate()
        seen = {path: digest for path, digest in digests(out.parent).items() if path[0] != "."}
        assert seen.items() <= expected.items()
        if out.exists():
            assert seen == expected
            for path in out.parent.glob("out*"):
                path.rename(tmp_path / f"{rng.random()}")
    made(out, workers=workers, engine=engine, resume=True)
    assert digests(out.parent) == expected


@pytest.fixture(scope="module")
def largest_part(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The size of the largest of the dataset's parts, which is not the first [bytes]."""
    out = tmp_path_factory.mktemp("sizes") / "out"
    made(out)
    sizes = [path.stat().st_size for path in sorted((out / "rows").iterdir())]
    assert sizes[0] < max(sizes)
    return max(sizes)


@pytest.mark.parametrize("name", ["out", "out.jsonl"])
@pytest.mark.fault("dataset", "full disk")
def test_without_space_and_with_resume_it_keeps_what_is_whole_and_goes_on(
    tmp_path: Path,
    straight: Callable[[str], tuple[dict[str, str], float]],
    largest_part: int,
    name: str,
) -> None:
    """A part does not fit; or, of the JSON lines, what they are joined to."""
    expected, _ = straight(name)
    out = tmp_path / name
    most_bytes = 40_000_000 if name == "out.jsonl" else largest_part - 1
    with begun(out, workers=2, most_bytes=most_bytes, resume=True) as child:
        _, complaint = child.communicate()
    assert child.returncode == 1
    told = complaint.decode()
    assert told.startswith(f"{out}: cannot be written: File too large")
    assert told.endswith("what was made so far is kept: go on with --resume\n")
    assert told.count("\n") == 1
    assert visible(tmp_path) == []
    assert list(tmp_path.glob(".*.partial/dataset/rows/*"))
    assert not list(tmp_path.glob(".*.partial/making-*"))
    made(out, workers=2, resume=True)
    assert digests(tmp_path) == expected
