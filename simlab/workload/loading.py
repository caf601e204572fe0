"""Profiles read from TOML, checked as a whole, and changed on demand."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from simlab.config import as_record, read_toml, shipped
from simlab.errors import ConfigError
from simlab.workload.problems import (
    YEAR_3000_US,
    aware,
    incident_problems,
    problems,
    span_problems,
)
from simlab.workload.profile import MOST_ROWS, Profile


def load_profile(name: str) -> Profile:
    """The profile in the file of that name, or the one of that name that comes with simlab.

    Raises:
        ConfigError: there is none, or it cannot be used; the message names file and path.
    """
    is_file = name.endswith(".toml") or "/" in name
    path = Path(name) if is_file else shipped("profiles", name)
    return parse_profile(read_toml(path), where=str(path))


def parse_profile(table: dict[str, Any], *, where: str) -> Profile:
    """The profile that a table describes, checked as a whole.

    Raises:
        ConfigError: a key is unknown, of the wrong type, or at odds with another.
    """
    profile = as_record(table, Profile, where=where)
    for path, problem in problems(profile):
        raise ConfigError(f"{where}: {path}: {problem}")
    return _in_utc(profile)


def with_rows(profile: Profile, rows: int) -> Profile:
    """The same load, `rows` rows long.

    A profile that spreads its rows over a duration keeps the duration; any other keeps its
    rate and goes on until there are so many.

    Raises:
        ConfigError: `rows` is below 1, or so many would take the load more than a century.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise ConfigError(f"rows: found {rows}, expected 1 to {MOST_ROWS:,}")
    keep = profile.duration if profile.spreads else None
    longer = msgspec.structs.replace(profile, rows=rows, duration=keep)
    for _, problem in span_problems(longer):
        raise ConfigError(f"rows: {problem}")
    return longer


def starting(profile: Profile, start_us: int) -> Profile:
    """The same load, beginning at another moment [us since 1970]; fixed incidents stay put.

    Raises:
        ConfigError: a fixed incident lies outside the load then, or the moment is before 1970
            or after 2999.
    """
    if not 0 <= start_us < YEAR_3000_US:
        raise ConfigError("start: expected a moment from 1970 to 2999")
    start = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start_us)
    moved = msgspec.structs.replace(profile, start=start)
    for path, problem in chain(
        incident_problems(moved, "incident", moved.incident),
        incident_problems(moved, "lookalike", moved.lookalike),
    ):
        raise ConfigError(f"start {start.isoformat()}: {path}: {problem}")
    return moved


def _in_utc(profile: Profile) -> Profile:
    """Its moments in UTC; those without a zone are UTC already."""
    changes: dict[str, Any] = {"start": aware(profile.start).astimezone(UTC)}
    for key in ("incident", "lookalike"):
        changes[key] = tuple(
            entry
            if entry.at is None
            else msgspec.structs.replace(entry, at=aware(entry.at).astimezone(UTC))
            for entry in getattr(profile, key)
        )
    return msgspec.structs.replace(profile, **changes)
