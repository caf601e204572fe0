"""The page holds all it shows, tells what is missing, and runs nothing that data brings."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from math import nan
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset, LineCount
from simlab.errors import OutputError
from simlab.report import view
from simlab.report.buckets import bucket_s
from simlab.report.html import dashboard, write_dashboard
from simlab.report.overview import overview
from simlab.report.page import Page, no_episodes
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.budget import Budget
from simlab.tuning.figures import Figure, Figures
from simlab.tuning.tune import Tuning
from simlab.tuning.unseen import Unseen

from .cases import DAY_US, HOSTILE, attempts, incident, labels, strategy, timestamps

MOST_BYTES = 2_500_000
_VOID = {"meta", "img", "source"}


class _Reader(HTMLParser):
    """What a page says: its elements with their attributes, its text, and what is not closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.style = ""
        self.data = ""
        self.scripts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        elif self._open[-1:] == ["script"]:
            if self.elements[-1][1].get("type"):
                self.data = data
            else:
                self.scripts.append(data)
        else:
            self.text.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join(text for text in self.text if text)


def _policy(page: _Reader) -> str:
    (policy,) = [
        meta["content"]
        for meta in page.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    return policy


@pytest.fixture(scope="module")
def page(trouble: Dataset, judged: Backtest) -> Page:
    after = strategy(threshold_s=3.0)
    better = backtest(trouble, after)
    unknown = Figure(nan)
    figures = Figures(
        recall=unknown, delay_median_s=unknown, delay_p90_s=unknown, false_alarms_per_day=unknown,
        pages_per_day=unknown, firing_ratio=unknown, incidents=0, days=1.0, blocks=1,
    )  # fmt: skip
    tuning = Tuning(
        budget=Budget(),
        incidents=0,
        silent=frozenset(),
        chosen_by="labels",
        surely=True,
        promised=figures,
        unseen=Unseen(tuned=figures, given=figures, sensitivity=pl.DataFrame()),
        blocks_are="day",
        notes=(),
        rules_before=strategy(),
        rules_after=after,
        train_until_us=DAY_US,
        train_before=judged,
        train_after=better,
        unseen_before=judged,
        unseen_after=better,
        combinations=2,
        front=pl.DataFrame(),
    )
    return Page(
        title="busy-day",
        shown=overview(trouble),
        rules=strategy(),
        scores=judged.scores,
        episodes=judged.episodes,
        tuning=tuning,
        warehouse_names={2: "Rotterdam"},
        facts={"seed": "7"},
    )


@pytest.fixture(scope="module")
def text(page: Page) -> str:
    return dashboard(page)


@pytest.fixture(scope="module")
def read(text: str) -> _Reader:
    return _Reader(text)


def test_the_first_thing_said_is_whether_it_is_all_right(read: _Reader) -> None:
    headings = [position for position, (tag, _) in enumerate(read.elements) if tag == "h2"]
    assert read.elements[headings[0]][1]["id"] == "verdict"
    assert "No alert fires at the end; 263 did before" in read.words


def test_the_six_kpis_are_on_the_page(read: _Reader) -> None:
    for name in ("inv_batch_seconds", "inv_error_count", "cpu_percent", "mem_usage_mb",
                 "batch_success_rate", "retry_count"):  # fmt: skip
        assert name in read.text


def test_every_chart_has_words_for_who_cannot_see_it(read: _Reader) -> None:
    images = read.all("img")
    assert len(images) == len(read.all("figcaption")) == 10
    for image in images[:8]:
        assert "2026" in image["alt"]
        assert "Shaded: 4 incidents. Hatched: 1 look-alike." in image["alt"]
    for image in images[8:]:
        assert re.search("20 warehouses, .* Highest: .*, warehouse .*2026-01-05", image["alt"])
    assert "P99 passed 2 s in 2 of 4 incidents" in images[0]["alt"]


def test_charts_come_for_wide_and_narrow(read: _Reader) -> None:
    assert {source["media"] for source in read.all("source")} == {"(max-width: 640px)"}
    images = [a["srcset"] for a in read.all("source")] + [a["src"] for a in read.all("img")]
    assert len(set(images)) == len(images) == 20
    for image in images:
        assert base64.b64decode(image.removeprefix("data:image/svg+xml;base64,")).startswith(
            b"<svg"
        )


def test_rules_tuned_rules_incidents_and_look_alikes_are_told(read: _Reader) -> None:
    for words in (
        "duration > 2 s", "error_ratio over 100 batches > 5 %", "cpu_percent > 85 % for 5m",
        "duration > 3 s", "cpu_high after 10 min", "slow_batch: 1", "2 Rotterdam", "seed",
    ):  # fmt: skip
        assert words in read.words


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_forbids_all_but_its_own_style_scripts_and_images(read: _Reader) -> None:
    """Scripts by their hashes alone; the library's style elements by a mark of the data."""
    (marked,) = read.all("style")
    rules = dict(rule.strip().partition(" ")[::2] for rule in _policy(read).split(";"))
    assert rules.pop("script-src").split() == [_hash(text) for text in read.scripts]
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"{_hash(read.style)} 'nonce-{marked['nonce']}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_the_mark_of_styles_depends_on_the_data(read: _Reader, plain: _Reader) -> None:
    """So that data cannot carry the mark of the page they are on."""
    assert read.all("style")[0]["nonce"] != plain.all("style")[0]["nonce"]


def test_nothing_is_fetched_and_nothing_of_the_data_runs(read: _Reader) -> None:
    tags = {tag for tag, _ in read.elements}
    assert not tags & {"link", "iframe", "object", "embed", "base", "form"}
    assert [script.get("type") for script in read.all("script")] == [
        "application/json",
        *[None] * 3,
    ]
    for _, attributes in read.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "style"
            if name in {"src", "srcset", "action", "data", "poster"}:
                assert value.startswith("data:image/svg+xml;base64,")
            assert name != "href" or value == "#time"
    assert not re.search(r"url\(|@import", read.style)


def test_the_numbers_of_the_charts_are_those_of_the_view(read: _Reader, trouble: Dataset) -> None:
    """To the four digits that they are written with, and null where there is none."""
    told = json.loads(read.data)
    every_s = bucket_s(trouble.rows)
    frame = view.rows_over_time(trouble.rows, every_s=every_s)
    (latency,) = [panel for panel in told["panels"] if panel["name"] == "latency"]
    assert latency["step"] == every_s * 1000
    assert latency["start"] == DAY_US // 1000
    assert latency["limits"] == [{"value": 2, "label": "alert at 2 s"}]
    for line, column in zip(latency["lines"], ("p50", "p95", "p99"), strict=True):
        shown = np.array(line["values"], dtype=float)
        np.testing.assert_allclose(shown, frame[column].to_numpy()[: shown.size], rtol=5e-4)
    (errors,) = [panel for panel in told["panels"] if panel["name"] == "error_ratio"]
    shown = np.array(errors["lines"][0]["values"], dtype=float)
    np.testing.assert_allclose(
        shown, 100 * frame["error_ratio"].to_numpy()[: shown.size], rtol=5e-4
    )


def test_episodes_lead_to_their_moments(read: _Reader, judged: Backtest) -> None:
    """At most 40 links, pages before others, each with the times of one episode."""
    links = read.all("a")
    assert len(links) == 40
    times = set(judged.episodes.select(pl.col("start", "end").dt.epoch("ms")).iter_rows())
    assert {(int(link["data-from"]), int(link["data-to"])) for link in links} <= times
    pages = judged.episodes.filter(pl.col("rule") == "error_rate")["start"].dt.epoch("ms")
    assert set(pages) <= {int(link["data-from"]) for link in links}


def test_tables_tell_their_heads_from_their_cells(read: _Reader) -> None:
    assert {head["scope"] for head in read.all("th")} == {"col", "row"}
    assert len(read.all("caption")) == len(read.all("table"))


def test_the_same_page_gives_the_same_text(page: Page, text: str) -> None:
    assert dashboard(page) == text


def _named(text: str) -> _Reader:
    """A small page on which everything that data can name is named `text`."""
    encodable = text.encode(errors="replace").decode()
    truth = labels(
        incident("a", encodable, 0, 0.5), incident("b", encodable, 0.6, 1, lookalike=True)
    )
    dataset = Dataset(name=text, rows=attempts([0.5, 3.0] * 60, every_s=30), incidents=truth)
    found = backtest(dataset, strategy())
    return _Reader(
        dashboard(
            Page(
                title=text,
                shown=overview(dataset),
                rules=strategy(),
                scores=found.scores,
                episodes=found.episodes,
                warehouse_names={1: text},
                facts={text: text},
            )
        )
    )


@pytest.fixture(scope="module")
def plain() -> _Reader:
    return _named("plain")


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:16]))
def test_hostile_text_changes_no_element_and_no_script(
    read: _Reader, plain: _Reader, name: str
) -> None:
    shown = _named(name)
    kinds = [(tag, sorted(attributes)) for tag, attributes in shown.elements]
    assert kinds == [(tag, sorted(attributes)) for tag, attributes in plain.elements]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u2028\u202e\u2066\ud800]", shown.words)
    assert shown.scripts == plain.scripts == read.scripts
    assert not re.search("[<>&\u2028]", shown.data)
    json.loads(shown.data)


