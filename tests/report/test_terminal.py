"""What a terminal gets: tables of words and numbers, inert text, and no bar in a pipe."""

import io
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from rich.text import Text

from simlab.report.inert import visible
from simlab.report.numbers import UNDEFINED
from simlab.report.terminal import kpis_table, progress, scores_table
from simlab.tuning.backtest import Backtest
from simlab.tuning.score import Score

from .cases import HOSTILE, strategy


def _printed(what: RenderableType | str, *, terminal: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, width=160, force_terminal=terminal, no_color=True).print(what)
    return out.getvalue()


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:16]))
def test_hostile_text_is_printed_as_it_reads_and_does_nothing(text: str) -> None:
    shown = _printed(kpis_table({"rows": 1.0}, title=text[:100]))
    assert "\x1b" not in shown
    assert visible(text[:100])[:20] in shown
    shown.encode()


@given(st.text(st.characters(), max_size=100))
def test_inert_text_is_one_line_without_control_characters(text: str) -> None:
    plain = Text(visible(text)).plain
    assert len(plain) == len(text)
    assert not {unicodedata.category(character) for character in plain} & {"Cc", "Cf", "Cs", "Zl"}


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:16]))
def test_tables_print_hostile_names_inert(text: str) -> None:
    score = Score(rule=text, note=text)
    shown = _printed(scores_table([score], rules=strategy(), title=text))
    shown += _printed(kpis_table({text: 1.0}, title=text))
    assert "\x1b" not in shown
    shown.encode()


def test_a_score_reads_in_words_and_numbers(judged: Backtest) -> None:
    shown = _printed(scores_table(judged.scores, rules=strategy(), title="The strategy's rules"))
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    for cell in ("cpu_percent > 85 % for 5m", "1/4", "100 %", "25 %", "10 min"):
        assert cell in lines["cpu_high"]
    assert "any of these" in lines["any"]


def test_undefined_is_explained_once_and_only_where_it_occurs(judged: Backtest) -> None:
    blank = _printed(scores_table([Score(rule="a"), Score(rule="b")], rules=(), title="t"))
    assert blank.count("undefined") == 1
    assert blank.count(UNDEFINED) > 10
    assert "undefined" not in _printed(scores_table(judged.scores, rules=strategy(), title="t"))


def test_kpis_have_units_and_meanings() -> None:
    shown = _printed(
        kpis_table({"inv_batch_seconds_p99": 0.345, "batch_success_rate": 0.98, "cpu_percent": 4.0})
    )
    assert "345 ms" in shown
    assert "98 %" in shown
    assert "mean [%]" in shown
    assert "undefined" not in shown
    assert "undefined" in _printed(kpis_table({"cpu_percent": float("nan")}))


def test_progress_in_a_pipe_prints_nothing() -> None:
    out = io.StringIO()
    with progress("generating", total=10, console=Console(file=out)) as advance:
        advance(10)
    assert out.getvalue() == ""


def test_progress_on_a_terminal_shows_what_the_rate_and_a_bar() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with progress("generating [rows]", total=1000, console=console) as advance:
        advance(400)
        time.sleep(0.15)
        advance(100)
        time.sleep(0.15)
    assert "generating [rows]" in out.getvalue()
    assert "rows/s" in out.getvalue()


def test_progress_ends_when_its_block_fails() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)

    def fail() -> None:
        with progress("x", total=None, console=console):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert console._live_stack == []


def test_what_was_done_before_does_not_count_towards_the_rate() -> None:
    """The first count is where the bar begins: a resumed dataset's rows came at once."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=120)
    with progress("Making", total=2 * 10**9, console=console) as advance:
        advance(10**9)
        for _ in range(4):
            time.sleep(0.1)
            advance(100)
    rates = re.findall(r"([\d,.]+) rows/s", shown.getvalue())
    assert rates
    assert max(float(rate.replace(",", "")) for rate in rates) < 10**5
