"""Whatever a bot puts into its log, each line there is one strict JSON object for every reader."""

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telemetry.hostile import agreed, any_text, metadata

from simlab.events import Alert, Attempt, Degraded, Event
from simlab.run.telemetry import AlertsFile
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.handler import DailyFileHandler, LineFileHandler
from simlab.telemetry.plainlog import PlainLog
from simlab.telemetry.safehandler import CrashSafeHandler

times_us = st.integers(0, 2 * 10**15)
whole = st.integers(-(2**63), 2**63 - 1)
attempts = st.builds(
    Attempt,
    times_us,
    st.floats(),
    st.sampled_from(["success", "retry", "error"]),
    whole,
    st.integers(0, 2**63 - 1),
    st.integers(1, 9),
    whole,
    st.none() | st.floats(),
    st.none() | any_text,
)
alerts = st.builds(
    Alert,
    times_us,
    any_text,
    any_text,
    st.sampled_from(["firing", "resolved"]),
    st.none() | st.floats(),
    st.floats(),
    st.sampled_from(["ticket", "page"]),
    any_text,
    st.sampled_from(["notify", "rollback"]),
    st.none() | whole,
    st.booleans(),
)
degraded = st.builds(Degraded, times_us, any_text, whole, st.booleans())
events = attempts | alerts | degraded
calls = st.tuples(any_text, st.dictionaries(any_text.map(lambda key: f"x{key}"), metadata))
Said = list[Event | tuple[str, dict[str, Any]]]
Handler = CrashSafeHandler | DailyFileHandler | LineFileHandler


def safe(path: Path, run_id: str) -> tuple[Callable[[Event], None], Handler]:
    log = CrashSafeLog(path, run_id=run_id, kept_days=0)
    return log.emit, log.handler


def plain(path: Path, run_id: str) -> tuple[Callable[[Event], None], Handler]:
    log = PlainLog(path, run_id=run_id)
    log.handler.backupCount = 0
    return log.emit, log.handler


def of_alerts(path: Path, run_id: str) -> tuple[Callable[[Event], None], Handler]:
    log = AlertsFile(path, run_id=run_id)
    return log.emit, log.handler


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param(safe, marks=pytest.mark.fault("log", "hostile")),
        pytest.param(plain, marks=pytest.mark.fault("plain log", "hostile")),
        pytest.param(of_alerts, marks=pytest.mark.fault("alerts file", "hostile")),
    ],
)
@settings(max_examples=60, deadline=None)
@given(said=st.lists(events | calls, max_size=12), run_id=any_text)
def test_each_line_in_the_file_is_strict_json_for_all_readers(
    opened: Callable[[Path, str], tuple[Callable[[Event], None], Handler]],
    said: Said,
    run_id: str,
) -> None:
    """The readers are the standard library's, msgspec, orjson and polars."""
    with tempfile.TemporaryDirectory() as folder:
        emit, handler = opened(Path(folder) / "inventory.log", run_id)
        logger = logging.Logger("bot.test")  # noqa: LOG001  # pytest adds handlers to all others
        logger.addHandler(handler)
        for each in said:
            if isinstance(each, tuple):
                logger.info(each[0], extra=each[1])
            else:
                emit(each)
        handler.close()
        assert handler.dropped == 0
        text = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    lines = text.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(said)
    for line in lines:
        agreed(line.decode())
