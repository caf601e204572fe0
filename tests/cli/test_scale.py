"""Making large datasets from the command line: engines, and going on after a stop."""

import os
import signal
import socket
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from .cases import call, complaint, told

MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the test's parent ignores
from simlab.cli import main
main()
"""


def test_what_is_complete_already_is_told_and_exits_0() -> None:
    first = call("gen", "--rows", "1000", "--out", "a")
    again = call("gen", "--rows", "1000", "--out", "a", "--resume")
    assert first.code == again.code == 0
    assert again.out == first.out.rstrip("\n") + "; complete already\n"
    assert told("gen", "--rows", "1000", "--out", "a", "--resume")["kept"] == 1000


def test_of_one_file_nobody_knows_what_it_is_so_it_is_refused() -> None:
    call("gen", "--rows", "1000", "--out", "a.jsonl")
    assert "exists already" in complaint("gen", "--rows", "1000", "--out", "a.jsonl", "--resume")


def test_ctrl_c_with_resume_tells_how_to_go_on_and_the_next_call_does(tmp_path: Path) -> None:
    arguments = ["gen", "--rows", "5000000", "--workers", "1", "--resume", "--out", "big"]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    ) as making:  # fmt: skip
        until = time.monotonic() + 30
        while not list(tmp_path.glob(".big.partial/records/*")) and time.monotonic() < until:
            time.sleep(0.02)
        making.send_signal(signal.SIGINT)
        said, complained = making.communicate(timeout=20)
    assert making.returncode == 130
    assert said == ""
    assert complained == "interrupted: what was made so far is kept: go on with --resume\n"
    assert [path.name for path in tmp_path.iterdir()] == [".big.partial"]
    assert "made already" in call(*arguments[:-1], tmp_path / "big").out
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_a_scheduler_without_dask_is_refused() -> None:
    told = complaint("gen", "--scheduler", "tcp://127.0.0.1:8786", "--out", "a")
    assert told == "--scheduler goes with --engine dask"


@pytest.mark.skipif(find_spec("distributed") is None, reason="needs dask's distributed")
@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_scheduler_that_is_not_there_is_told_and_nothing_left(resume: list[str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        said = complaint("gen", "--engine", "dask", "--scheduler", address, "--out", "a", *resume)
    assert said == f"--scheduler {address}: cannot be reached: Connection refused"
    assert list(Path.cwd().iterdir()) == []


def test_one_worker_leaves_polars_one_thread(tmp_path: Path) -> None:
    code = (
        "import sys, polars\nsys.argv[1:] = []\n"  # imported first, it is left as it is
        "from simlab.engine.local import work_on_one_core\nimport os\nwork_on_one_core()\n"
        "print('POLARS_MAX_THREADS' in os.environ)"
    )
    late = code.replace("import sys, polars", "import sys")
    bare = {name: text for name, text in os.environ.items() if name != "POLARS_MAX_THREADS"}
    found = [
        subprocess.run(
            [sys.executable, "-c", each], capture_output=True, text=True, check=True, env=bare
        ).stdout
        for each in (code, late)
    ]
    assert found == ["False\n", "True\n"]
