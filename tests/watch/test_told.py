"""What a line says to an orchestrator is what the bot told; anything else is no line of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.clock import iso
from simlab.events import Alert, RunStarted, Sample
from simlab.telemetry.jsonlog import JsonFormatter, record_of
from simlab.watch.told import ForeignError, moment_us, told_by

from .cases import START_US, alert, line

times_us = st.integers(0, 2 * 10**15)
texts = st.text(max_size=40)
finite = st.floats(allow_nan=False, allow_infinity=False)
alerts = st.builds(
    Alert, times_us, texts, texts, st.sampled_from(["firing", "resolved"]), st.none() | finite,
    finite, st.sampled_from(["ticket", "page"]), times_us.map(iso),
    st.sampled_from(["notify", "rollback"]), st.none() | st.integers(1, 10**6), st.booleans(),
)  # fmt: skip


@given(alerts)
def test_an_alert_is_read_back_as_the_bot_told_it(told: Alert) -> None:
    found = told_by(line(told, run_id="run").rstrip(b"\n"))
    assert found is not None
    assert (found.alert, found.time_us, found.run_id) == (told, told.time_us, "run")


def test_runs_begin_and_end_and_other_events_are_nothing_to_act_on() -> None:
    started = told_by(line(RunStarted(START_US, "w", "wall", 1, 1)))
    assert started is not None
    assert started.alert is None
    sample = JsonFormatter(run_id="r").format(record_of(Sample(START_US, 1.0, 2.0, 3, 4)))
    assert told_by(sample.encode()) is None
    assert told_by(b'{"timestamp":"2026-01-05T00:00:00Z","event":null,"message":"hello"}') is None


@pytest.mark.parametrize(
    "text",
    [
        b"", b"kernel: out of memory", b"[]", b"null", b"{}", b'{"event":"alert"}', b"\xff\xfe{",
        b'{"timestamp":"2026-01-05T00:00:00Z","level":"INFO","message":"another logger"}',
        line(alert(0))[:-20],
        line(alert(0)).replace(b'"firing"', b'"burning"'),
        line(alert(0)).replace(b'"threshold":2.0', b'"threshold":"high"'),
        line(alert(0)).replace(b'"threshold":2.0', b'"threshold":1e999'),
        line(alert(0)).replace(b'"timestamp":"2026', b'"timestamp":"soon'),
        line(alert(0)).replace(b'"started_at":"2026', b'"started_at":"soon'),
        b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_the_bots_is_told_apart(text: bytes) -> None:
    with pytest.raises(ForeignError):
        told_by(text)


def test_a_moment_without_an_offset_is_utc() -> None:
    assert moment_us("2026-01-05T00:00:00") == moment_us("2026-01-05T01:00:00+01:00") == START_US
