"""Every line is one strict JSON object, whatever was logged, and readers agree on it."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.events import Alert, Attempt, Degraded, Event, RunFinished, RunStarted, Sample
from simlab.telemetry.jsonlog import LINE_LIMIT_BYTES, JsonFormatter, record_of

from .hostile import agreed, any_text, metadata

HEAD = ["timestamp", "level", "logger", "message", "event", "run_id"]
MOMENT_US = 1_767_571_200_250_001
MOMENT = "2026-01-05T00:00:00.250001Z"
ATTEMPT = Attempt(MOMENT_US, 0.5, "success", 7, 3, 2, 40, 1.5, None)
ALERT = Alert(
    MOMENT_US, "a1", "slow", "firing", 2.5, 2.0, "page", "2026-01-05T00:00:00.000000Z", "rollback"
)
EVENTS: list[tuple[Event, str, str]] = [
    (ATTEMPT, "attempt", "INFO"),
    (msgspec.structs.replace(ATTEMPT, status="retry", error_type="locked"), "attempt", "WARNING"),
    (msgspec.structs.replace(ATTEMPT, status="error", error_type="locked"), "attempt", "ERROR"),
    (Sample(MOMENT_US, 12.5, 220.0, 4096, 0), "sample", "INFO"),
    (ALERT, "alert", "ERROR"),
    (msgspec.structs.replace(ALERT, severity="ticket", value=None), "alert", "WARNING"),
    (RunStarted(MOMENT_US, "flat", "virtual", 10, 4), "run_started", "INFO"),
    (RunFinished(MOMENT_US, {"retry_count": None}, 1.0, 99.5), "run_finished", "INFO"),
    (Degraded(MOMENT_US, "log", 7, final=False), "telemetry_degraded", "WARNING"),
]


@pytest.fixture
def logged() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A logger of its own, and the text it has written."""
    logger = logging.Logger("bot.test")  # noqa: LOG001  # pytest adds handlers to all others
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonFormatter(run_id="r1"))
    logger.addHandler(handler)
    yield logger, text
    handler.close()


def line_with(extra: dict[str, Any]) -> str:
    """The line of a plain record that bears these attributes."""
    record = logging.makeLogRecord({"msg": "said", "levelname": "INFO", "name": "bot", **extra})
    return JsonFormatter(run_id="r1").format(record)


@pytest.mark.parametrize(("event", "name", "level"), EVENTS)
def test_an_event_has_the_six_fields_first_and_its_own_after(
    event: Event, name: str, level: str
) -> None:
    told = agreed(JsonFormatter(run_id="r1").format(record_of(event)))
    own = msgspec.to_builtins(event)
    own.pop("time_us")
    assert list(told) == [*HEAD, *own]
    assert told == {
        "timestamp": MOMENT, "level": level, "logger": "simlab.bot", "event": name,
        "message": told["message"], "run_id": "r1", **own,
    }  # fmt: skip


TEXTS = {"locked": ('"a" & \\b', "größer «ç»", "在庫がロックされています 😀 %s {0}")}


@pytest.mark.parametrize("status", ["error", "retry"])
@pytest.mark.parametrize("batch_id", [3, 4, 5])
def test_an_attempt_that_failed_says_why_in_the_words_of_its_batch(
    status: str, batch_id: int
) -> None:
    event = msgspec.structs.replace(
        ATTEMPT, status=status, error_type="locked", batch_id=batch_id, attempt=1
    )
    told = agreed(JsonFormatter(run_id="r1").format(record_of(event, TEXTS)))
    ended = {"error": "batch failed", "retry": "batch to be retried"}[status]
    assert told["message"] == f"{ended}: {TEXTS['locked'][batch_id % 3]}"
    again = msgspec.structs.replace(event, attempt=2)
    assert record_of(again, TEXTS).msg == told["message"]


def test_without_a_text_for_its_error_type_a_message_is_as_it_was() -> None:
    failed = msgspec.structs.replace(ATTEMPT, status="error", error_type="locked")
    unknown = msgspec.structs.replace(failed, error_type=None)
    for event, texts in ((failed, {}), (failed, {"locked": ()}), (unknown, TEXTS)):
        assert record_of(event, texts).msg == "batch failed"
    assert record_of(ATTEMPT, TEXTS).msg == "batch applied"


def test_the_record_of_an_event_happened_when_the_event_did() -> None:
    assert record_of(ATTEMPT).created == pytest.approx(MOMENT_US / 1e6, abs=1e-6)


@given(st.dictionaries(any_text.map(lambda key: f"x{key}"), metadata, max_size=4))
def test_whatever_the_metadata_readers_agree_on_one_strict_line(extra: dict[str, Any]) -> None:
    line = line_with(extra)
    told = agreed(line)
    assert list(told)[:6] == HEAD
    assert len(line.encode()) < LINE_LIMIT_BYTES
    assert told["message"] == "said"


