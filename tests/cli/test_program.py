"""The program as the shell sees it: start, pipes, signals, memory of modules."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

from .cases import SIMLAB, refuse, started

HEAVY = {"numpy", "polars", "pandas", "matplotlib", "prometheus_client", "psutil", "jinja2"}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom simlab.cli import main\nsys.argv = ['simlab', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "simlab" in loaded
    assert not HEAVY & loaded


def test_the_installed_program_and_the_module_say_the_same() -> None:
    program = Path(sys.executable).with_name("simlab")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == started("--version").stdout


def test_bad_input_exits_2_with_one_line_and_no_trace(tmp_path: Path) -> None:
    done = started("kpi", "missing.jsonl", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("simlab: missing.jsonl: no such file or directory")
    assert done.stderr.count("\n") == 1


def test_in_a_pipe_there_is_no_progress_and_no_colour(tmp_path: Path) -> None:
    done = started("run", "flat", "--for", "5m", "--out", "a", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "\r" not in done.stdout


def test_a_reader_that_closes_the_pipe_early_hears_no_complaint(tmp_path: Path) -> None:
    for command in (["gen", "--list"], ["gen", "--help"], ["gen", "--list", "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [*SIMLAB, *command], stdout=writing, stderr=subprocess.PIPE, cwd=tmp_path, check=False
        )
        os.close(writing)
        assert done.stderr == b""


def test_the_demo_tells_the_whole_story_in_under_30_seconds_of_cpu(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = started("demo", "--json", "--out", "d", cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, "")
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 30
    told = json.loads(done.stdout, parse_constant=refuse)
    assert told["run"] == "d"
    assert {path.name for path in (tmp_path / "d").iterdir()} == {
        "manifest.json", "rows.parquet", "samples.parquet", "incidents.parquet", "alerts.jsonl",
        "kpis.json", "metrics.prom", "logs", "dashboard.html", "tuned.toml", "front.csv",
    }  # fmt: skip
    assert "</html>" in (tmp_path / told["dashboard"]).read_text()
    for scores in (told["strategy"], told["unseen"]["given"], told["unseen"]["tuned"]):
        assert {"slow_batch", "error_rate", "cpu_high"} <= {score["rule"] for score in scores}
        for score in scores:
            assert score["caught"] <= score["incidents"]
            assert score["firing_ratio"] is not None
            assert score["false_alarms_per_day"] is not None
    assert min(score["incidents"] for score in told["strategy"]) > 0
