"""Rotation keeps every line, whatever the clock does: what the standard handler loses on 3.11.

In the default log and in the plain one, whose handler differs from the standard one in this alone.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.plainlog import PlainLog
from simlab.telemetry.safehandler import CrashSafeHandler

HOUR = timedelta(hours=1)
BACK = datetime(2026, 1, 5, 23, 59, tzinfo=UTC)
SPRING = datetime(2026, 3, 28, 0, 30, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose local days have 23 and 25 hours when summer comes and goes."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


LogAt = Callable[[Path, Iterable[datetime]], int]


@pytest.fixture(params=["default", "plain"])
def log_at(request: pytest.FixtureRequest) -> LogAt:
    """Logs a line at each moment of a clock, through one log, and tells how many there were."""

    def log_at(path: Path, moments: Iterable[datetime]) -> int:
        plain, number = request.param == "plain", 0
        handler = PlainLog(path, run_id="r").handler if plain else safe(path)
        for moment in moments:
            number += 1
            handler.handle(logging.makeLogRecord({"created": moment.timestamp(), "msg": "said"}))
        handler.close()
        assert handler.dropped == 0
        return number

    return log_at


def safe(path: Path) -> CrashSafeHandler:
    return CrashSafeLog(path, run_id="r").handler


def check_each_day_is_whole(folder: Path, logged: int) -> None:
    """All lines are there, those of a day in one file, which bears its name or is today's."""
    told = {
        path.name: [line[14:24] for line in path.read_text().splitlines()]
        for path in folder.iterdir()
    }
    assert sum(map(len, told.values())) == logged
    for name, days in told.items():
        assert len(set(days)) == 1
        assert name in {"inventory.log", f"inventory.log.{days[0]}"}


@pytest.mark.fault("rotated files", "clock")
def test_a_clock_set_back_over_midnight_and_a_restart_overwrite_no_archive(
    tmp_path: Path, log_at: LogAt
) -> None:
    path = tmp_path / "inventory.log"
    minute = timedelta(minutes=1)
    logged = log_at(path, [BACK - minute * (1000 - number) for number in range(1000)])
    logged += log_at(path, [BACK + minute * number for number in range(5)])
    logged += log_at(path, [BACK - minute * (2 - number) for number in range(7)])
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert len(lines) == logged == 1012


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("start", [SPRING, AUTUMN])
@pytest.mark.fault("rotated files", "time zone")
def test_hourly_lines_over_a_change_of_summer_time_are_all_kept(
    tmp_path: Path, log_at: LogAt, start: datetime
) -> None:
    logged = log_at(tmp_path / "inventory.log", [start + HOUR * number for number in range(72)])
    check_each_day_is_whole(tmp_path, logged)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize("start", [SPRING, AUTUMN])
@pytest.mark.fault("rotated files", "time zone")
def test_a_day_of_25_hours_deletes_no_archive(
    tmp_path: Path, log_at: LogAt, start: datetime
) -> None:
    """With a line just before and after each local midnight, and a restart between them."""
    midnight = (start + HOUR * 24).replace(hour=22, minute=0)
    seconds = [timedelta(seconds=step) for step in (-3601, -3599, -1, 1, 3599, 3601)]
    logged = 0
    for day in range(3):
        for second in seconds:
            logged += log_at(tmp_path / "inventory.log", [midnight + HOUR * 24 * day + second])
    lines = [line for file in tmp_path.iterdir() for line in file.read_text().splitlines()]
    assert len(lines) == logged == 18


@pytest.mark.fault("rotated files", "time zone")
def test_a_bot_that_starts_anew_each_hour_has_a_file_a_day(tmp_path: Path, log_at: LogAt) -> None:
    """The standard handler's `when="D"` counts from the file's last write, and never rotates."""
    path, logged = tmp_path / "inventory.log", 0
    for number in range(72):
        logged += log_at(path, [SPRING + HOUR * number])
    check_each_day_is_whole(tmp_path, logged)
    assert len(list(tmp_path.iterdir())) == 3
