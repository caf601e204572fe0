"""The dashboard in a real browser: it shows what it should, and nothing in it runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

from simlab.alerts.rules_file import strategy_rules
from simlab.report.html import write_dashboard
from simlab.report.overview import overview
from simlab.report.page import Page
from simlab.tuning.backtest import backtest
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile, with_rows

CHROMIUM = shutil.which("chromium")
HOSTILE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--virtual-time-budget=2000",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page whose title and warehouse names try to take the page over."""
    day = draw(with_rows(load_profile("busy-day"), 30_000), seed=7)
    rules = strategy_rules()
    found = backtest(day, rules)
    path = tmp_path_factory.mktemp("page") / "dashboard.html"
    write_dashboard(
        Page(
            title=f"A day {HOSTILE}",
            shown=overview(day),
            rules=rules,
            scores=found.scores,
            episodes=found.episodes,
            warehouse_names={number: f"{HOSTILE} {number}" for number in range(1, 51)},
        ),
        path,
    )
    return path


def chromium(page: Path, *flags: str) -> str:
    """What headless Chromium prints for the page."""
    profile = page.parent / "browser"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_nothing_that_data_brings_runs_in_a_browser(page: Path) -> None:
    """Had one of the names run, the document's title would be another."""
    document = chromium(page, "--dump-dom")
    title = document.partition("<title>")[2].partition("</title>")[0]
    assert title.startswith("A day &lt;script&gt;")
    assert document.count("<script") == 4
    assert '<img src="x"' not in document


def test_the_browser_shows_the_rules_and_the_charts(page: Path) -> None:
    """The document as the browser built it has the figures, and each chart has loaded."""
    document = chromium(page, "--dump-dom")
    for text in ("slow_batch", "error_rate", "cpu_high", "30,000 attempts"):
        assert text in document
    assert document.count("<img") >= 4


def test_a_phone_needs_no_scrolling_sideways(page: Path) -> None:
    """At 390 pixels the page is no wider than that; a frame is as narrow as no window can be."""
    frame = page.parent / "frame.html"
    measure = "document.title = document.querySelector('iframe').contentDocument.body.scrollWidth"
    frame.write_text(
        f'<iframe src="{page.name}" width="390" height="800" style="border:0"></iframe>'
        f"<script>onload = () => {{ {measure} }}</script>"
    )
    document = chromium(frame, "--dump-dom", "--allow-file-access-from-files")
    assert "<title>390</title>" in document
