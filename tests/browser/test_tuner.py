"""The tuning notebook in a real browser: it runs to its end, and its sliders do what they say."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simlab.alerts.rules_file import load_rules, strategy_rules

from .lab import ROOT, jupyterlab, opened, run_all

CHROMIUM = shutil.which("chromium")
NOTEBOOK = "03_tune_thresholds.ipynb"
SHOTS = ROOT / "out" / "browser"
"""Where people look at what the browser showed."""

OUTPUTS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
    .filter(cell => cell.type === 'code')
    .map(cell => [cell.executionCount, cell.outputs.toJSON()
        .filter(one => one.output_type === 'error' || one.name === 'stderr')])"""
"""Of each cell of code whether it has run, and what went wrong; seen or scrolled out of sight."""

HIDDEN = """() => [...document.querySelectorAll(
    '.jp-OutputArea-child:has(> .jp-RenderedImage) img')].filter(one => !one.offsetParent)"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: pip install 'simlab[dev]'"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where JupyterLab works."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Any]:
    """The notebook, run to its end."""
    with jupyterlab(folder) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 1500, "height": 1400})
        opened(shown, address, NOTEBOOK)
        run_all(shown)
        yield shown
        browser.close()


def _picture(page: Any) -> str:
    return str(page.locator(".simlab-tuner img").get_attribute("src"))


def _table(page: Any) -> str:
    return str(page.locator(".simlab-tuner table").inner_text())


def _shot(page: Any, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def _changed(page: Any, before: str) -> None:
    page.wait_for_function(
        "before => document.querySelector('.simlab-tuner img').src !== before", arg=before
    )


def _press(page: Any, button: str, *, told: str) -> None:
    """Press a button, and wait until that is said."""
    page.get_by_role("button", name=button, exact=True).click()
    playwright.expect(page.locator(".simlab-tuner [role=status]")).to_have_text(told)


def test_the_notebook_runs_to_its_end(page: Any) -> None:
    playwright.expect(page.locator(".simlab-tuner")).to_have_count(1)
    page.locator(".simlab-tuner").scroll_into_view_if_needed()
    outputs = page.evaluate(OUTPUTS)
    assert all(count for count, _ in outputs), outputs
    assert not [told for _, told in outputs if told], outputs
    _shot(page, "1-run")


def test_keys_move_a_slider_and_numbers_and_picture_follow(page: Any) -> None:
    picture, table = _picture(page), _table(page)
    handle = page.locator(".simlab-tuner .noUi-handle").first
    handle.focus()
    for _ in range(6):
        handle.press("ArrowRight")
    readout = page.locator(".simlab-tuner .widget-readout").first
    playwright.expect(readout).to_have_text("2.75 s")
    # Changes that come faster than they are drawn are sent when the one before is.
    playwright.expect(page.locator(".simlab-tuner p")).to_contain_text("duration > 2.75 s for 2m")
    _changed(page, picture)
    assert _table(page) != table
    _shot(page, "2-moved")


def test_no_text_beside_a_slider_is_cut(page: Any) -> None:
    shown = page.locator(".simlab-tuner .widget-readout, .simlab-tuner .widget-label")
    cut = (
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"
    )
    assert shown.count() >= 14
    assert shown.evaluate_all(cut) == []


def test_what_is_saved_is_read_by_the_command_line(page: Any, folder: Path) -> None:
    saved = folder / "out" / "tuned.toml"
    _press(page, "Save tuned.toml", told=f"Saved: {saved}")
    rules = load_rules(saved)
    assert rules[0].threshold == 2.75
    gen = ("gen", "busy-day", "--rows", "3000", "--out", str(folder / "day"))
    backtest = ("backtest", str(folder / "day"), "--rules", str(saved), "--json")
    scored = [_simlab(*command) for command in (gen, backtest)][-1]
    assert [score["rule"] for score in json.loads(scored)["scores"]][:3] == [
        rule.name for rule in strategy_rules()
    ]


def test_snap_and_reset_move_the_sliders_too(page: Any) -> None:
    readout = page.locator(".simlab-tuner .widget-readout").first
    picture = _picture(page)
    _press(page, "Snap to front", told="On the nearest point of the front.")
    _changed(page, picture)
    _press(page, "Reset", told="Back to where it began.")
    playwright.expect(readout).to_have_text("1.25 s")


def test_reopened_without_its_kernel_the_last_picture_is_there(page: Any) -> None:
    page.wait_for_function(f"() => ({HIDDEN})().length === 1")  # the tuner has one of its own
    last = page.evaluate(f"() => ({HIDDEN})()[0].src")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.reload()
    page.wait_for_function(
        "src => [...document.querySelectorAll('.jp-RenderedImage img')]"
        ".some(one => one.src === src && (one.scrollIntoView(), one.offsetParent))",
        arg=last,
    )
    _shot(page, "3-reopened")


def _simlab(*arguments: str) -> str:
    command = [sys.executable, "-m", "simlab", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, cwd=ROOT
    ).stdout