def _partial(name: str) -> Page:
    rows = attempts([0.5, 3.0, 0.7] * 50, every_s=10)
    few = rows.with_columns(status=pl.lit("retry").cast(rows.schema["status"])).head(1)
    series = pl.DataFrame({"timestamp": timestamps(DAY_US + np.arange(500) * 10**7),
                           "value": np.sin(np.arange(500))})  # fmt: skip
    high = Rule(name="high", signal="value", threshold=0.9)
    datasets = {
        "four columns": (Dataset(name="d", rows=rows), strategy()),
        "one row": (Dataset(name="d", rows=attempts([1.0])), strategy()),
        "one retry": (Dataset(name="d", rows=few), strategy()),
        "no durations": (Dataset(name="d", rows=attempts([None] * 5)), strategy()),
        "no rows": (Dataset(name="d", rows=rows.clear()), strategy()),
        "a series": (Dataset(name="d", rows=series), (high,)),
        "a series and rules for batches": (Dataset(name="d", rows=series), strategy()),
        "empty truth": (Dataset(name="d", rows=rows, incidents=labels()), strategy()),
        "rejected lines": (
            Dataset(name="d", rows=rows, lines=LineCount(accepted=150, rejected=3)),
            strategy(),
        ),
        "only look-alikes": (
            Dataset(
                name="d", rows=rows, incidents=labels(incident("a", "x", 0, 1, lookalike=True))
            ),
            strategy(),
        ),
    }
    dataset, rules = datasets[name]
    judgeable = not dataset.rows.is_empty() and ("value" in dataset.rows.columns) == (
        rules[0] is high
    )
    judgeable = judgeable and name != "no durations"
    found = backtest(dataset, rules) if judgeable else None
    return Page(
        title=name,
        shown=overview(dataset),
        rules=rules,
        scores=found.scores if found else (),
        episodes=found.episodes if found else no_episodes(),
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("four columns", "no samples of the machine"),
        ("one row", "no labels"),
        ("one retry", "1 attempt in 0 s"),
        ("no durations", "Unknown: no rule can be judged"),
        ("no rows", "There are no rows"),
        ("a series", "This is a plain series"),
        ("a series and rules for batches", "Unknown: no rule can be judged"),
        ("empty truth", "There was no incident"),
        ("rejected lines", "3 lines could not be read; 150 were."),
        ("only look-alikes", "What looked like trouble and was not"),
    ],
)
def test_partial_data_is_shown_as_partial(name: str, words: str) -> None:
    assert words in _Reader(dashboard(_partial(name))).words


