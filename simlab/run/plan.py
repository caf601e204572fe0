"""What is to be run: the batches, when, by how many, and what befalls them."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import rules_toml
from simlab.bot.faults import Faults, Outages
from simlab.bot.machine import Machine, MachineModel, SimulatedMachine
from simlab.clock import US_PER_S, Clock, VirtualClock, WallClock, utc_now_us
from simlab.config import duration_s
from simlab.dataset.batches import Batches, batches_of
from simlab.dataset.manifest import RunFacts
from simlab.errors import ConfigError, InputError
from simlab.run.strikes import Strikes
from simlab.telemetry.resources import ProcessMachine, Readings
from simlab.workload.calm import Calm, calm_of
from simlab.workload.outages import merged
from simlab.workload.source import Source

ClockName: TypeAlias = Literal["virtual", "wall"]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be done.

    Attributes:
        source: the workload.
        batches: its batches, due when they are to be run.
        calm: their luck, where trouble acts on them on the way.
        clock: which.
        speed: of wall time.
        pace: the clock itself.
        start_us: when the workload begins.
        shift_us: how much later that is than planned.
        workers: bots side by side.
        most_attempts: how many are to end; None for all.
        run_id: the same for the same work under the same rules.
    """

    source: Source
    batches: Batches
    calm: Calm | None
    clock: ClockName
    speed: float
    pace: Clock
    start_us: int
    shift_us: int
    workers: int
    most_attempts: int | None
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

    def faults(self) -> Faults:
        """What befalls the bot; where attempts are as recorded, only that it was down."""
        if self.calm is not None:
            return Strikes(self.calm, self.calm.load.troubles, shift_us=self.shift_us)
        return Outages(_recorded_outages(self.source.dataset.incidents, self.shift_us))

    def machine(self, readings: Readings | None = None) -> Machine:
        """This process in wall time; in virtual time the one that the profile tells of.

        Args:
            readings: where readings of this process come from; None reads it itself.
        """
        if self.clock == "wall":
            interval_us = round(self.real_interval_s * self.speed * US_PER_S)
            return ProcessMachine(
                start_us=self.start_us, interval_us=interval_us, readings=readings
            )
        return SimulatedMachine(self.machine_model(), start_us=self.start_us)

    @property
    def real_interval_s(self) -> float:
        """How often samples are taken in wall time [s]."""
        interval_s = duration_s(self.source.profile.resources.interval)
        return max(interval_s / self.speed, 0.1)  # CPU over less than that is noise

    def machine_model(self) -> MachineModel:
        """What the machine that the profile tells of bears."""
        resources, background = self.source.profile.resources, self.source.background
        return MachineModel(
            interval_us=round(duration_s(resources.interval) * US_PER_S),
            cpu_percent=background.cpu_percent,
            mem_usage_mb=background.mem_usage_mb,
            cpu_per_busy_worker=resources.cpu_per_busy_worker,
            cpu_per_waiting_batch=resources.cpu_per_waiting_batch,
            mem_mb_per_waiting_batch=resources.mem_mb_per_waiting_batch,
            read_bytes_per_item=resources.read_bytes_per_item,
            write_bytes_per_item=resources.write_bytes_per_item,
        )


def planned(
    source: Source,
    *,
    rules: Sequence[Rule],
    clock: ClockName,
    speed: float,
    workers: int | None,
    for_s: float | None,
) -> Plan:
    """The plan for a workload; `for_s` cuts it short [s].

    Raises:
        ConfigError: `speed` is not above 0.
        InputError: no batch is due.
    """
    if not 0 < speed < math.inf:
        raise ConfigError(f"speed {speed:g}: expected a number above 0")
    calm = None if source.load is None else calm_of(source.load)
    batches = batches_of(source.dataset) if calm is None else calm.batches
    planned_us = _planned_start_us(source, batches)
    batches = _due_within(batches, planned_us, for_s, source.dataset.name)
    start_us = utc_now_us() if clock == "wall" else planned_us
    moved = replace(batches, due_us=batches.due_us + (start_us - planned_us))
    bots = workers or source.profile.workers
    return Plan(
        source=source,
        batches=moved,
        calm=calm,
        clock=clock,
        speed=speed,
        pace=WallClock(start_us, speed=speed) if clock == "wall" else VirtualClock(start_us),
        start_us=start_us,
        shift_us=start_us - planned_us,
        workers=bots,
        most_attempts=None if source.load is None else source.load.rows_wanted,
        run_id=_run_id(source, moved, rules, bots),
    )


def _recorded_outages(incidents: pl.DataFrame | None, shift_us: int) -> list[tuple[int, int]]:
    """When the truth says that the bot was down; outages that overlap are one."""
    if incidents is None:
        return []
    down = incidents.filter(pl.col("kind") == "bot_down")
    starts, ends = (down[name].to_physical() + shift_us for name in ("start", "end"))
    return list(merged(zip(starts.to_list(), ends.to_list(), strict=True)))


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
    more than a day before the first batch is not believed, unless the batches were drawn from it.
    """
    if source.load is not None:
        return source.profile.start_us
    first_us = int(batches.due_us[0]) if len(batches) else source.profile.start_us
    idle_us = first_us - source.profile.start_us
    believed = source.seed is not None and 0 <= idle_us < 86_400 * US_PER_S
    return source.profile.start_us if believed else first_us


def _run_id(source: Source, batches: Batches, rules: Sequence[Rule], workers: int) -> str:
    """The same for the same batches, at the same times, under the same trouble and rules."""
    digest = hashlib.blake2b(f"{workers} ".encode(), digest_size=6)
    for array in (batches.due_us, batches.work_us, batches.pause_us):
        digest.update(array.tobytes())
    digest.update("".join(batches.status).encode())
    if source.load is not None:
        digest.update(repr(source.load.troubles).encode())
    digest.update(rules_toml(rules).encode())
    return f"{Path(source.dataset.name).name}-{digest.hexdigest()}"
