"""The bot's loop against SimPy, on the same M/M/c queue, in jobs per CPU-second."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import simpy
from paired import Figure, cpu_ratio, measured
from pytest_benchmark.fixture import BenchmarkFixture

from simlab.alerts.rules_file import load_rules
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import SimulatedMachine
from simlab.clock import VirtualClock
from simlab.config import shipped
from simlab.dataset.batches import Batches
from simlab.dataset.recorder import Recorder
from simlab.run import run
from simlab.run.plan import planned
from simlab.run.truth import truth
from simlab.workload.loading import load_profile
from simlab.workload.source import source_of_profile

JOBS = 50_000
WORKERS = 4
LOAD = 0.8


def queue() -> Batches:
    """An M/M/4 queue at 80 % load: exponential gaps and services, mean service 1 s."""
    rng = np.random.default_rng(7)
    due_s = np.cumsum(rng.exponential(1 / (LOAD * WORKERS), JOBS))
    ones = np.ones(JOBS, np.int64)
    return Batches(
        due_us=(due_s * 1e6).astype(np.int64),
        batch_id=np.arange(JOBS),
        warehouse_id=ones,
        batch_size=ones,
        first_attempt=np.arange(JOBS + 1),
        work_us=(rng.exponential(1.0, JOBS) * 1e6).astype(np.int64),
        pause_us=0 * ones,
        goes_on=np.zeros(JOBS, bool),
        status=["success"] * JOBS,
        error_type=[None] * JOBS,
    )


def in_simpy(ledger: Ledger) -> None:
    """The same queue from the same lists, as SimPy's own documentation would have it written."""
    env = simpy.Environment()
    servers = simpy.Resource(env, WORKERS)

    def job(service_us: int) -> Generator[simpy.Event, Any, None]:
        with servers.request() as mine:
            yield mine
            yield env.timeout(service_us)

    def arrivals() -> Generator[simpy.Event, Any, None]:
        for due_us, service_us in zip(ledger.due_us[:JOBS], ledger.work_us, strict=True):
            yield env.timeout(due_us - env.now)
            env.process(job(service_us))

    env.process(arrivals())
    env.run()


def test_the_bare_bot_is_ten_times_as_fast_as_simpy(
    benchmark: BenchmarkFixture, figure: Figure
) -> None:
    """No observers, virtual time, the same arrivals and services."""
    benchmark.group = "run"
    ledger = Ledger.of(queue())

    def ours() -> object:
        return work(ledger, workers=WORKERS, clock=VirtualClock(0))

    benchmark.pedantic(ours, rounds=3, warmup_rounds=1)
    times = measured(lambda: cpu_ratio(lambda: in_simpy(ledger), ours, rounds=7), at_least=10)
    benchmark.extra_info["times_simpy"] = round(times, 1)
    figure(f"the bot's loop: {times:.1f} times SimPy's jobs per CPU-second (at least 10)")
    assert times >= 10


def test_a_virtual_day_with_telemetry_has_two_fifths_of_the_rate_without(
    benchmark: BenchmarkFixture, tmp_path: Path, figure: Figure
) -> None:
    """All of `busy-day`, and the truth about it; with log, metrics, alerts and files, or bare.

    The bare bot keeps what happened, or there would be no day. The strategy's rules bring an
    alert every 27 attempts.
    """
    benchmark.group = "run"
    source = source_of_profile(load_profile("busy-day"), seed=7)
    rules = load_rules(shipped("rules", "strategy"))

    def bare() -> None:
        plan = planned(source, rules=(), clock="virtual", speed=1.0, workers=None, for_s=None)
        recorder = Recorder(None)
        machine, faults = plan.machine(), plan.faults()
        observers = (recorder, machine) if isinstance(machine, SimulatedMachine) else (recorder,)
        ledger = Ledger.of(plan.batches)
        work(ledger, workers=plan.workers, clock=plan.pace, observers=observers, machine=machine,
             faults=faults)  # fmt: skip
        truth(plan, recorder.rows(), recorder.samples())

    def instrumented() -> None:
        run(source, out=tmp_path / "run", rules=rules, force=True)

    benchmark.pedantic(instrumented, rounds=1, warmup_rounds=1)
    ratio = measured(lambda: cpu_ratio(bare, instrumented, rounds=3), at_least=0.4)
    benchmark.extra_info["of_the_bare_rate"] = round(ratio, 2)
    figure(f"a virtual day with telemetry: {ratio:.2f} of the rate without (at least 0.4)")
    assert ratio >= 0.4
