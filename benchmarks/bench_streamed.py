"""Backtests of large datasets: memory that does not grow with the rows, and how fast."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from paired import Figure
from peak import Used, used_by
from pytest_benchmark.fixture import BenchmarkFixture

SIMLAB = [sys.executable, "-m", "simlab"]
MILLION = 1_000_000
LARGEST = int(os.environ.get("SIMLAB_BENCH_ROWS", 20 * MILLION))
"""Rows in the larger of the two datasets whose memory is compared.

CI has no time for the hundred million that the target names: SIMLAB_BENCH_ROWS=100000000.
"""
QUIET = """schema = 1
[[rule]]
name = "slow"
signal = "duration"
threshold = 30.0
[[rule]]
name = "errors"
signal = "error_ratio"
aggregate = "ratio"
window = "1000 batches"
threshold = 0.2
for = "1m"
[[rule]]
name = "mean"
signal = "duration"
aggregate = "mean"
window = "10m"
threshold = 3.0
"""
"""Rules that are seldom beyond their limit. What is beyond must be kept: 16 bytes a moment."""


def made(rows: int, out: Path) -> Path:
    """A dataset of `black-friday`, whose days hold many rows."""
    command = [*SIMLAB, "gen", "black-friday", "--rows", str(rows), "--out", str(out)]
    subprocess.run([*command, "--workers", "2"], check=True, capture_output=True)  # noqa: S603  # our own words
    return out


def cost(dataset: Path, *options: str) -> Used:
    """What a backtest takes."""
    return used_by([*SIMLAB, "backtest", str(dataset), *options, "--json"])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in other units")
def test_memory_of_a_backtest_does_not_grow_with_the_rows(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """Three rules that seldom fire, from ten million rows to many more; and the strategy's."""
    benchmark.group = "streamed"
    rules = tmp_path / "quiet.toml"
    rules.write_text(QUIET)
    small, large = made(10 * MILLION, tmp_path / "a"), made(LARGEST, tmp_path / "b")
    small_mb, _ = cost(small, "--rules", str(rules))
    start = time.perf_counter()
    large_mb, cpu_s = benchmark.pedantic(lambda: cost(large, "--rules", str(rules)), rounds=1)
    took_s = time.perf_counter() - start
    strategy_mb, strategy_s = cost(large)
    growth = large_mb / small_mb - 1
    benchmark.extra_info |= {"peak_mb": round(strategy_mb), "growth": round(growth, 3)}
    figure(
        f"backtest of {LARGEST / MILLION:.0f} M rows: peak {strategy_mb:.0f} MB with the strategy's "
        f"rules (under 2,000), {large_mb:.0f} MB with rules that seldom fire, {growth:+.1%} on 10 M "
        "(under 5 %)"
    )
    figure(
        f"backtest of {LARGEST / MILLION:.0f} M rows: {LARGEST / strategy_s / MILLION:.1f} M rows "
        f"per CPU-second with the strategy's rules, start included; {took_s:.1f} s of wall time "
        f"and {cpu_s:.1f} s of CPU with the others"
    )
    assert strategy_mb < 2000
    assert growth < 0.05
