"""When telemetry loses something, the log says so: what, how much, seldom, and at the end in all."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from run.cases import events, made

from simlab.alerts.live import Evaluator
from simlab.dataset.read import read
from simlab.events import Degraded, Event
from simlab.run import Ran
from simlab.run.relay import Relay
from simlab.run.telemetry import AlertsFile
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.line import LineEncoder
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import Probe
from simlab.telemetry.sentry import Sentry

MINUTE_US = 60_000_000


def raising(*_: Any, **__: Any) -> Any:
    raise RuntimeError


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run in which nothing fails."""
    return made(tmp_path_factory.mktemp("sound") / "a")


def told(path: Path) -> list[dict[str, Any]]:
    return events(path / "logs", kind="telemetry_degraded")


def test_a_run_that_loses_nothing_says_nothing(sound: Ran) -> None:
    assert told(sound.path) == []


@pytest.mark.parametrize("telemetry", ["default", "plain"])
@pytest.mark.parametrize(
    ("kind", "method", "part"), [(Metrics, "emit", "metrics"), (Evaluator, "observe", "rules")]
)
def test_a_part_that_fails_all_the_time_is_told_of_once_a_minute_and_in_all_at_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    method: str,
    part: str,
    telemetry: Any,
) -> None:
    if kind is Metrics and telemetry == "plain":
        monkeypatch.setattr("simlab.telemetry.plain.PlainMetrics.emit", raising)
    monkeypatch.setattr(kind, method, raising)
    ran = made(tmp_path / "a", telemetry=telemetry)
    *news, total = told(ran.path)
    assert {each["part"] for each in [*news, total]} == {part}
    assert [each["final"] for each in news] == [False] * len(news)
    assert (total["final"], total["level"]) == (True, "WARNING")
    assert total["message"] == f"{part} lost {total['lost']} events in all"
    # those of the total itself and of what comes after it are not in it
    assert ran.dropped[part] - 2 <= total["lost"] <= ran.dropped[part]
    lost = [each["lost"] for each in news]
    assert lost == sorted(set(lost))
    minutes = [each["timestamp"][:16] for each in news]
    assert len(set(minutes)) == len(minutes) > 50  # an hour, or so
    assert [each["event"] for each in events(ran.path / "logs")][-2:] == [
        "telemetry_degraded", "run_finished",
    ]  # fmt: skip


def test_a_virtual_run_tells_the_same_of_its_losses_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Metrics, "emit", raising)
    first, second = made(tmp_path / "a"), made(tmp_path / "b")
    assert told(first.path) == told(second.path)


@pytest.mark.fault("log", "raising")
def test_a_log_that_takes_nothing_is_asked_no_more_than_once_a_minute_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telling that the log fails fails too, and must bring no further telling."""
    asked: list[Event] = []

    def refusing(_: object, event: Event) -> bytes:
        asked.append(event)
        raise RuntimeError

    monkeypatch.setattr(LineEncoder, "line", refusing)
    ran = made(tmp_path / "a")
    news = [each for each in asked if isinstance(each, Degraded)]
    assert ran.dropped == {"log": len(asked)}
    assert len(asked) - len(news) > 2000
    assert [each.part for each in news] == ["log"] * len(news)
    gaps = [later.time_us - each.time_us for each, later in pairwise(news[:-1])]
    assert min(gaps) >= MINUTE_US


def test_a_log_that_failed_for_a_while_tells_of_it_when_it_works_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = CrashSafeLog.emit, [0]

    def emit(log: CrashSafeLog, event: Event) -> None:
        calls[0] += 1
        if 500 < calls[0] <= 1000:
            raise OSError
        real(log, event)

    monkeypatch.setattr(CrashSafeLog, "emit", emit)
    ran = made(tmp_path / "a")
    lost = [each["lost"] for each in told(ran.path)]
    assert lost
    assert lost[-1] == ran.dropped["log"] == 500
    numbers = [each["event"] for each in events(ran.path / "logs")]
    assert 0 < numbers.index("telemetry_degraded") - 500 < 60  # of 40 attempts a minute


def test_readers_of_a_log_pass_over_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Metrics, "emit", raising)
    ran = made(tmp_path / "a")
    dataset = read(ran.path / "logs")
    assert len(told(ran.path)) > 50
    assert dataset.rows.equals(ran.dataset.rows)
    assert dataset.lines is not None
    assert dataset.lines.rejected == 0


@pytest.mark.fault("sampler", "raising")
def test_a_sampler_that_fails_all_the_time_is_told_of_and_the_bot_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Probe, "read", raising)
    ran = made(tmp_path / "a", clock="wall", speed=600.0, for_s=600.0)
    assert ran.real is not None
    assert ran.real.stock.agrees
    assert set(ran.dropped) == {"sampler"}
    assert told(ran.path)[-1]["lost"] >= 1
    assert {each["part"] for each in told(ran.path)} == {"sampler"}


@pytest.mark.parametrize("method", ["emit", "caught", "_report", "close"])
@pytest.mark.fault("Sentry", "raising")
def test_a_sentry_that_raises_leaves_the_bots_results(
    sound: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    pytest.importorskip("sentry_sdk", reason="sentry-sdk is not installed")
    monkeypatch.setattr(Sentry, method, raising)
    ran = made(tmp_path / "a", sentry_dsn="http://key@127.0.0.1:9/1")
    assert ran.dataset.rows.equals(sound.dataset.rows)
    assert ran.alerts == sound.alerts
    if method == "emit":
        assert told(ran.path)[-1]["part"] == "sentry"


@pytest.mark.parametrize(
    ("kind", "method", "part"),
    [
        pytest.param(kind, method, part, marks=pytest.mark.fault(place, "raising"))
        for kind, method, part, place in (
            (AlertsFile, "emit", "alerts", "alerts file"),
            (Evaluator, "finish", "rules", "rules"),
            (CrashSafeLog, "close", "log", "log"),
            (AlertsFile, "close", "alerts", "alerts file"),
        )
    ],
)
def test_whoever_fails_at_the_end_or_with_an_alert_costs_its_own_alone(
    sound: Ran,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    method: str,
    part: str,
) -> None:
    real = getattr(kind, method)

    def late(*arguments: Any) -> Any:
        if method == "close":
            real(*arguments)
        raise RuntimeError

    monkeypatch.setattr(kind, method, late)
    ran = made(tmp_path / "a")
    assert set(ran.dropped) == {part}
    assert ran.dataset.rows.equals(sound.dataset.rows)
    assert json.loads((ran.path / "kpis.json").read_bytes()) == json.loads(
        (sound.path / "kpis.json").read_bytes()
    )


def test_where_nothing_is_lost_it_costs_an_attempt_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was lost is asked for at samples, not at attempts, which are many more."""
    asked = [0]

    def counting(relay: Relay, *_: Any) -> None:
        asked[0] += 1

    monkeypatch.setattr(Relay, "_tell_losses", counting)
    ran = made(tmp_path / "a")
    assert ran.dataset.samples is not None
    assert asked[0] == len(ran.dataset.samples) + 2  # run_started, and the end
    assert len(ran.dataset.rows) > 5 * asked[0]
