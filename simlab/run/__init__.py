"""A run: workload, bot, clock and observers put together; it leaves a run directory."""

import signal
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simlab.alerts.live import Evaluator
from simlab.alerts.rule import Rule
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import SimulatedMachine
from simlab.dataset.kpis import kpis
from simlab.dataset.schema import Dataset
from simlab.errors import SimlabError
from simlab.events import RunStarted
from simlab.run.place import directory, leave
from simlab.run.plan import ClockName, Plan, planned
from simlab.run.relay import Enough, Relay
from simlab.run.telemetry import TelemetryName
from simlab.run.truth import truth
from simlab.stopping import stopping
from simlab.telemetry.endpoint import DEFAULT_HOST, serving
from simlab.telemetry.sampler import sampling
from simlab.workload.source import Source

if TYPE_CHECKING:
    from simlab.run.real import RealWork


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run left.

    Attributes:
        path: the run directory.
        dataset: what the bot did there, with the truth.
        kpis: the six KPIs, and in wall time what the database says; undefined is NaN.
        alerts: how many alert events there were.
        dropped: events that an observer failed to take, by observer.
        interrupted: whether it was stopped before the last batch.
        real: what really working came to; None in virtual time.
    """

    path: Path
    dataset: Dataset
    kpis: dict[str, float]
    alerts: int
    dropped: dict[str, int]
    interrupted: bool
    real: "RealWork | None" = None

    @property
    def asked_to_end(self) -> bool:
        """Whether it was stopped as services are, by SIGTERM: no one broke it off."""
        return self.real is not None and self.real.stopped_by is signal.SIGTERM


def run(
    source: Source,
    *,
    out: Path,
    rules: Sequence[Rule],
    clock: ClockName = "virtual",
    speed: float = 1.0,
    workers: int | None = None,
    for_s: float | None = None,
    db: str | None = None,
    telemetry: TelemetryName = "default",
    sentry_dsn: str | None = None,
    metrics_port: int | None = None,
    metrics_host: str = DEFAULT_HOST,
    force: bool = False,
    report: Callable[[int], None] | None = None,
    announce: Callable[[str], None] | None = None,
) -> Ran:
    """Run the instrumented bot over a workload.

    In virtual time the log carries the workload's own time. In wall time the workload begins
    now, runs at `speed` times the pace of time, each batch is really applied to a database, and
    the machine is this process.

    Args:
        source: the workload.
        out: the run directory to make.
        rules: alert rules to judge on the way.
        clock: virtual or wall.
        speed: of wall time only, above 0.
        workers: bots side by side; the profile's own number by default.
        for_s: take only batches due in the first so many seconds.
        db: of wall time only: SQLAlchemy's URL of the database; by default a file of SQLite's in
            the run directory.
        telemetry: the strategy's own stack, `plain`, or the one that costs little.
        sentry_dsn: report failed batches there; None reports none.
        metrics_port: serve the metrics there, 0 for any free port; None serves none.
        metrics_host: the address to serve on.
        force: replace what is at `out`.
        report: told how many attempts have ended, now and then.
        announce: told where the metrics are served, or why they are not; and why Sentry is not.

    Raises:
        ConfigError: a rule watches what no bot emits, `speed` is not above 0, or the database
            cannot be used.
        InputError: no batch is due, or the database holds something else.
        OutputError: `out` exists or cannot be written.
    """
    plan = planned(source, rules=rules, clock=clock, speed=speed, workers=workers, for_s=for_s)
    evaluator = Evaluator(rules, run_id=plan.run_id)
    with ExitStack() as stack:
        folder = stack.enter_context(directory(out, force=force))
        relay = Relay(
            evaluator,
            folder,
            run_id=plan.run_id,
            telemetry=telemetry,
            timed=clock == "wall",  # what real time things took is no part of a virtual run
            most_attempts=plan.most_attempts if clock == "virtual" else None,
            report=report,
            error_texts=source.dictionaries.error_texts,
        )
        stack.callback(relay.close)
        if sentry_dsn is not None:
            _report_to(sentry_dsn, relay, stack, run_id=plan.run_id, announce=announce)
        if metrics_port is not None:
            registry = relay.metrics.registry
            where = stack.enter_context(serving(registry, port=metrics_port, host=metrics_host))
            if announce is not None:
                announce(where)
        interrupted, real = _worked(plan, relay, folder, db)
        rows, samples = relay.recorder.rows(), relay.recorder.samples()
        incidents = truth(plan, rows, samples)
        dataset = Dataset(name=out.name, rows=rows, samples=samples, incidents=incidents)
        figures = kpis(dataset) | ({} if real is None else real.figures)
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
        real=real,
    )


def _report_to(
    dsn: str,
    relay: Relay,
    stack: ExitStack,
    *,
    run_id: str,
    announce: Callable[[str], None] | None,
) -> None:
    """Have failed batches reported to Sentry until the stack unwinds."""
    from simlab.telemetry.sentry import Sentry  # noqa: PLC0415  # of an extra, and slow to import

    sentry = Sentry(dsn, run_id=run_id)
    if sentry.problem is None:
        relay.add("sentry", sentry, lost=lambda: sentry.dropped, caught=sentry.caught)

        def end(_: object, error: BaseException | None, __: object) -> None:
            if isinstance(error, Exception) and not isinstance(error, SimlabError):
                sentry.crashed(error)  # what is told in a line is no bug
            with suppress(Exception):  # telemetry never stops a bot
                sentry.close()

        stack.push(end)
    elif announce is not None:
        announce(sentry.problem)


def _worked(
    plan: Plan, relay: Relay, folder: Path, db: str | None
) -> tuple[bool, "RealWork | None"]:
    """Work through the batches; whether someone stopped it on the way, and what really came of it."""
    name = plan.source.dataset.name
    relay.emit(RunStarted(plan.start_us, name, plan.clock, len(plan.batches), plan.workers))
    if plan.clock == "virtual":
        return _worked_virtually(plan, relay), None
    from simlab.run.real import work_for_real  # noqa: PLC0415  # virtual runs need no database

    with sampling(relay.metrics.read, every_s=min(1.0, plan.real_interval_s)) as sampler:
        relay.count("sampler", lambda: sampler.failed)
        real = work_for_real(
            plan, url=db, folder=folder, observers=(relay,), readings=sampler, caught=relay.caught
        )
    return real.stopped_by is not None, real


def _worked_virtually(plan: Plan, relay: Relay) -> bool:
    machine = plan.machine()
    if isinstance(machine, SimulatedMachine):
        relay.add("machine", machine)
    try:
        with stopping(relay.stop):  # between two events: all files tell of the same ones
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
