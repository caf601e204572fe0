"""`simlab watch` prints or delivers alerts, ends well when asked, and says what is wrong."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watch.cases import alert, line, lines, put, serving, until

from .cases import SIMLAB, call, complaint, written

LOG = Path("logs/inventory.log")


@pytest.fixture(autouse=True)
def _log(_elsewhere: None) -> None:
    """Four alerts in a log."""
    LOG.parent.mkdir()
    put(LOG, lines(range(4)))


def test_without_a_receiver_the_alerts_are_printed_once(ran: Path) -> None:
    said = call("watch", "logs", "--once")
    assert said.out.splitlines()[:2] == [
        "2026-01-05T00:00:00.000000Z firing slow: 2.5, threshold 2 (page, a0)",
        "2026-01-05T00:00:01.000000Z resolved slow: 2.5, threshold 2 (page, a0)",
    ]
    assert said.err.splitlines() == [
        "logs/inventory.log: print from the log's start; state in logs/inventory-log.watch",
        "print: 4 delivered since the first start",
    ]
    assert call("watch", "logs", "--once").out == ""
    events = call("watch", ran, "--once", "--json", "--state", "s").out.splitlines()
    alerts = (ran / "alerts.jsonl").read_text().splitlines()
    assert [json.loads(each) for each in events] == [json.loads(each) for each in alerts]


def test_the_alerts_file_is_followed_like_a_log(ran: Path) -> None:
    from_log = call("watch", ran, "--once", "--state", "a").out
    assert from_log
    assert call("watch", ran / "alerts.jsonl", "--once", "--state", "b").out == from_log


def test_json_gives_the_tally_of_each_receiver() -> None:
    put(LOG, lines(range(4, 6), held=True) + b"not ours\n")
    with serving() as server:
        found = told_of("watch", "logs", "--once", "--webhook", server.url, "--on-firing", "true")
    assert found["receivers"] == {
        "command": {"delivered": 2, "held": 1, "set_aside": 0, "skipped": 1, "gone": 0},
        "webhook": {"delivered": 4, "held": 2, "set_aside": 0, "skipped": 1, "gone": 0},
    }
    assert (found["log"], found["state"]) == (str(LOG), "logs/inventory-log.watch")
    assert found["left"] == {}


def told_of(*arguments: str) -> dict[str, object]:
    said = call(*arguments, "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def test_once_exits_1_when_not_all_was_delivered_and_says_why() -> None:
    said = call("watch", "logs", "--once", "--tries", "1", "--on-firing", "sh -c 'exit 3'")
    assert said.code == 1
    assert "2 events set aside" in said.err.splitlines()[-1]
    kept = Path("logs/inventory-log.watch.poison.jsonl").read_text().splitlines()
    assert [json.loads(each)["refused"] for each in kept] == ["exit code 3"] * 2
    said = call("watch", "logs", "--once", "--tries", "1", "--webhook", "http://127.0.0.1:9")
    assert said.code == 1
    assert "not all was delivered: webhook: http://127.0.0.1:9: Connection refused" in said.err
    with serving() as server:
        assert call("watch", "logs", "--once", "--webhook", server.url).code == 0
    assert len(server.got) == 4


@contextmanager
def process(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """The program at work, ended in any case."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*SIMLAB, *command], stdout=pipe, stderr=pipe, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.fault("watch", "stop")
def test_it_ends_when_asked_with_its_state_saved(number: signal.Signals, code: int) -> None:
    """And what it is at is finished first: a command is not left half done."""
    script = "sh -c 'echo begun >> begun; sleep 1; echo $SIMLAB_ALERT_ID >> done'"
    command = ["watch", "logs", "--from", "start", "--on-firing", script]
    with process(*command) as watch:
        until(Path("begun").exists)
        watch.send_signal(number)
        said, complained = watch.communicate(timeout=20)
    assert watch.returncode == code
    assert "Traceback" not in said + complained
    assert Path("done").read_text() == "a0\n"
    assert call("watch", "logs", "--once", "--on-firing", script).code == 0
    assert Path("done").read_text() == "a0\na1\n"


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*SIMLAB, "watch", "logs", "--once"],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=30,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert len(call("watch", "logs", "--once").out.splitlines()) == 4


