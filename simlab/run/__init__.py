"""A run: workload, bot, clock and observers put together; it leaves a run directory."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from simlab.alerts.live import Evaluator
from simlab.alerts.rule import Rule
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import SimulatedMachine
from simlab.dataset.kpis import kpis
from simlab.dataset.schema import Dataset
from simlab.events import RunStarted
from simlab.run.place import directory, leave
from simlab.run.plan import ClockName, Plan, planned
from simlab.run.relay import Enough, Relay, stopping
from simlab.run.truth import truth
from simlab.telemetry.endpoint import DEFAULT_HOST, serving
from simlab.telemetry.metrics import Metrics
from simlab.workload.source import Source


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
    plan = planned(source, rules=rules, clock=clock, speed=speed, workers=workers, for_s=for_s)
    evaluator = Evaluator(rules, run_id=plan.run_id)
    with ExitStack() as stack:
        folder = stack.enter_context(directory(out, force=force))
        relay = Relay(
            evaluator,
            _metrics(rules),
            folder,
            run_id=plan.run_id,
            most_attempts=plan.most_attempts,
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
        rows, samples = relay.recorder.rows(), relay.recorder.samples()
        incidents = truth(plan, rows, samples)
        dataset = Dataset(name=out.name, rows=rows, samples=samples, incidents=incidents)
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


def _metrics(rules: Sequence[Rule]) -> Metrics:
    """Metrics whose histogram has an edge wherever a rule on durations has its threshold."""
    on_durations = [rule for rule in rules if rule.signal == "duration" and rule.in_unit]
    edges_s = [rule.limit for rule in on_durations if rule.limit > 0]
    names = [rule.name for rule in rules]
    return Metrics(rules=names, slow_s=edges_s[0] if edges_s else 2.0, edges_s=edges_s)


def _worked(plan: Plan, relay: Relay) -> bool:
    """Work through the batches; whether someone stopped it on the way."""
    machine = plan.machine()
    if isinstance(machine, SimulatedMachine):
        relay.add("machine", machine)
    size = len(plan.batches)
    name = plan.source.dataset.name
    relay.emit(RunStarted(plan.start_us, name, plan.clock, size, plan.workers))
    try:
        with stopping(relay):
            work(
                Ledger.of(plan.batches),
                workers=plan.workers,
                clock=plan.pace,
                observers=(relay,),
                machine=machine,
                faults=plan.faults(),
            )
    except Enough:
        return False
    except KeyboardInterrupt:
        return True
    return False
