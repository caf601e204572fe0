"""Whatever a bot puts into its log, each line there is one strict JSON object for every reader."""

import logging
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from telemetry.hostile import agreed, any_text, metadata

from simlab.events import Attempt, Event
from simlab.telemetry.crashsafe import CrashSafeLog

events = st.builds(
    Attempt,
    st.integers(0, 2 * 10**15),
    st.floats(),
    st.sampled_from(["success", "retry", "error"]),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**63 - 1),
    st.integers(1, 9),
    st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(),
    st.none() | any_text,
)
calls = st.tuples(any_text, st.dictionaries(any_text.map(lambda key: f"x{key}"), metadata))


@settings(max_examples=60, deadline=None)
@given(st.lists(events | calls, max_size=12), any_text)
def test_each_line_in_the_file_is_strict_json_for_all_readers(
    said: list[Event | tuple[str, dict[str, Any]]], run_id: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = CrashSafeLog(Path(folder) / "inventory.log", run_id=run_id, kept_days=0)
        logger = logging.Logger("bot.test")  # noqa: LOG001  # pytest adds handlers to all others
        logger.addHandler(log.handler)
        for each in said:
            if isinstance(each, tuple):
                logger.info(each[0], extra=each[1])
            else:
                log.emit(each)
        log.close()
        assert log.dropped == 0
        text = b"".join(path.read_bytes() for path in Path(folder).iterdir())
    lines = text.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == len(said)
    for line in lines:
        agreed(line.decode())