def test_receivers_get_their_events_when_no_one_can_be_told_of_it() -> None:
    with Path("/dev/full").open("w") as full, serving() as server:
        done = subprocess.run(
            [*SIMLAB, "watch", "logs", "--once", "--webhook", server.url],
            stdout=full, stderr=full, check=False, timeout=30,
        )  # fmt: skip
    assert (done.returncode, len(server.got)) == (0, 4)


@pytest.mark.fault("watch", "hostile")
def test_hostile_text_does_nothing_to_the_terminal() -> None:
    """Promise 14: in alerts, in what commands and servers say, in lines that are not ours."""
    evil = "\x1b[2J\x9b31m\u202e\x07[bold]\r\n"
    put(LOG, line(alert(4, rule=evil, alert_id=evil)) + f"{evil}\n".encode())
    written(Path("evil"), evil)
    for more in ([], ["--json"]):
        said = call("watch", "logs", "--once", "--state", f"s{more}", *more)
        shown = said.out + said.err
        assert "bold" in shown
        assert inert(shown)
    script = "sh -c 'cat evil; cat; cat evil >&2; exit 1'"
    said = call("watch", "logs", "--once", "--tries", "1", "--on-firing", script)
    assert "bold" in said.err
    assert inert(said.out + said.err)
    for option in ("--webhook", "--alertmanager"):
        with serving(lambda _: (400, {"X": "y"})) as server:
            said = call("watch", "logs", "--once", "--tries", "1", option, server.url)
        assert (said.code, len(server.got) >= 5) == (1, True)
        assert inert(said.out + said.err)


def inert(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere: no such log; name a log, its directory, or a run directory"),
        (["empty"], "empty: no log in it; expected inventory.log, logs/inventory.log or alerts"),
        (["other.log"], "other.log: not a bot's log: expected JSON lines with timestamp and event"),
        (["logs", "--state", "other.log"], "other.log: not a state file of simlab watch"),
        (["logs", "--state", "no/s"], "no/s: the state cannot be written: No such file"),
        (["logs", "--from", "soon"], "--from: 'soon' is not a time"),
        (["logs", "--on-firing", "no-such-pager"], "no program 'no-such-pager'"),
        (["logs", "--on-resolved", "'"], '--on-resolved "\'": no closing quotation'),
        (["logs", "--webhook", "localhost"], "--webhook 'localhost': expected an address like"),
        (["logs", "--alertmanager", "x"], "--alertmanager 'x': expected an address like"),
        (["logs", "--timeout", "0s", "--webhook", "http://h"], "--timeout 0s: expected more than"),
        (["logs", "--max-pause", "x"], "--max-pause: 'x' is not a duration"),
        (["logs", "--dry-run"], "--dry-run goes with --rollback; add it"),
        (["logs", "--label", "a=b"], "--label goes with --alertmanager; add it"),
        (["logs", "--webhook-secret-file", "x"], "--webhook-secret-file goes with --webhook"),
        (["logs", "--tries", "0"], "--tries"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line_and_leaves_nothing(
    arguments: list[str], says: str
) -> None:
    Path("empty").mkdir()
    written(Path("other.log"), "Jan  5 host kernel: out of memory\n")
    before = set(Path.cwd().rglob("*"))
    assert says in complaint("watch", *arguments, "--once")
    assert set(Path.cwd().rglob("*")) == before


@pytest.mark.fault("watch", "second writer")
def test_a_second_watch_on_the_same_state_is_refused(tmp_path: Path) -> None:
    with process("watch", "logs") as first:
        until(Path("logs/inventory-log.watch").exists)
        until(lambda: Path("logs/inventory-log.watch").stat().st_size)
        line_ = complaint("watch", "logs")
        first.terminate()
        first.communicate(timeout=20)
    assert first.returncode == 0
    assert line_.startswith("logs/inventory-log.watch: another simlab watch has this state")


def test_watching_imports_nothing_heavy() -> None:
    """It runs beside the bot for months."""
    code = (
        "import sys\nfrom simlab.cli import main\nsys.argv = ['simlab', 'watch', 'logs', '--once']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = started_python(code)
    assert {"simlab", "tenacity"} <= set(done)
    assert not {"numpy", "polars", "pandas", "matplotlib", "sqlalchemy"} & set(done)


def started_python(code: str) -> list[str]:
    command = [SIMLAB[0], "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()[-1].split()