@given(st.floats(), st.none() | any_text)
def test_whatever_an_event_holds_readers_agree_on_one_strict_line(
    duration: float, error_type: str | None
) -> None:
    event = msgspec.structs.replace(ATTEMPT, duration=duration, error_type=error_type)
    told = agreed(JsonFormatter(run_id="r1").format(record_of(event)))
    assert told["duration"] == (duration if np.isfinite(duration) else None)


def test_what_json_cannot_hold_is_text_and_what_it_can_stays_itself() -> None:
    told = agreed(
        line_with(
            {"whole": np.int64(5), "real": np.float64(0.5), "nan": float("nan"), "far": 2**63,
             "near": 2**63 - 1, "exact": Decimal("1.10"), "bytes": b"\xff", "set": {1},
             "keys": {(1, 2): 3}, "day": date(2026, 1, 5), "yes": True}
        )
    )  # fmt: skip
    extra = {key: told[key] for key in list(told)[6:]}
    assert extra == {
        "whole": 5, "real": 0.5, "nan": None, "far": "9223372036854775808", "near": 2**63 - 1,
        "exact": "1.10", "bytes": r"b'\xff'", "set": [1], "keys": {"(1, 2)": 3},
        "day": "2026-01-05", "yes": True,
    }  # fmt: skip


def test_deep_and_circular_metadata_end_as_text() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    circle: dict[str, Any] = {}
    circle["self"] = circle
    told = agreed(line_with({"deep": deep, "circle": circle}))
    assert "{...}" in json.dumps(told["circle"])


class Hostile:
    """An object that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def test_an_object_that_cannot_be_shown_is_named() -> None:
    assert agreed(line_with({"it": Hostile()}))["it"] == "<Hostile>"
    assert agreed(line_with({"msg": Hostile()}))["message"].startswith("<Hostile>")


@pytest.mark.parametrize("size", [64_000, 65_536, 1_000_000])
@pytest.mark.parametrize("mark", ["x", "\x00", "é", "\ud800"])
def test_a_line_ends_within_64_kib_and_says_when_it_was_cut(size: int, mark: str) -> None:
    line = line_with({"long": mark * size, "short": 1, "nested": [mark * size]})
    told = agreed(line)
    assert len(line.encode()) < LINE_LIMIT_BYTES
    assert list(told)[:6] == HEAD
    assert told["truncated"] is True
    assert told["short"] == 1
    assert len(told["long"]) == 1000


def test_a_line_of_many_long_fields_keeps_the_first_six() -> None:
    told = agreed(line_with({"name": "n" * 10**6} | {f"k{n}": "x" * 900 for n in range(100)}))
    assert list(told) == [*HEAD, "truncated"]
    assert told["logger"] == "n" * 1000


def test_a_cut_event_still_has_its_columns() -> None:
    event = msgspec.structs.replace(ATTEMPT, status="error", error_type="e" * 10**6)
    told = agreed(JsonFormatter(run_id="r1").format(record_of(event)))
    assert told["error_type"] == "e" * 1000
    assert told["duration"] == 0.5


def test_plain_calls_go_through_the_same_formatter(
    logged: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, text = logged
    before = datetime.now(UTC).timestamp()
    logger.warning("took %d s", 3, extra={"warehouse": 7})
    told = agreed(text.getvalue().removesuffix("\n"))
    moment = datetime.fromisoformat(told["timestamp"]).timestamp()
    assert before - 1e-3 <= moment <= datetime.now(UTC).timestamp()
    del told["timestamp"]
    assert told == {
        "level": "WARNING", "logger": "bot.test", "message": "took 3 s", "event": None,
        "run_id": "r1", "warehouse": 7,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["timestamp", "level", "logger", "event", "run_id"])
@pytest.mark.parametrize("value", ["mine", 3, ATTEMPT.time_us, None, {}])
def test_extra_fields_never_take_the_place_of_the_first_six(
    logged: tuple[logging.Logger, io.StringIO], name: str, value: object
) -> None:
    logger, text = logged
    logger.info("said", extra={name: value})
    told = agreed(text.getvalue().removesuffix("\n"))
    assert list(told) == [*HEAD, f"extra_{name}"]
    assert told[f"extra_{name}"] == value
    assert (told["level"], told["logger"], told["event"]) == ("INFO", "bot.test", None)


@pytest.mark.parametrize("arguments", [(1, 2), ("x",), ({"a": 1},), (Hostile(),)])
def test_arguments_that_do_not_fit_their_format_lose_no_line(
    logged: tuple[logging.Logger, io.StringIO], arguments: tuple[object, ...]
) -> None:
    logger, text = logged
    logger.info("took %(name)d s", *arguments)
    assert "took" in agreed(text.getvalue().removesuffix("\n"))["message"]


def test_an_exception_and_a_stack_are_told_in_the_line(
    logged: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, text = logged
    try:
        raise ValueError("bad\nnews")  # noqa: TRY301  # it is the news
    except ValueError:
        logger.exception("failed", stack_info=True)
    told = agreed(text.getvalue().removesuffix("\n"))
    assert "ValueError: bad\nnews" in told["exception"]
    assert "test_jsonlog" in told["stack"]
