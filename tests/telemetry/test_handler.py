"""The log rotates by the time of what is logged, and loses no line doing so."""

import logging
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simlab.errors import OutputError
from simlab.events import Sample
from simlab.telemetry.handler import DailyFileHandler, LineFileHandler, open_log
from simlab.telemetry.jsonlog import JsonFormatter, record_of

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def write(path: Path, moments: Iterable[datetime], *, kept_days: int = 14) -> DailyFileHandler:
    """Log a line that tells its moment, for each of them, through one handler."""
    handler = DailyFileHandler(path, kept_days=kept_days)
    handler.setFormatter(logging.Formatter('{"timestamp":"%(message)s"}'))
    for moment in moments:
        text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
        handler.handle(logging.makeLogRecord({"created": moment.timestamp(), "msg": text}))
    handler.close()
    return handler


def lines(folder: Path) -> dict[str, list[str]]:
    """The moments told in each file of a folder."""
    return {
        path.name: [line[14:24] + line[24:-2] for line in path.read_text().splitlines()]
        for path in sorted(folder.iterdir())
    }


def sampled(moment: datetime) -> logging.LogRecord:
    return record_of(Sample(round(moment.timestamp() * 1e6), 0.0, 0.0, 0, 0))


def after(**length: float) -> datetime:
    return MONDAY + timedelta(**length)


def test_each_line_is_in_the_file_of_its_day(tmp_path: Path) -> None:
    path = tmp_path / "inventory.log"
    moments = [after(hours=7 * step) for step in range(15)]
    assert write(path, moments).dropped == 0
    told = lines(tmp_path)
    assert list(told) == [
        "inventory.log", *(f"inventory.log.2026-01-0{day}" for day in (5, 6, 7, 8)),
    ]  # fmt: skip
    for name, times in told.items():
        day = name[-10:] if name != "inventory.log" else "2026-01-09"
        assert times
        assert {time[:10] for time in times} == {day}
    assert sum(map(len, told.values())) == len(moments)


def test_a_new_day_begins_at_midnight_utc_to_the_microsecond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the machine stands: here where the local day began 14 hours before."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Pacific/Kiritimati")
        time.tzset()
        write(tmp_path / "inventory.log", [after(days=1, microseconds=-1), after(days=1)])
    time.tzset()
    assert lines(tmp_path) == {
        "inventory.log": ["2026-01-06T00:00:00.000000Z"],
        "inventory.log.2026-01-05": ["2026-01-05T23:59:59.999999Z"],
    }


def test_days_without_records_leave_no_file(tmp_path: Path) -> None:
    write(tmp_path / "inventory.log", [after(hours=1), after(days=20)])
    assert list(lines(tmp_path)) == ["inventory.log", "inventory.log.2026-01-05"]


@pytest.mark.fault("rotated files", "moved")
def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    for name in ("inventory.log.2026-01-05", "inventory.log.2026-01-05.1"):
        (tmp_path / name).write_text("older")
    write(tmp_path / "inventory.log", [after(), after(days=1)])
    assert (tmp_path / "inventory.log.2026-01-05").read_text() == "older"
    assert (tmp_path / "inventory.log.2026-01-05.1").read_text() == "older"
    assert lines(tmp_path)["inventory.log.2026-01-05.2"] == ["2026-01-05T00:00:00.000000Z"]


def test_a_clock_set_back_over_midnight_and_a_restart_lose_no_line(tmp_path: Path) -> None:
    path = tmp_path / "inventory.log"
    first = [after(hours=23), after(days=1, minutes=1), after(hours=23, minutes=30)]
    write(path, first)
    write(path, [after(hours=23, minutes=40), after(days=1, minutes=2), after(days=2)])
    told = lines(tmp_path)
    assert sum(map(len, told.values())) == 6
    assert len({time for times in told.values() for time in times}) == 6


