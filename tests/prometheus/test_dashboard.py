"""The dashboard out of a real Prometheus is that of the run directory, within scrape resolution."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simlab.alerts.rules_file import strategy_rules
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.report.html import dashboard
from simlab.report.overview import Overview, overview
from simlab.report.page import Page
from simlab.report.sources.prometheus import told_by_prometheus
from simlab.report.sources.shown import page_of_told
from simlab.report.view import rows_over_time, samples_over_time
from simlab.telemetry.families import EDGES_S
from simlab.tuning.backtest import Backtest, backtest
from simlab.workload.draw import draw
from simlab.workload.loading import load_profile

from .kept import kept
from .test_server import served

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")),
    reason="needs prometheus and promtool, of Debian's package prometheus",
)
HOURS = 4
EVERY_S = 60
SCRAPE = timedelta(seconds=15)


@dataclass(frozen=True)
class Both:
    """The same four hours by the run directory and by Prometheus."""

    dataset: Dataset
    judged: Backtest
    own: Overview
    theirs: Page


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder = tmp_path_factory.mktemp("kept")
    day, rules = draw(load_profile("busy-day"), seed=7), strategy_rules()
    start = day.rows["timestamp"].dt.truncate("1h")[0]
    until = start + timedelta(hours=HOURS)
    assert day.samples is not None
    hours = Dataset(
        name="d",
        rows=day.rows.filter(pl.col("timestamp") < until),
        samples=day.samples.filter(pl.col("timestamp") < until),
    )
    judged = backtest(hours, rules)
    kept(hours, rules, judged.episodes, folder)
    with served(folder) as address:
        until_us = round(until.timestamp() * 1e6)
        told = told_by_prometheus(address, last_s=HOURS * 3600, until_us=until_us)
    return Both(
        dataset=hours,
        judged=judged,
        own=overview(hours),
        theirs=page_of_told(told, rules, title="t", facts={}),
    )


def _rows(both: Both) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both, on the same buckets; the first is left out: nothing was scraped before it."""
    theirs = both.theirs.shown.rows
    assert theirs is not None
    own = rows_over_time(both.dataset.rows, every_s=EVERY_S)
    assert theirs["time"].to_list() == own["time"].to_list()
    return own[1:], theirs[1:]


def test_each_attempt_is_in_its_minute_or_the_next(both: Both) -> None:
    """A scrape at the minute itself sees what ended before it; all are counted, once."""
    own, theirs = _rows(both)
    for name in ("per_minute", "errors_per_minute", "retries_per_minute"):
        upto = np.cumsum(theirs[name].to_numpy()) - np.cumsum(own[name].to_numpy())
        assert np.abs(upto).max() <= 1, name


def _by_edges(durations: np.ndarray, share: float) -> float:
    """As Prometheus' documentation has it: evenly spread within the bucket that holds the rank."""
    low, below, rank = 0.0, 0, share * durations.size
    for edge in EDGES_S:
        upto = int((durations <= edge).sum())
        if upto >= rank:
            return low + (edge - low) * (rank - below) / (upto - below)
        low, below = edge, upto
    return low


def test_quantiles_are_those_of_the_histogram(both: Both) -> None:
    """Of the same attempts, whose number is that of the scrape at each end of the minute."""
    _, theirs = _rows(both)
    time = theirs["time"].to_list()
    stamps, durations = both.dataset.rows["timestamp"], both.dataset.rows["duration"].to_numpy()
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        expected = [
            _by_edges(durations[((stamps > at) & (stamps <= at + 4 * SCRAPE)).to_numpy()], share)
            for at in time
        ]
        np.testing.assert_allclose(theirs[name].to_numpy(), expected, rtol=1e-9)


def test_the_error_ratio_is_as_high_as_a_scrape_saw_it(both: Both) -> None:
    """Of the batches that finished within a minute, a scrape each 15 s sees some."""
    own, theirs = _rows(both)
    exact, seen = own["error_ratio"].to_numpy(), theirs["error_ratio"].to_numpy()
    assert (seen <= np.maximum(exact, np.append(np.nan, exact[:-1])) + 1e-9)[1:].all()
    assert np.nanmean(np.abs(seen - exact)) <= 0.01


def test_the_machine_is_as_sampled(both: Both) -> None:
    """To the digit: a scrape at a minute's end sees the sample of that moment, the start's not."""
    assert both.dataset.samples is not None
    a_moment = pl.duration(microseconds=1)
    seen = both.dataset.samples.with_columns(timestamp=pl.col("timestamp") - a_moment)
    own = samples_over_time(seen, every_s=EVERY_S)
    theirs = both.theirs.shown.samples
    assert theirs is not None
    paired = own.join(theirs, on="time", suffix="_theirs")[1:-1]
    assert paired.height > 230
    for name in own.columns[1:]:
        ours, told = paired[name].to_numpy(), paired[f"{name}_theirs"].to_numpy()
        np.testing.assert_allclose(told, ours, rtol=1e-9, err_msg=name)


def test_the_kpis_are_the_same(both: Both) -> None:
    own, theirs = both.own.kpis, both.theirs.shown.kpis
    for name, most in {
        "inv_error_count": 0.02, "batch_success_rate": 0.001, "retry_count": 0.02,
        "cpu_percent": 0.01, "cpu_percent_max": 0.001, "mem_usage_mb": 0.001,
        "inv_batch_seconds_p50": 0.3, "inv_batch_seconds_p95": 0.3, "inv_batch_seconds_p99": 0.3,
    }.items():  # fmt: skip
        assert theirs[name] == pytest.approx(own[name], rel=most), name


def test_episodes_that_a_scrape_can_see_begin_and_end_within_one(both: Both) -> None:
    """Each of theirs is one of ours to the scrape, and each of ours that lasts is there."""
    long = both.judged.episodes.filter(pl.col("end") - pl.col("start") > SCRAPE)
    theirs = both.theirs.episodes
    assert long.height > 0
    for rule in ("error_rate", "cpu_high"):
        ours = long.filter(pl.col("rule") == rule)
        found = theirs.filter(pl.col("rule") == rule)
        for start, end in ours.select("start", "end").iter_rows():
            near = found.filter((pl.col("start") - start).is_between(timedelta(), SCRAPE))
            assert near.filter((pl.col("end") - end).is_between(-SCRAPE, SCRAPE)).height == 1


def test_what_metrics_cannot_tell_is_said(both: Both) -> None:
    text = dashboard(both.theirs)
    assert "Metrics do not tell how long batches waited" in text
    assert "Whether rules fire was seen every 15 s" in text
    for name in ("latency", "error_ratio", "throughput", "retries", "cpu", "memory", "disk"):
        assert f'<figure id="{name}">' in text
    assert '<figure id="queue">' not in text


def test_a_prometheus_that_knows_no_bot_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path) as address, pytest.raises(InputError, match="does it scrape the bot"):
        told_by_prometheus(address, last_s=3600, until_us=1_767_571_200_000_000)


def test_nobody_there_is_one_line() -> None:
    with pytest.raises(InputError, match=r"no answer \(Connection refused\)") as caught:
        told_by_prometheus("http://127.0.0.1:1", last_s=3600, until_us=1_767_571_200_000_000)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://x", "http://", "http://a b", "http://u:p@x", "http://x:0"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="--prometheus"):
        told_by_prometheus(url, last_s=3600, until_us=0)
