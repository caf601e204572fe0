"""What the user can mend is told in one line that says where; nothing is half-written."""

import json
from pathlib import Path

import pytest

from simlab.errors import SimlabError

from .cases import PROFILE, call, complaint, started, written

GOOD_RULE = '[[rule]]\nname = "r"\nsignal = "duration"\nthreshold = 1.0\n'


@pytest.mark.parametrize("command", ["gen", "run", "demo"])
@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("per_minute = 20", "per_minutes = 20", "$.arrivals"),
        ("per_minute = 20", "per_minute = -20", "$.arrivals.per_minute"),
        ('kind = "latency_spike"', 'kind = "flood"', "$.incident[0].kind"),
        ("error = 0.03", "error = 1.03", "$.outcome.error"),
        ("schema = 1", "schema 1", "TOML"),
    ],
)
@pytest.mark.fault("profile", "hostile")
def test_a_profile_that_cannot_be_used_names_file_and_key(
    command: str, old: str, new: str, path: str
) -> None:
    written(Path("p.toml"), PROFILE.replace(old, new))
    arguments = ["--profile", "p.toml"] if command == "demo" else ["p.toml"]
    line = complaint(command, *arguments, "--out", "out")
    assert line.startswith("p.toml: ")
    assert path in line
    assert not Path("out").exists()


@pytest.mark.parametrize("command", ["run", "backtest", "tune", "dashboard"])
@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('signal = "duration"', 'signal = "warmth"', "warmth"),
        ("threshold = 1.0", 'threshold = "high"', "threshold"),
        ("name", "nome", "nome"),
        ("[[rule]]", "[[ruler]]", "ruler"),
        ("threshold", "treshold", "treshold"),
    ],
)
@pytest.mark.fault("rules", "hostile")
def test_rules_that_cannot_be_used_name_file_and_key(
    ran: Path, command: str, old: str, new: str, told: str
) -> None:
    written(Path("r.toml"), "schema = 1\n" + GOOD_RULE.replace(old, new))
    line = complaint(command, ran, "--rules", "r.toml", *out(command))
    assert line.startswith("r.toml: ")
    assert told in line
    assert {path.name for path in Path.cwd().iterdir()} == {"r.toml"}


def out(command: str) -> list[str]:
    return {"backtest": ["--episodes", "e.csv"]}.get(command, ["--out", "out"])


@pytest.mark.parametrize("command", ["gen", "run", "demo", "backtest", "tune", "dashboard"])
def test_an_output_that_exists_is_refused_before_any_work(ran: Path, command: str) -> None:
    for name in ("out", "e.csv"):
        written(Path(name), "mine")
    source = {"gen": ["flat"], "run": ["flat"], "demo": []}.get(command, [str(ran)])
    line = complaint(command, *source, *out(command))
    assert line.endswith("exists already; choose another --out, or replace it: --force")
    assert {path.name for path in Path.cwd().iterdir()} == {"out", "e.csv"}
    assert Path("out").read_text() == "mine"


@pytest.mark.parametrize("command", ["gen", "run", "backtest", "tune", "dashboard"])
def test_a_place_that_cannot_be_written_is_refused(ran: Path, command: str) -> None:
    written(Path("file"), "mine")
    source = ["flat"] if command == "gen" else [str(ran)]
    option = out(command)[0]
    line = complaint(command, *source, option, "file/under", *more(command))
    assert line.startswith("file/under: cannot be ")
    assert Path("file").read_text() == "mine"
    assert {path.name for path in Path.cwd().iterdir()} == {"file"}


def more(command: str) -> list[str]:
    return {"gen": ["--rows", "10"], "tune": ["--max-false-alarms-per-day", "40"]}.get(command, [])


@pytest.mark.parametrize("command", ["kpi", "backtest", "tune", "dashboard", "run"])
def test_files_that_are_missing_empty_or_something_else_are_refused(command: str) -> None:
    written(Path("empty.jsonl"), "")
    written(Path("other.jsonl"), '{"a": 1}\n')
    written(Path("picture.png"), "PNG")
    Path("folder").mkdir()
    for name, told in (
        ("missing.jsonl", "missing.jsonl"),
        ("empty.jsonl", "empty"),
        ("other.jsonl", "timestamp"),
        ("picture.png", "cannot tell what it is"),
        ("folder", "no rows"),
    ):
        assert told in complaint(command, name, *([] if command == "kpi" else out(command)))
    assert len(list(Path.cwd().iterdir())) <= 5  # the four, and the rejected lines of one


