"""What the tests of a run share: a short load with trouble in it, and readers of what it left."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import load_rules
from simlab.bot.ledger import Ledger
from simlab.bot.loop import work
from simlab.bot.machine import MachineModel, SimulatedMachine
from simlab.config import shipped
from simlab.dataset.recorder import frame_of
from simlab.dataset.schema import ROWS, SAMPLES, Dataset
from simlab.events import Attempt, Event, Sample
from simlab.run import Ran, run
from simlab.run.plan import Plan, planned
from simlab.workload.loading import parse_profile
from simlab.workload.profile import Profile
from simlab.workload.source import Source, source_of_profile

STRATEGY = load_rules(shipped("rules", "strategy"))
PROFILE: dict[str, Any] = {
    "schema": 1,
    "name": "trouble",
    "start": "2026-01-05T23:30:00Z",
    "duration": "1h",
    "warehouses": 5,
    "workers": 3,
    "arrivals": {"per_minute": 40},
    "service": {"dist": "lognormal", "median": 0.6, "sigma": 0.8},
    "outcome": {"retry": 0.05, "error": 0.03},
    "incident": [
        {"kind": "latency_spike", "at": "2026-01-05T23:50:00Z", "duration": {"median": "8m"}},
        {"kind": "error_burst", "at": "2026-01-06T00:05:00Z", "duration": {"median": "8m"}},
        {"kind": "cpu_saturation", "at": "2026-01-06T00:12:00Z", "duration": {"median": "9m"}},
    ],
}
"""An hour over midnight, 40 batches a minute, with one incident of each kind."""


def rules(*, cpu_above: float = 60.0) -> tuple[Rule, ...]:
    """The strategy's three, the one on CPU lower and sooner so that an hour shows it."""
    slow, errors, cpu = STRATEGY
    return slow, errors, msgspec.structs.replace(cpu, threshold=cpu_above, for_="1m")


@cache
def trouble() -> Source:
    """The load of an hour."""
    return source_of_profile(parse_profile(PROFILE, where="cases"), seed=3)


def made(out: Path, **options: Any) -> Ran:
    """A run over that load, in virtual time unless told otherwise."""
    return run(trouble(), out=out, rules=rules(), **options)


def events(path: Path, *, kind: str | None = None) -> list[dict[str, Any]]:
    """What the lines of a log tell, oldest file first; those of one kind where it is given."""
    days = [*sorted(path.glob("inventory.log.*")), path / "inventory.log"]
    files = days if path.is_dir() else [path]
    told = [json.loads(line) for file in files for line in file.read_bytes().splitlines()]
    return [event for event in told if kind in (None, event["event"])]


def equal(one: Dataset, other: Dataset) -> bool:
    """Whether two datasets have the same rows and the same samples."""
    assert one.samples is not None
    assert other.samples is not None
    return one.rows.equals(other.rows) and one.samples.equals(other.samples)


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file under a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def as_episodes(alerts: list[dict[str, Any]], last: Any) -> pl.DataFrame:
    """The episodes that alert events tell of; those still open end at `last`."""
    ends = {each["alert_id"]: each["timestamp"] for each in alerts if each["state"] == "resolved"}
    starts = [each for each in alerts if each["state"] == "firing"]
    moments = {
        "start": [each["timestamp"] for each in starts],
        "end": [ends.get(each["alert_id"]) for each in starts],
    }
    told = pl.DataFrame({"rule": [each["rule"] for each in starts], **moments})
    return told.with_columns(
        pl.col("start", "end").cast(pl.String).str.to_datetime(time_zone="UTC", time_unit="us")
    ).with_columns(pl.col("end").fill_null(last))


SHORT: dict[str, Any] = {
    "schema": 1,
    "name": "short",
    "start": "2026-01-05T00:00:00Z",
    "duration": "30m",
    "warehouses": 4,
    "workers": 2,
    "arrivals": {"per_minute": 40},
    "service": {"dist": "lognormal", "median": 0.6, "sigma": 0.8, "limit": "20s"},
    "outcome": {"retry": 0.05, "error": 0.03},
}


def short(*incidents: dict[str, Any], **changes: Any) -> Profile:
    """Half an hour of two workers, busy for 29 % of the time, with these incidents."""
    return parse_profile({**SHORT, "incident": list(incidents), **changes}, where="short")


def injected(kind: str, at: str, length: str, **changes: Any) -> dict[str, Any]:
    """An incident that begins at a minute and second of that hour and lasts for just so long."""
    moment = f"2026-01-05T00:{at}Z"
    return {"kind": kind, "at": moment, "duration": {"median": length, "sigma": 0}, **changes}


def plan_of(source: Source, *, workers: int | None = None, for_s: float | None = None) -> Plan:
    """The plan of a run in virtual time."""
    return planned(source, rules=(), clock="virtual", speed=1.0, workers=workers, for_s=for_s)


class Notes:
    """An observer that keeps every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def emit(self, event: Event) -> None:
        self.events.append(event)


def worked(plan: Plan, *, model: MachineModel | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows and samples of a bot that does what is planned, maybe on another machine."""
    machine = SimulatedMachine(model or plan.machine_model(), start_us=plan.start_us)
    notes = Notes()
    work(
        Ledger.of(plan.batches),
        workers=plan.workers,
        clock=plan.pace,
        observers=(notes, machine),
        machine=machine,
        faults=plan.faults(),
    )
    rows = [event for event in notes.events if isinstance(event, Attempt)]
    samples = [event for event in notes.events if isinstance(event, Sample)]
    return frame_of(rows, ROWS), frame_of(samples, SAMPLES)