@pytest.mark.parametrize(("kept", "expected"), [(14, 14), (2, 2), (0, 30)])
def test_so_many_days_are_kept_and_nothing_else_is_touched(
    tmp_path: Path, kept: int, expected: int
) -> None:
    others = ["inventory.log.2020-01-01.gz", "inventory.log.old", "other.log.2020-01-01"]
    for name in others:
        (tmp_path / name).write_text("mine")
    write(tmp_path / "inventory.log", [after(days=day) for day in range(31)], kept_days=kept)
    told = set(os.listdir(tmp_path)) - {"inventory.log", *others}  # noqa: PTH208  # names
    days = [f"inventory.log.{after(days=day).date()}" for day in range(30)]
    assert told == set(days[-expected:])
    assert all((tmp_path / name).read_text() == "mine" for name in others)


def test_several_files_of_one_day_count_as_one_day(tmp_path: Path) -> None:
    for number in range(1, 6):
        (tmp_path / f"inventory.log.2026-01-06.{number}").write_text("more")
    write(tmp_path / "inventory.log", [after(), after(days=1), after(days=2)], kept_days=2)
    assert len(list(tmp_path.iterdir())) == 8


def test_a_restart_on_the_same_day_goes_on_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "inventory.log"
    write(path, [after(hours=1)])
    write(path, [after(hours=2)])
    assert {name: len(times) for name, times in lines(tmp_path).items()} == {"inventory.log": 2}


def test_a_restart_over_midnight_rotates_first(tmp_path: Path) -> None:
    path = tmp_path / "inventory.log"
    write(path, [after(hours=1)])
    write(path, [after(days=1, hours=1), after(days=2)])
    assert {name: len(times) for name, times in lines(tmp_path).items()} == {
        "inventory.log": 1, "inventory.log.2026-01-05": 1, "inventory.log.2026-01-06": 1,
    }  # fmt: skip


@pytest.mark.parametrize("tail", ["no time told\n", '{"timestamp":"2026-99-05T00:00:00Z"}\n'])
def test_a_file_whose_last_line_tells_no_time_is_of_the_day_it_was_written(
    tmp_path: Path, tail: str
) -> None:
    path = tmp_path / "inventory.log"
    path.write_text(tail)
    os.utime(path, (after(hours=3).timestamp(),) * 2)
    write(path, [after(days=1)])
    assert (tmp_path / "inventory.log.2026-01-05").read_text() == tail


def test_an_empty_file_is_of_no_day(tmp_path: Path) -> None:
    (tmp_path / "inventory.log").touch()
    write(tmp_path / "inventory.log", [after()])
    assert list(lines(tmp_path)) == ["inventory.log"]


def test_what_cannot_be_written_is_counted_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log's directory becomes a file: rotation fails, and when it is back, writing goes on."""
    folder = tmp_path / "logs"
    path = folder / "inventory.log"
    handler = open_log(path, JsonFormatter(run_id="r"))
    handler.handle(sampled(after(hours=1)))
    folder.rename(tmp_path / "away")
    folder.touch()
    handler.handle(sampled(after(days=1)))
    handler.handle(sampled(after(days=1, hours=1)))
    assert handler.dropped == 2
    folder.unlink()
    (tmp_path / "away").rename(folder)
    handler.handle(sampled(after(days=1, hours=2)))
    handler.close()
    assert handler.dropped == 2
    assert capsys.readouterr() == ("", "")
    assert len(path.read_text().splitlines()) == 1
    assert len((folder / "inventory.log.2026-01-05").read_text().splitlines()) == 1


def test_a_log_that_cannot_be_opened_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(OutputError, match=r"^.*/logs/inventory.log: the log cannot be .*$"):
        open_log(tmp_path / "logs" / "inventory.log", logging.Formatter())


def test_a_line_file_sets_the_torn_end_aside_that_someone_left(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text("whole\ntor")
    handler = LineFileHandler(path)
    handler.handle(logging.makeLogRecord({"msg": "next"}))
    handler.close()
    assert path.read_text() == "whole\nnext\n"
    assert (tmp_path / "alerts-jsonl.torn").read_text() == "tor\n"