def torn(source: Path, *, bad: int) -> Path:
    """A log of 1,000 lines of which `bad` are torn or not a log's."""
    lines = (source / "logs" / "inventory.log").read_text().splitlines()[:1000]
    assert len(lines) == 1000
    for number in range(bad):
        line = lines[100 * number + 50]
        lines[100 * number + 50] = line[: len(line) // 2] if number % 2 else "kernel: out of memory"
    return written(Path("inventory.log"), "\n".join(lines) + "\n")


def test_a_log_with_few_bad_lines_is_told_of_and_accepted(ran: Path) -> None:
    said = call("kpi", torn(ran, bad=9))
    assert said.code == 0
    assert said.err == (
        "inventory.log: 9 of 1000 lines rejected, kept in inventory.log.rejected.jsonl\n"
    )
    kept = Path("inventory.log.rejected.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in kept] == [51 + 100 * n for n in range(9)]


def test_a_log_with_many_bad_lines_is_refused_unless_allowed(ran: Path) -> None:
    log = torn(ran, bad=10)
    assert call("kpi", log).code == 0
    lines = log.read_text().splitlines()
    lines[7] = "{"
    written(log, "\n".join(lines) + "\n")
    line = complaint("kpi", log)
    assert "inventory.log" in line
    assert "11" in line
    assert call("kpi", log, "--max-rejected", "0.02").code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gen", "nope"], "'nope': neither a file nor one of simlab's profiles: black-friday"),
        (["gen", "nope.toml"], "nope.toml: no such file"),
        (["gen", "flat", "--start", "soon"], "--start: 'soon' is not a time; write it like"),
        (["run", "nope"], "'nope': neither a file nor one of simlab's profiles"),
        (["run", "RAN", "--for", "soon"], "--for: 'soon' is not a duration; write it like"),
        (["run", "RAN", "--rules", "nope"], "'nope': neither a file nor one of simlab's rules"),
        (["kpi", "RAN", "--every", "often"], "--every: 'often' is not a duration"),
        (["kpi", "RAN", "--every", "0s"], "stretches of 0 s: expected more than 0"),
        (["kpi", "LOG", "--map", "duration"], "--map 'duration': write it like duration="),
        (["kpi", "LOG", "--map", "duration="], "--map 'duration=': write it like duration="),
        (["kpi", "LOG", "--map", "duration=1+"], "--map duration=1+"),
        (["kpi", "LOG", "--map", "warmth=1"], "--map warmth=…: expected one of"),
        (["kpi", "LOG", "--map", "status=nope", "--time", "timestamp"], "nope"),
        (["kpi", "LOG", "--map", "duration=__import__('os')"], "--map duration="),
        (["kpi", "LOG", "--map", "duration=duration", "--map", "duration=attempt"], "already"),
        (["kpi", "LOG", "--time", "when"], "no time column 'when'"),
        (["kpi", "RAN", "--time", "when"], "is a dataset of ours"),
        (["backtest", "RAN", "--from", "noon"], "--from: 'noon' is not a time"),
        (["backtest", "RAN", "--until", "noon"], "--until: 'noon' is not a time"),
        (["backtest", "RAN", "--from", "2027-01-01"], ""),
        (["backtest", "RAN", "--labels", "nope.csv"], "nope.csv"),
        (["tune", "RAN", "--train-until", "noon"], "--train-until: 'noon' is not a time"),
        (["tune", "RAN", "--train-until", "x%"], "--train-until 'x%': write it like 50%"),
        (["tune", "RAN", "--train-until", "nan%"], "--train-until 'nan%': write it like 50%"),
        (["tune", "RAN", "--train-until", "100%"], "--train-until '100%': write it like 50%"),
        (["tune", "RAN", "RAN", "--train-until", "50%"], "--train-until goes with one PATH"),
        (["tune", "RAN", "RAN", "--labels", "a.csv"], "--labels goes with one PATH"),
        (["tune", "busy-day", "RAN", "--seeds", "2"], "--seeds draws one PROFILE: found 2 names"),
        (["tune", "RAN", "RAN", "--scheduler", "tcp://h:1"], "--scheduler goes with --engine"),
        (["tune", "RAN", "--train-until", "0%"], ""),
        (["tune", "RAN", "--train-until", "2030-01-01"], ""),
    ],
)
def test_an_option_that_means_nothing_is_told_in_one_line(
    ran: Path, arguments: list[str], told: str
) -> None:
    places = {"RAN": str(ran), "LOG": str(ran / "logs" / "inventory.log")}
    assert told in complaint(*(places.get(each, each) for each in arguments))
    assert not list(Path.cwd().iterdir())


def test_a_plain_series_cannot_be_run() -> None:
    written(Path("s.csv"), "timestamp,value\n2026-01-05T00:00:00Z,1\n2026-01-05T00:00:01Z,2\n")
    assert "a plain series has no batches to run" in complaint("run", "s.csv", "--out", "out")
    assert not Path("out").exists()


def test_debug_shows_where_an_error_comes_from() -> None:
    with pytest.raises(SimlabError, match="missing"):
        call("kpi", "missing.jsonl", "--debug")
    process = started("--debug", "kpi", "missing.jsonl")
    assert process.returncode == 1
    assert process.stderr.startswith("Traceback (most recent call last)")


def test_hostile_text_in_a_name_does_nothing_to_the_terminal() -> None:
    line = complaint("kpi", "\x1b[2J[bold]no.jsonl")
    assert "\x1b" not in line
    assert "[bold]no.jsonl" in line
