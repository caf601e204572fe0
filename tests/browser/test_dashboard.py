"""The dashboard in a real browser: it shows what it should, and nothing that data brings runs."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from report.cases import HOSTILE, incident, labels

from simlab.alerts.rules_file import strategy_rules
from simlab.report.html import write_dashboard
from simlab.report.overview import overview
from simlab.report.page import Page
from simlab.tuning.backtest import backtest
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile, with_rows

CHROMIUM = shutil.which("chromium")
TAKEN = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--virtual-time-budget=8000", "--allow-file-access-from-files",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")


@dataclass(frozen=True)
class Shown:
    """A page on disk, and the data that its script draws from."""

    path: Path
    told: dict[str, Any]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """A page on which all that data can name tries to take it over."""
    names = [*HOSTILE, TAKEN]
    kinds = [name.encode(errors="replace").decode() for name in names]
    truth = labels(
        *[
            incident(f"i{nth}", kind, nth / 6, nth / 6 + 0.1, lookalike=nth % 3 == 0)
            for nth, kind in enumerate(kinds)
        ]
    )
    day = draw(with_rows(load_profile("busy-day"), 30_000), seed=7)
    rules, told = strategy_rules(), replace(day, incidents=truth)
    found = backtest(told, rules)
    path = tmp_path_factory.mktemp("page") / "dashboard.html"
    write_dashboard(
        Page(
            title=f"A day {TAKEN}",
            shown=overview(told),
            rules=rules,
            scores=found.scores,
            episodes=found.episodes,
            warehouse_names={nth: names[nth % len(names)] for nth in range(1, 51)},
            facts={name: name for name in names},
        ),
        path,
    )
    text = path.read_text(encoding="utf-8")
    data = text.partition('id="told">')[2].partition("</script>")[0]
    return Shown(path=path, told=json.loads(data))


@pytest.fixture(scope="module")
def bare(shown: Shown) -> Shown:
    """The same page as a browser has it that runs no scripts."""
    path = shown.path.with_name("bare.html")
    text = shown.path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), encoding="utf-8")
    return replace(shown, path=path)


def chromium(page: Path, *flags: str) -> str:
    """What headless Chromium prints for the page."""
    profile = page.parent / "browser"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def driven(shown: Shown, steps: str, *, width: int = 1200) -> dict[str, Any]:
    """What a script finds that has the page in a frame: it fills `found`.

    It may use `page`, the page's document; `key(chart, key)`; `readout(chart)`; `canvases()`.
    """
    frame = shown.path.parent / "frame.html"
    frame.write_text(
        f"""<iframe src="{shown.path.name}" width="{width}" height="900" style="border:0"></iframe>
