"""A run: workload, bot, clock and observers put together; it leaves a run directory."""

import hashlib
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
import polars as pl

from simlab.alerts.live import Evaluator
from simlab.alerts.rule import Rule, rules_toml
from simlab.bot.loop import work
from simlab.bot.machine import Machine, MachineModel, SimulatedMachine
from simlab.clock import US_PER_S, Clock, VirtualClock, WallClock, utc_now_us
from simlab.config import duration_s
from simlab.dataset.batches import Batches, batches_of
from simlab.dataset.kpis import kpis
from simlab.dataset.manifest import RunFacts
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.events import RunStarted
from simlab.run.place import directory, leave
from simlab.run.relay import Relay, stopping
from simlab.telemetry.endpoint import DEFAULT_HOST, serving
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.resources import ProcessMachine
from simlab.workload.source import Source

ClockName: TypeAlias = Literal["virtual", "wall"]
_TIMES: Final = ("start", "end", "visible_start", "visible_end")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run left.

    Attributes:
        path: the run directory.
        dataset: what the bot did there, with the truth.
        kpis: the six KPIs; undefined is NaN.
        alerts: how many alert events there were.
        dropped: events that an observer failed to take, by observer.
        interrupted: whether it was stopped before the last batch.
    """

    path: Path
    dataset: Dataset
    kpis: dict[str, float]
    alerts: int
    dropped: dict[str, int]
    interrupted: bool


def run(
    source: Source,
    *,
    out: Path,
    rules: Sequence[Rule],
    clock: ClockName = "virtual",
    speed: float = 1.0,
    workers: int | None = None,
    for_s: float | None = None,
    metrics_port: int | None = None,
    metrics_host: str = DEFAULT_HOST,
    force: bool = False,
    report: Callable[[int], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> Ran:
    """Run the instrumented bot over a workload.

    In virtual time the log carries the workload's own time. In wall time the workload begins
    now, runs at `speed` times the pace of time, and the machine is this process.

    Args:
        source: the workload.
        out: the run directory to make.
        rules: alert rules to judge on the way.
        clock: virtual or wall.
        speed: of wall time only, above 0.
        workers: bots side by side; the profile's own number by default.
        for_s: take only batches due in the first so many seconds.
        metrics_port: serve the metrics there, 0 for any free port; None serves none.
        metrics_host: the address to serve on.
        force: replace what is at `out`.
        report: told how many attempts have ended, now and then.
        announce: told where the metrics are served, or why they are not.

    Raises:
        ConfigError: a rule watches what no bot emits, or `speed` is not above 0.
        InputError: no batch is due.
        OutputError: `out` exists or cannot be written.
    """
    plan = _planned(source, rules=rules, clock=clock, speed=speed, workers=workers, for_s=for_s)
    evaluator = Evaluator(rules, run_id=plan.run_id)
    with ExitStack() as stack:
        folder = stack.enter_context(directory(out, force=force))
        relay = Relay(
            evaluator,
            _metrics(rules),
            folder,
            run_id=plan.run_id,
            report=report,
            error_texts=source.dictionaries.error_texts,
        )
        stack.callback(relay.close)
        if metrics_port is not None:
            registry = relay.metrics.registry
            where = stack.enter_context(serving(registry, port=metrics_port, host=metrics_host))
            if announce is not None:
                announce(where)
        interrupted = _worked(plan, relay)
        dataset = Dataset(
            name=out.name,
            rows=relay.recorder.rows(),
            samples=relay.recorder.samples(),
            incidents=_shifted(source.dataset.incidents, plan.shift_us),
        )
        figures = kpis(dataset)
        relay.finish(figures, plan.pace.now_us())
        facts = plan.facts([rule.name for rule in rules], interrupted=interrupted)
        leave(folder, source, dataset, facts, figures, exposition=relay.metrics.exposition())
    return Ran(
        path=out,
        dataset=dataset,
        kpis=figures,
        alerts=relay.alerts,
        dropped=relay.dropped,
        interrupted=interrupted,
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """What is to be done, when, by how many; `shift_us` is how much later than planned."""

    source: Source
    batches: Batches
    clock: ClockName
    speed: float
    pace: Clock
    start_us: int
    shift_us: int
    workers: int
    run_id: str

    def facts(self, rules: list[str], *, interrupted: bool) -> RunFacts:
        """What the manifest tells of the run."""
        return RunFacts(
            run_id=self.run_id,
            clock=self.clock,
            workers=self.workers,
            rules=rules,
            interrupted=interrupted,
        )


def _planned(
    source: Source,
    *,
    rules: Sequence[Rule],
    clock: ClockName,
    speed: float,
    workers: int | None,
    for_s: float | None,
) -> _Plan:
    if not 0 < speed < math.inf:
        raise ConfigError(f"speed {speed:g}: expected a number above 0")
    batches = batches_of(source.dataset)
    planned_us = _planned_start_us(source, batches)
    batches = _due_within(batches, planned_us, for_s, source.dataset.name)
    start_us = utc_now_us() if clock == "wall" else planned_us
    moved = replace(batches, due_us=batches.due_us + (start_us - planned_us))
    bots = workers or source.profile.workers
    return _Plan(
        source=source,
        batches=moved,
        clock=clock,
        speed=speed,
        pace=WallClock(start_us, speed=speed) if clock == "wall" else VirtualClock(start_us),
        start_us=start_us,
        shift_us=start_us - planned_us,
        workers=bots,
        run_id=_run_id(source.dataset.name, moved, rules, bots),
    )


def _metrics(rules: Sequence[Rule]) -> Metrics:
    """Metrics whose histogram has an edge wherever a rule on durations has its threshold."""
    edges_s = [rule.threshold for rule in rules if rule.signal == "duration" and rule.threshold > 0]
    names = [rule.name for rule in rules]
    return Metrics(rules=names, slow_s=edges_s[0] if edges_s else 2.0, edges_s=edges_s)


def _due_within(batches: Batches, since_us: int, for_s: float | None, name: str) -> Batches:
    """The batches due in the first `for_s` seconds."""
    if for_s is not None:
        until_us = since_us + round(for_s * US_PER_S)
        batches = batches.first(int(np.searchsorted(batches.due_us, until_us)))
    if not len(batches):
        within = "" if for_s is None else f" in its first {for_s:g} s; give it longer"
        raise InputError(f"{name}: no batch is due{within}")
    return batches


def _planned_start_us(source: Source, batches: Batches) -> int:
    """When the workload begins by its own time: with its profile, or with the first batch.

    A run in wall time has its batches elsewhere than its profile says, so a profile that begins
    more than a day before the first batch is not believed.
    """
    first_us = int(batches.due_us[0]) if len(batches) else source.profile.start_us
    idle_us = first_us - source.profile.start_us
    believed = source.seed is not None and 0 <= idle_us < 86_400 * US_PER_S
    return source.profile.start_us if believed else first_us


def _run_id(name: str, batches: Batches, rules: Sequence[Rule], workers: int) -> str:
    """The same for the same batches, at the same times, under the same rules and workers."""
    digest = hashlib.blake2b(f"{workers} ".encode(), digest_size=6)
    for array in (batches.due_us, batches.work_us, batches.pause_us):
        digest.update(array.tobytes())
    digest.update("".join(batches.status).encode())
    digest.update(rules_toml(rules).encode())
    return f"{Path(name).name}-{digest.hexdigest()}"


def _worked(plan: _Plan, relay: Relay) -> bool:
    """Work through the batches; whether someone stopped it on the way."""
    machine = _machine(plan)
    if isinstance(machine, SimulatedMachine):
        relay.add("machine", machine)
    size = len(plan.batches)
    name = plan.source.dataset.name
    relay.emit(RunStarted(plan.start_us, name, plan.clock, size, plan.workers))
    try:
        with stopping(relay):
            work(
                plan.batches,
                workers=plan.workers,
                clock=plan.pace,
                observers=(relay,),
                machine=machine,
            )
    except KeyboardInterrupt:
        return True
    return False


def _machine(plan: _Plan) -> Machine:
    """This process in wall time; in virtual time the one that the profile tells of."""
    resources, background = plan.source.profile.resources, plan.source.background
    interval_us = round(duration_s(resources.interval) * US_PER_S)
    if plan.clock == "wall":  # CPU over less than a tenth of a real second is noise
        interval_us = max(interval_us, round(plan.speed * US_PER_S / 10))
        return ProcessMachine(start_us=plan.start_us, interval_us=interval_us)
    model = MachineModel(
        interval_us=interval_us,
        cpu_percent=background.cpu_percent,
        mem_usage_mb=background.mem_usage_mb,
        cpu_per_busy_worker=resources.cpu_per_busy_worker,
        read_bytes_per_item=resources.read_bytes_per_item,
        write_bytes_per_item=resources.write_bytes_per_item,
    )
    return SimulatedMachine(model, start_us=plan.start_us)


def _shifted(incidents: pl.DataFrame | None, by_us: int) -> pl.DataFrame | None:
    """The truth at the time at which it was run."""
    if incidents is None:
        return None
    return incidents.with_columns(pl.col(_TIMES) + pl.duration(microseconds=by_us))
