"""The wall-time path of a run: a real database, real workers and real trouble put together."""

import hashlib
import math
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from simlab.bot.database import Database
from simlab.bot.hazards.enact import Enactment
from simlab.bot.hazards.stress import Strain, Stress
from simlab.bot.hazards.upstream import Upstream
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import Machine
from simlab.bot.movements import Movements
from simlab.bot.reconciliation import Reconciliation
from simlab.bot.steps import Caught, Steps
from simlab.bot.store import Store
from simlab.bot.till import Till
from simlab.bot.wall import WallBot, WorkedForReal
from simlab.clock import US_PER_S, VirtualClock, WallClock
from simlab.config import duration_s
from simlab.events import Observer
from simlab.run.plan import Plan
from simlab.stopping import Stop, stopping
from simlab.telemetry.resources import Readings
from simlab.workload.incidents import Trouble

DATABASE: Final = Path("inventory.db")
_LEAST_PATIENCE_S: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class RealWork:
    """What came of working for real.

    Attributes:
        stock: what the database holds, and whether it agrees.
        stopped_by: the signal that ended it early; None when all was done.
        lag_s: how much later the last attempt ended than in virtual time; NaN when not all was
            done.
        overrun_ratio: how long attempts took, by how long they were to; NaN without any.
    """

    stock: Reconciliation
    stopped_by: signal.Signals | None
    lag_s: float
    overrun_ratio: float

    @property
    def figures(self) -> dict[str, float]:
        """What is told beside the KPIs."""
        return {
            "lag_s": self.lag_s,
            "overrun_ratio": self.overrun_ratio,
            "stock_opening": self.stock.opening,
            "stock_moved": self.stock.moved,
            "stock": self.stock.stock,
            "stock_reconciled": float(self.stock.agrees),
        }


def work_for_real(
    plan: Plan,
    *,
    url: str | None,
    folder: Path,
    observers: Sequence[Observer],
    readings: Readings | None = None,
    caught: Caught | None = None,
) -> RealWork:
    """Work through the batches of a plan in wall time.

    Ctrl-C and SIGTERM have the attempts at hand finished and no others begun.

    Args:
        plan: what is to be done; its clock begins when all is ready.
        url: SQLAlchemy's URL of the database; None for a file in `folder`.
        folder: the run directory.
        observers: told of each attempt and sample.
        readings: where readings of this process come from; None reads it when they are due.
        caught: shown each exception that an attempt ended with.

    Raises:
        ConfigError: the database cannot be used.
        InputError: it holds something else, or a batch is too large.
    """
    assert isinstance(plan.pace, WallClock)
    ledger = Ledger.of(plan.batches)
    movements = _movements(plan, ledger)
    with ExitStack() as stack:
        database = Database(url or f"sqlite:///{folder / DATABASE}")
        stack.callback(database.close)
        store = Store(database, workload=_workload_name(plan), needed=movements.outgoing())
        machine = plan.machine(readings)
        asked: list[signal.Signals] = []
        with _prepared(plan, ledger, movements, store, observers, machine, caught) as bot:
            plan.pace.begin()
            with stopping(_stop_of(bot, asked)):
                worked = bot.work()
        return RealWork(
            stock=store.reconciliation(),
            stopped_by=asked[0] if worked.stopped else None,
            lag_s=math.nan if worked.stopped else _lag_s(plan, worked),
            overrun_ratio=worked.taken_us / worked.drawn_us if worked.drawn_us else math.nan,
        )


@contextmanager
def _prepared(
    plan: Plan,
    ledger: Ledger,
    movements: Movements,
    store: Store,
    observers: Sequence[Observer],
    machine: Machine,
    caught: Caught | None,
) -> Iterator[WallBot]:
    """A bot whose workers are connected, under the trouble of the workload."""
    assert isinstance(plan.pace, WallClock)
    limit_us = duration_s(plan.source.profile.service.limit) * US_PER_S
    patience_s = max(_LEAST_PATIENCE_S, plan.pace.real_s(limit_us))
    with ExitStack() as stack:
        upstream = stack.enter_context(Upstream())
        steps = []
        for _ in range(plan.workers):
            till = stack.enter_context(Till(store, patience_s=patience_s))
            enactment = Enactment(ledger, store, upstream, plan.pace)
            stack.callback(enactment.close)
            steps.append(Steps(ledger, movements, till, plan.pace, enactment, caught=caught))
        if strained := _straining(plan):
            stack.enter_context(Stress(lambda: _strain(plan, strained)))
        yield WallBot(
            ledger,
            workers=[each.run for each in steps],
            clock=plan.pace,
            faults=plan.faults(),
            observers=observers,
            machine=machine,
            most_tries=plan.source.profile.outcome.max_attempts,
            most_attempts=plan.most_attempts,
        )


def _movements(plan: Plan, ledger: Ledger) -> Movements:
    source = plan.source
    return Movements(ledger, seed=source.seed or 0, skus=source.dictionaries.skus)


def _workload_name(plan: Plan) -> str:
    """The same for the same movements, whenever they are worked on and under whatever trouble."""
    source = plan.source
    told = (source.seed, None if source.seed is None else source.profile.sha256)
    digest = hashlib.blake2b(repr((told, source.dictionaries.skus)).encode(), digest_size=6)
    if source.seed is None:
        digest.update(plan.batches.batch_size.tobytes())
    return f"{Path(source.dataset.name).name[:100]}-{digest.hexdigest()}"


def _lag_s(plan: Plan, worked: WorkedForReal) -> float:
    """By the same work in virtual time."""
    if plan.most_attempts is not None:
        return math.nan
    ideal = work(
        Ledger.of(plan.batches),
        workers=plan.workers,
        clock=VirtualClock(plan.start_us),
        faults=plan.faults(),
    )
    return (worked.finished_us - ideal.finished_us) / US_PER_S


def _straining(plan: Plan) -> list[Trouble]:
    """The troubles that the machine bears beside the bot's work."""
    troubles = () if plan.calm is None else plan.calm.load.troubles
    return [each for each in troubles if each.effect.cpu or each.effect.mem]


def _strain(plan: Plan, troubles: Sequence[Trouble]) -> Strain:
    """What they come to now."""
    profile = plan.source.profile
    since_s = (plan.pace.now_us() - plan.shift_us - profile.start_us) / US_PER_S
    strengths = [(each.effect, each.strength_at(since_s)) for each in troubles]
    return Strain(
        cpu_percent=sum(effect.cpu * strength for effect, strength in strengths),
        mem_mb=sum(effect.mem * strength for effect, strength in strengths)
        * profile.resources.mem_mb,
    )


def _stop_of(bot: WallBot, asked: list[signal.Signals]) -> Stop:
    """What stops the bot, and takes down which signal asked."""

    def stop(number: int, _: FrameType | None) -> None:
        asked.append(signal.Signals(number))
        bot.stop()

    return stop