<pre id="found"></pre><script>
onload = async () => {{
  const found = {{ refused: [] }};
  const page = document.querySelector("iframe").contentDocument;
  page.addEventListener("securitypolicyviolation", (event) => found.refused.push(event.violatedDirective));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const key = (chart, name) => page.querySelector(`#${{chart}} .live`).dispatchEvent(
    new page.defaultView.KeyboardEvent("keydown", {{ key: name, bubbles: true }}));
  const readout = (chart) => page.querySelector(`#${{chart}} .readout`).textContent;
  const inside = (node) => [...node.children].flatMap((child) => [
    ...(child.localName === "canvas" ? [child] : []), ...inside(child),
    ...(child.shadowRoot ? inside(child.shadowRoot) : [])]);
  const canvases = () => [...page.querySelectorAll(".live")].map((live) => inside(live).length);
  const range = () => page.getElementById("shown").textContent;
  await pause(2500);
  {steps}
  found.title = page.title;
  document.getElementById("found").textContent = JSON.stringify(found);
}};
</script>""",
        encoding="utf-8",
    )
    document = chromium(frame, "--dump-dom")
    text = document.partition('<pre id="found">')[2].partition("</pre>")[0]
    assert text, "the script did not come to its end"
    return dict(json.loads(html.unescape(text)))


def test_nothing_that_data_brings_runs_in_a_browser(shown: Shown) -> None:
    """Had one of the names run, the title would be another; each chart is drawn and read off."""
    found = driven(
        shown,
        """for (const figure of page.querySelectorAll("figure")) {
          for (const name of ["ArrowRight", "ArrowDown", "End", "+", "0"]) key(figure.id, name);
        }
        for (const link of page.querySelectorAll("a[data-from]")) link.click();
        await pause(300);
        found.elements = page.querySelectorAll("img[src=x], link, iframe, [onmouseover]").length;
        found.scripts = page.scripts.length;
        found.canvases = canvases();""",
    )
    assert found["title"].startswith("A day <script>")
    assert found["elements"] == 0
    assert found["scripts"] == 4
    assert found["refused"] == []
    assert min(found["canvases"]) > 0


def test_every_chart_is_drawn_by_the_script(shown: Shown) -> None:
    found = driven(
        shown,
        """found.canvases = canvases();
        found.stills = [...page.querySelectorAll(".still")].map((still) => still.offsetHeight);""",
    )
    assert len(found["canvases"]) == len(shown.told["panels"]) + len(shown.told["heats"]) == 9
    assert min(found["canvases"]) > 0
    assert set(found["stills"]) == {0}


def test_the_values_that_keys_read_off_are_those_of_the_data(shown: Shown) -> None:
    """From the start two points on, in every chart at once, and back by one."""
    found = driven(
        shown,
        """key("latency", "Home"); key("latency", "ArrowRight"); key("latency", "ArrowRight");
        key("latency", "ArrowLeft");
        found.read = Object.fromEntries(
          [...page.querySelectorAll("figure")].map((figure) => [figure.id, readout(figure.id)]));""",
    )
    (latency,) = [panel for panel in shown.told["panels"] if panel["name"] == "latency"]
    for line in latency["lines"]:
        told = re.search(rf"{line['label']} ([\d.]+) s", found["read"]["latency"])
        assert told is not None
        assert float(told[1]) == pytest.approx(line["values"][1], abs=0.006)
    cpu = next(panel for panel in shown.told["panels"] if panel["name"] == "cpu")
    told = re.search(r"mean ([\d.]+) %", found["read"]["cpu"])
    assert told is not None
    assert float(told[1]) == pytest.approx(cpu["lines"][1]["values"][1], abs=0.06)


def test_zoom_and_links_move_all_charts_and_all_brings_the_whole_back(shown: Shown) -> None:
    found = driven(
        shown,
        """found.whole = range(); key("cpu", "+"); await pause(100); found.closer = range();
        page.getElementById("earlier").click(); await pause(100); found.earlier = range();
        page.querySelector("a[data-from]").click(); await pause(100); found.moment = range();
        found.began = page.querySelector("a[data-from]").textContent;
        key("memory", "0"); await pause(100); found.again = range();""",
    )
    assert found["whole"] == found["again"]
    assert len({found["whole"], found["closer"], found["earlier"], found["moment"]}) == 4
    first, _, last = found["moment"].removesuffix(" UTC").partition(" to ")
    assert first <= found["began"] <= f"{last}:59"


def test_where_no_script_runs_the_pictures_are_there(bare: Shown) -> None:
    """Each as wide as its figure, and none of what only a script fills."""
    found = driven(
        bare,
        """found.images = [...page.images].map((image) => [image.naturalWidth, image.offsetWidth]);
        found.empty = [...page.querySelectorAll(".live, .readout, .controls")]
          .map((each) => each.offsetHeight);""",
    )
    assert len(found["images"]) == 9
    assert all(natural > 0 and wide > 600 for natural, wide in found["images"])
    assert set(found["empty"]) == {0}


def test_the_browser_shows_the_rules_and_the_figures(shown: Shown) -> None:
    document = chromium(shown.path, "--dump-dom")
    for text in ("slow_batch", "error_rate", "cpu_high", "30,000 attempts"):
        assert text in document


@pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "no scripts"])
def test_a_phone_needs_no_scrolling_sideways(shown: Shown, bare: Shown, scripted: bool) -> None:
    """At 390 pixels the page is no wider than that."""
    found = driven(
        shown if scripted else bare,
        "found.width = page.body.scrollWidth; found.canvases = canvases();",
        width=390,
    )
    assert found["width"] == 390
    assert (max(found["canvases"]) > 0) is scripted
