"""Each event reaches each receiver, in order; none is lost, and none holds up another receiver."""

import itertools
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simlab.errors import InputError
from simlab.watch.receiver import LaterError, RefusedError
from simlab.watch.sink import Sink
from simlab.watch.state import poison_of, state_of
from simlab.watch.told import Told
from simlab.watch.watch import watch

from .cases import (
    QUICK,
    START_US,
    Notebook,
    alert,
    expected,
    following,
    line,
    lines,
    once,
    put,
    until,
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    put(tmp_path / "inventory.log", lines(range(6)))
    return tmp_path / "inventory.log"


def test_all_events_come_in_order_and_once_over_restarts(log: Path) -> None:
    notebook = Notebook()
    for number in range(3):
        once(log, notebook)
        put(log, lines(range(6 + number, 7 + number)))
    once(log, notebook)
    assert notebook.seen == expected(range(9))


def test_a_first_start_begins_at_the_end_when_following_and_goes_on_from_there(log: Path) -> None:
    notebook = Notebook()
    with following(log, notebook, since=None) as said:
        until(lambda: state_of(log).exists() and state_of(log).stat().st_size)
    assert "from the log's end" in said[0]
    put(log, lines(range(6, 8)))
    with following(log, notebook, since=None):
        until(lambda: len(notebook.got) == 2)
    assert notebook.seen == expected(range(6, 8))


def test_a_first_start_may_begin_at_a_moment(log: Path) -> None:
    notebook = Notebook()
    once(log, notebook, since=START_US + 3_000_000)
    assert notebook.seen == expected(range(3, 6))


def test_a_new_receiver_begins_anew_and_the_others_go_on(log: Path) -> None:
    old, new = Notebook("old"), Notebook("new")
    once(log, old)
    said = once(log, old, new)
    assert (len(old.got), len(new.got)) == (6, 6)
    assert "new from the log's start, old from where it ended" in said[0]


@pytest.mark.fault("watch", "unreachable")
def test_a_receiver_that_is_away_gets_all_of_it_later(log: Path) -> None:
    away = Notebook(raises=itertools.repeat(LaterError("no answer"), 25))
    with following(log, away) as said:
        until(lambda: len(away.got) == 6)
    assert away.seen == expected(range(6))
    assert said[1:] == ["notebook: not delivered yet: no answer", "notebook: reached again"]


@pytest.mark.fault("watch", "unreachable")
def test_a_receiver_that_hangs_holds_up_no_other(log: Path) -> None:
    hangs = threading.Event()

    class Stuck(Notebook):
        def deliver(self, told: Told, *, tries: int) -> None:
            hangs.wait(20)

    other = Notebook("other")
    with following(log, Stuck("stuck"), other):
        until(lambda: len(other.got) == 6)
        put(log, lines(range(6, 8)))
        until(lambda: len(other.got) == 8)
        hangs.set()


def refusing(*, nth: int, times: int) -> Iterator[Exception | None]:
    yield from itertools.repeat(None, nth)
    yield from itertools.repeat(RefusedError("not that"), times)


@pytest.mark.fault("watch", "raising")
def test_an_event_that_is_refused_is_set_aside_after_so_many_tries_and_counted(log: Path) -> None:
    picky = Notebook(raises=refusing(nth=2, times=3))
    watched = watch(log, [picky], since="start", once=True, pace=QUICK)
    assert picky.seen == [*expected(range(2)), *expected(range(3, 6))]
    assert (watched.set_aside, watched.cursors["notebook"].set_aside) == (1, 1)
    (kept,) = map(json.loads, poison_of(watched.state).read_text().splitlines())
    assert (kept["alert_id"], kept["state"]) == ("a1", "firing")
    assert (kept["receiver"], kept["refused"], kept["tries"]) == ("notebook", "not that", 3)


def test_an_event_that_is_refused_less_often_is_delivered(log: Path) -> None:
    picky = Notebook(raises=refusing(nth=2, times=2))
    once(log, picky)
    assert picky.seen == expected(range(6))
    assert not poison_of(state_of(log)).exists()


def test_what_was_set_aside_can_be_delivered_like_a_log(log: Path) -> None:
    once(log, Notebook(raises=refusing(nth=2, times=6)))
    mended = Notebook()
    once(poison_of(state_of(log)), mended)
    assert mended.seen == expected(range(2, 4))


def test_tries_are_remembered_over_restarts(log: Path) -> None:
    """A watch that is killed at an event each time does not stay there for ever."""

    class Fatal(Notebook):
        is_dear = True

        def deliver(self, told: Told, *, tries: int) -> None:
            self.tried = tries
            raise SystemError

    for number in range(1, 4):
        fatal = Fatal()
        with pytest.raises(SystemError):
            once(log, fatal)
        assert fatal.tried == number


@pytest.mark.fault("watch", "unreachable")
def test_once_gives_up_on_a_receiver_that_is_away_and_leaves_all_for_the_next_time(
    log: Path,
) -> None:
    away = Notebook(raises=itertools.repeat(LaterError("no answer")))
    watched = watch(log, [away], since="start", once=True, pace=QUICK)
    assert watched.left == {"notebook": "no answer"}
    assert away.tried == QUICK.tries
    back = Notebook()
    once(log, back)
    assert back.seen == expected(range(6))


def test_alerts_that_are_held_page_no_one_and_are_counted(log: Path) -> None:
    put(log, lines(range(6, 8), held=True) + lines(range(8, 10)))
    notebook = Notebook()
    watched = watch(log, [notebook], since="start", once=True)
    assert notebook.seen == expected(range(6)) + expected(range(8, 10))
    assert watched.cursors["notebook"].held == 2
    assert json.loads(state_of(log).read_text())["receivers"]["notebook"]["held"] == 2


def test_lines_that_are_not_the_bots_are_skipped_counted_and_told_of_once(log: Path) -> None:
    put(log, b"kernel: out of memory\n" + line(alert(6))[:-9] + b"\n" + line(alert(7)))
    notebook = Notebook()
    said = once(log, notebook)
    assert notebook.seen == expected(range(6)) + expected(range(7, 8))
    assert json.loads(state_of(log).read_text())["receivers"]["notebook"]["skipped"] == 2
    assert len([each for each in said if "skipped" in each]) == 1


def test_a_log_that_is_none_of_ours_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    other = tmp_path / "inventory.log"
    other.write_text("Jan  5 00:00:00 host kernel: out of memory\n")
    with pytest.raises(InputError, match=r"not a bot's log: expected JSON lines .*, found 'Jan"):
        once(other, Notebook())
    assert list(tmp_path.iterdir()) == [other]


def test_a_log_that_begins_with_a_line_of_another_is_ours_by_its_rotated_files(log: Path) -> None:
    log.rename(f"{log}.2026-01-05")
    log.write_text("kernel: out of memory\n")
    notebook = Notebook()
    once(log, notebook)
    assert notebook.seen == expected(range(6))


@pytest.mark.fault("watch", "raising")
def test_what_should_not_happen_ends_the_watch_and_is_raised(log: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        once(log, Notebook("a"), Notebook("b", raises=iter([ZeroDivisionError()])))


def test_an_event_is_delivered_within_a_second_of_its_line(tmp_path: Path) -> None:
    """At the default pace, by the median of 20, which is the promise; it is a tenth by nature."""
    log, came = tmp_path / "inventory.log", list[float]()
    log.touch()
    stop = threading.Event()
    sink = Sink(lambda _: came.append(time.monotonic()))
    thread = threading.Thread(
        target=watch, args=(log, [sink]), kwargs={"since": "start", "stop": stop}
    )
    thread.start()
    put_at = []
    for number in range(20):
        put_at.append(time.monotonic())
        put(log, line(alert(number)))
        time.sleep(0.03)
    until(lambda: len(came) == 20)
    stop.set()
    thread.join()
    delays = sorted(end - begin for begin, end in zip(put_at, came, strict=True))
    assert delays[10] < 1.0