def test_a_page_of_the_most_points_and_incidents_stays_small(trouble: Dataset) -> None:
    count = 60_000
    stamps = timestamps(DAY_US + np.linspace(0, 49.9 * 3600e6, count))
    rows = trouble.rows.sample(count, with_replacement=True, seed=1).with_columns(timestamp=stamps)
    assert trouble.samples is not None
    samples = trouble.samples.with_columns(
        timestamp=timestamps(DAY_US + np.linspace(0, 49.9 * 3600e6, trouble.samples.height))
    )
    truth = labels(*[incident(f"i{k}", "latency_spike", k / 8, k / 8 + 0.1) for k in range(399)])
    dataset = Dataset(name="d", rows=rows, samples=samples, incidents=truth)
    found = backtest(dataset, strategy())
    text = dashboard(
        Page(
            title="d",
            shown=overview(dataset),
            rules=strategy(),
            scores=found.scores,
            episodes=found.episodes,
        )
    )
    assert len(text.encode()) < MOST_BYTES


def test_a_page_is_written_whole(page: Page, text: str, tmp_path: Path) -> None:
    target = tmp_path / "out.html"
    target.write_text("old")
    write_dashboard(page, target)
    assert target.read_text(encoding="utf-8") == text
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]


@pytest.mark.parametrize("place", ["missing/out.html", "file/out.html", "folder"])
def test_a_place_that_cannot_be_written_is_one_line_and_leaves_nothing(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        write_dashboard(_partial("one row"), tmp_path / place)
    assert str(tmp_path / place) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]
