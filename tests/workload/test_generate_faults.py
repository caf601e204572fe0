"""Killed, interrupted or out of space: a dataset is complete or absent, and can be made again."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

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
out, workers, most_bytes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
profile = parse_profile(tomllib.loads(sys.stdin.read()), where="case.toml")
print("begun", flush=True)
try:
    generate(profile, seed=5, out=out, workers=workers)
except SimlabError as error:
    sys.exit(str(error))
"""
PROFILE = """
schema = 1
name = "torrent"
start = 2026-01-05T00:00:00Z
duration = "8s"
[arrivals]
per_minute = 6e6
[service]
dist = "exponential"
scale = 0.1
limit = "1s"
[outcome]
backoff = "0.5s"
"""  # slices of 4.5 s: two parts


def begun(out: Path, *, workers: int = 1, most_bytes: int = 0) -> subprocess.Popen[bytes]:
    """A process that has just begun to make the dataset."""
    child = subprocess.Popen(
        [sys.executable, "-c", GENERATE, str(out), str(workers), str(most_bytes)],
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


def made(out: Path) -> float:
    """Let a process make the dataset; how long it took [s]."""
    since = time.monotonic()
    with begun(out) as child:
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
def test_interrupted_with_all_its_processes_it_leaves_nothing_and_says_nothing(
    tmp_path: Path, workers: int
) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE.replace("8s", "2000s"))
    command = [sys.executable, "-m", "simlab", "gen", str(profile), "--out", str(tmp_path / "out")]
    command += ["--workers", str(workers)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as child:
        until = time.monotonic() + 30
        while not (tmp_path / ".out.partial" / "dataset" / "rows").exists() and time.monotonic() < until:
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
def test_without_space_it_says_so_in_one_line_and_leaves_nothing(
    tmp_path: Path, name: str, workers: int
) -> None:
    with begun(tmp_path / name, workers=workers, most_bytes=500_000) as child:
        _, complaint = child.communicate()
    told = complaint.decode()
    assert child.returncode == 1
    assert told.startswith(f"{tmp_path / name}: cannot be written: ")
    assert "File too large" in told
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
