"""What a line of the log costs the bot when no kill may lose it, against the strategy's handler."""

from pathlib import Path

from paired import Figure, cpu_ratio, measured
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.events import Attempt
from simlab.telemetry.crashsafe import CrashSafeLog
from simlab.telemetry.plainlog import PlainLog

EVENTS = 10_000
START_US = 1_767_571_200_000_000


def events() -> list[Attempt]:
    """Nine fields each, half a second apart."""
    return [
        Attempt(START_US + 500_000 * number, 0.4, "success", 7, number, 1, 40, 0.25, None)
        for number in range(EVENTS)
    ]


def test_a_crash_safe_line_costs_a_fraction_of_the_strategys(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """CPU time of all threads until the lines are in the file; the same bytes in both files."""
    benchmark.group = "telemetry"
    told = events()
    safe = CrashSafeLog(tmp_path / "safe" / "inventory.log", run_id="bench")
    plain = PlainLog(tmp_path / "plain" / "inventory.log", run_id="bench")

    def call() -> None:
        for event in told:
            safe.emit(event)

    def drained() -> None:
        call()
        safe.flush()

    def theirs() -> None:
        for event in told:
            plain.emit(event)

    benchmark.pedantic(call, rounds=7, warmup_rounds=1, setup=safe.flush)
    times = measured(lambda: cpu_ratio(theirs, drained, rounds=7), at_least=3)
    safe.close()
    plain.close()
    assert benchmark.stats is not None
    ns = benchmark.stats.stats.median / EVENTS * 1e9
    benchmark.extra_info.update(ns_per_line=round(ns), plain_over_safe=round(times, 1))
    figure(
        f"log: {ns:.0f} ns a line, {times:.1f} times less CPU than the plain stack's (at least 3)"
    )
    assert safe.dropped == plain.dropped == 0
    assert times >= 3
