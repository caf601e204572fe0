"""A log read live says what the bot's own endpoint said, and only what is its own is taken."""

import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from simlab.alerts.rules_file import strategy_rules
from simlab.errors import InputError
from simlab.report.top.board import Board
from simlab.report.top.logged import Logged
from simlab.report.top.reading import reading_of
from simlab.report.top.standing import Standing
from simlab.run import run
from simlab.workload.loading import load_profile
from simlab.workload.source import source_of_profile

from .top_cases import SPAN_US, START_US, alert, attempt, began, ended, lines, logged, sample


def stood(path: Path) -> Standing:
    """How things stand by a log."""
    source = Logged(path, strategy_rules(), span_us=SPAN_US)
    board = Board(source.name, strategy_rules(), tells_alerts=True)
    board.take(source.news())
    source.close()
    return board.standing()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory of some hours of trouble."""
    out = tmp_path_factory.mktemp("top") / "ran"
    source = source_of_profile(load_profile("busy-day"), seed=3)
    run(source, out=out, rules=strategy_rules(), for_s=4 * 3600.0)
    return out


def test_a_runs_log_tells_what_its_last_exposition_told(ran: Path) -> None:
    """The oracle is `metrics.prom`, which the bot wrote itself; all but what only it can know."""
    source = Logged(ran / "logs/inventory.log", strategy_rules(), span_us=SPAN_US)
    found = source.news().readings[-1]
    source.close()
    text = (ran / "metrics.prom").read_text()
    bots = reading_of(text_string_to_metric_families(text), found.time_us)
    assert found.values == pytest.approx(bots.values, nan_ok=True)
    assert found.totals == bots.totals
    assert found.firing == bots.firing
    assert found.rule_values == pytest.approx(bots.rule_values, nan_ok=True)
    assert found.totals["attempts"] > 10_000


def test_the_trend_of_a_run_that_has_ended_spans_the_whole_run(ran: Path) -> None:
    found = stood(ran / "logs/inventory.log")
    assert 3.5 * 3600e6 < found.span_us < 4.5 * 3600e6
    assert "ended" in found.state
    p95 = found.kpis[0]
    assert max(point for point in p95.trend if not math.isnan(point)) >= p95.value


def test_alert_events_say_what_fires_and_since_when(tmp_path: Path) -> None:
    log = logged(tmp_path / "a.log", [
        began(), attempt(1), alert(2, "slow_batch", "firing"), alert(3, "mine", "firing"),
        alert(4, "mine", "resolved", value=None), attempt(62),
    ])  # fmt: skip
    found = stood(log)
    assert next((rule.name, rule.fires) for rule in found.rules) == ("slow_batch", True)
    assert found.rules[0].since_us == START_US + 2_000_000
    assert not next(rule.fires for rule in found.rules if rule.name == "mine")
    assert [change.rule for change in found.changes] == ["mine", "mine", "slow_batch"]
    assert math.isnan(found.changes[0].value)


def test_a_new_run_counts_anew_and_old_alerts_stay_listed(tmp_path: Path) -> None:
    """An episode that the old run left open does not fire in the new one."""
    log = logged(tmp_path / "a.log", [
        began(), alert(1, "slow_batch", "firing"), attempt(2, status="error"), ended(3),
        began(10), attempt(11), attempt(12),
    ])  # fmt: skip
    found = stood(log)
    rates = {told.kpi.key: told.value for told in found.kpis}
    assert rates["batch_success_rate"] == 1.0
    assert not any(rule.fires for rule in found.rules)
    assert len(found.changes) == 1


def test_what_is_written_while_watching_is_told_and_rates_follow(tmp_path: Path) -> None:
    """An attempt a second is 60 a minute, by the events' own time."""
    log = logged(tmp_path / "a.log", [began(), *(attempt(at_s) for at_s in range(60))])
    source = Logged(log, strategy_rules(), span_us=SPAN_US)
    board = Board(source.name, strategy_rules(), tells_alerts=True)
    board.take(source.news())
    logged(log, [*(attempt(at_s) for at_s in range(60, 180)), sample(180, 97.0)])
    board.take(source.news())
    source.close()
    found = board.standing()
    assert found.rates_per_minute["attempts"] == pytest.approx(60, rel=0.05)
    (cpu,) = [told for told in found.kpis if told.kpi.key == "cpu_percent"]
    assert (cpu.value, cpu.state) == (97.0, "beyond limit")


def test_bad_and_plain_lines_do_not_stop_it_and_the_bad_ones_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    plain = b'{"timestamp":"x","level":"INFO","message":"hello","event":null}\n'
    log.write_bytes(lines([began(), attempt(1)]) + b"{}\n\xff\xfe\n\n" + plain + b"torn")
    assert "2 bad lines passed over" in stood(log).state


@pytest.mark.parametrize(
    "text",
    [
        b"127.0.0.1 - - GET /\n",
        b'{"timestamp":"2026-01-05T00:00:00Z","duration":1.0,"status":"success"}\n',
        b'{"event":"user logged in","level":"info","timestamp":"2026-01-05"}\n',
        b"[" * 100_000 + b"\n",
    ],
    ids=["access-log", "rows", "structlog", "deep"],
)
def test_a_log_that_is_not_ours_is_refused_in_one_line(tmp_path: Path, text: bytes) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(text)
    with pytest.raises(InputError, match=r"a\.log: no event in 1 line") as refused:
        Logged(log, strategy_rules(), span_us=SPAN_US)
    assert "\n" not in str(refused.value)


def test_an_empty_log_is_waited_for(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.touch()
    found = stood(log)
    assert (found.time_us, found.state) == (None, "no line yet")
    assert all(math.isnan(told.value) for told in found.kpis)


def test_of_a_long_log_the_end_is_read_and_that_is_said(tmp_path: Path) -> None:
    log = logged(tmp_path / "a.log", [began(), *(attempt(at_s) for at_s in range(1000))])
    size = log.stat().st_size
    source = Logged(log, strategy_rules(), span_us=SPAN_US, most_bytes=size // 2)
    news = source.news()
    source.close()
    assert 450 < news.readings[-1].totals["attempts"] < 550
    assert "read from 01-05 00:08 on" in news.state
