"""One look fits any terminal, shows what matters first, and does nothing that data say."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import strategy_rules
from simlab.report.numbers import UNDEFINED
from simlab.report.top.board import Board
from simlab.report.top.facts import facts_of
from simlab.report.top.news import Change, News
from simlab.report.top.reading import Reading
from simlab.report.top.screen import lines_of
from simlab.report.top.standing import Standing

from .cases import HOSTILE
from .top_cases import SECOND_US, START_US

RULES = (
    *strategy_rules(),
    Rule(name="slow_house", signal="duration", threshold=2, by="warehouse_id"),
)


def standing(
    *,
    firing: dict[str, bool] | None = None,
    source: str = "http://127.0.0.1:9100/metrics",
    state: str = "answers",
    trouble: bool = False,
    looks: int = 40,
) -> Standing:
    """How things stand after some looks at a bot whose P95 grows to 4 s."""
    names = {"slow_batch": True, "cpu_high": False} if firing is None else firing
    board = Board(source, RULES, tells_alerts=True)
    for look in range(looks):
        time_us = START_US + look * SECOND_US
        reading = Reading(
            time_us=time_us,
            values={
                "inv_batch_seconds_p95": 4.0 * (look + 1) / looks, "inv_batch_seconds_p99": 5.0,
                "inv_error_count": 3, "inv_error_ratio": math.nan, "batch_success_rate": 0.97,
                "retry_count": 12, "cpu_percent": 12.5, "mem_usage_mb": 210.0,
                "host_cpu_percent": 44.0,
            },
            totals={"attempts": 2 * look, "finished": look, "failed": 0, "retries": look,
                    "disk_read_bytes": 0, "disk_write_bytes": 1e6 * look, "dropped": 0},
            firing=names,
            rule_values={("slow_batch", None): 4.0, ("slow_house", "7"): 9.0,
                         ("slow_house", "8"): 1.0},
        )  # fmt: skip
        news = News(readings=(reading,), state=state, is_trouble=trouble, step_us=SECOND_US)
        board.take(news)
    changes = tuple(
        Change(time_us=START_US + at * SECOND_US, rule=name, state="firing", value=4.0, limit=2.0,
               severity="page")
        for at, name in enumerate(name for name, fires in names.items() if fires)
    )  # fmt: skip
    board.take(News(changes=changes, state=state, is_trouble=trouble, step_us=SECOND_US))
    return board.standing()


def shown(told: Standing, *, width: int = 80, height: int | None = 24) -> list[str]:
    """The lines as text."""
    return [line.plain for line in lines_of(told, width=width, height=height, keys="q quits")]


def test_80_by_24_shows_all_kpis_by_their_names_with_limits_and_states_in_words() -> None:
    text = shown(standing())
    kpis = {
        line.split()[0].rstrip(","): line
        for line in text
        if line.startswith(("inv_", "cpu_percent", "mem", "batch_", "retry_"))
    }
    assert {
        "inv_batch_seconds", "inv_error_count", "cpu_percent", "mem_usage_mb",
        "batch_success_rate", "retry_count",
    } <= {*kpis}  # fmt: skip
    assert "FIRING" in kpis["inv_batch_seconds"]
    assert "5 s > 2 s" in kpis["inv_batch_seconds"]
    assert "12.5 % > 85 % for 5m   ok" in kpis["cpu_percent"]
    assert "97 %" in kpis["batch_success_rate"]
    assert "no limit" in kpis["mem_usage_mb"]
    assert "1 of 2 rules FIRING: slow_batch" in text[1]
    assert text[-1] == "q quits"


def test_rates_are_what_totals_grow_by_in_a_minute() -> None:
    """2 attempts a second are 120 a minute; 1 MB a second is written."""
    text = "\n".join(shown(standing()))
    assert "a minute: 120 attempts, 60 finished, 0 failed, 60 retries" in text
    assert "1 MB/s written" in text


def test_undefined_is_a_dash_and_in_words_never_0() -> None:
    firing = {"error_rate": False}
    (line,) = [one for one in shown(standing(firing=firing)) if one.startswith("inv_error_ratio")]
    assert f" {UNDEFINED} " in line
    assert "not known" in line


def test_trends_rise_and_what_is_beyond_the_limit_is_red() -> None:
    (line,) = [
        line for line in lines_of(standing(), width=120) if line.plain.startswith("inv_batch_seconds P95")
    ]  # fmt: skip
    picture = line.plain.split()[-1]
    assert list(picture) == sorted(picture)
    red = [span for span in line.spans if span.style == "red"]
    assert 0 < len(red) < len(picture)


def test_rules_that_fire_come_first_however_many_there_are() -> None:
    firing = {f"rule_{nth:02}": nth % 10 == 7 for nth in range(40)}
    text = shown(standing(firing=firing))
    heads = [line for line in text if line.startswith("rule_")]
    assert [head.split()[0] for head in heads[:4]] == ["rule_07", "rule_17", "rule_27", "rule_37"]
    assert any(line.startswith("… ") and "0 of them firing" in line for line in text)


def test_of_a_rule_by_warehouse_the_worst_is_shown() -> None:
    text = "\n".join(shown(standing(firing={"slow_house": True}), width=120))
    assert "9 s #7" in text


def test_old_figures_are_said_to_be_old() -> None:
    text = shown(standing(state="NO ANSWER since 12:00:00: no metrics (timed out)", trouble=True))
    assert text[1].rstrip() == "NO ANSWER since 12:00:00: no metrics (timed out); figures are old"


@given(width=st.integers(1, 200), height=st.integers(1, 70), many=st.integers(0, 30))
def test_any_size_is_filled_and_never_exceeded(width: int, height: int, many: int) -> None:
    """In cells, with names in wide characters; the last line says how to leave."""
    told = standing(firing={f"規則{nth}": nth % 3 == 0 for nth in range(many)}, looks=3)
    lines = lines_of(told, width=width, height=height, keys="q")
    assert len(lines) == height
    assert max(line.cell_len for line in lines) <= width
    assert lines[-1].plain == "q"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:16]))
def test_hostile_text_is_printed_inert(text: str) -> None:
    """Promise 14: no raw ESC, no markup, one line a line; on a terminal and in a pipe."""
    told = standing(firing={text: True, f"{text}b": False}, source=text, state=text)
    for terminal in (False, True):
        out = io.StringIO()
        console = Console(file=out, force_terminal=terminal, color_system=None, width=120)
        lines = lines_of(told, width=120)
        for line in lines:
            console.print(line)
        printed = out.getvalue()
        printed.encode()
        assert printed.count("\n") == len(lines)
        assert not set(printed) & set("\x1b\x07\r\x9b\u202e\u2028")


def test_json_has_the_same_with_times_as_text() -> None:
    found = facts_of(standing())
    assert found["kpis"]["inv_batch_seconds_p95"] == {
        "value": 4.0, "limit": "> 2 s", "rule": "slow_batch", "state": "FIRING",
    }  # fmt: skip
    assert found["rules"][0]["since"] == "2026-01-05T00:00:00.000000Z"
    assert found["alerts"][0]["threshold"] == 2.0
    assert found["rates_per_minute"]["attempts"] == pytest.approx(120)
