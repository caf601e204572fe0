"""A profile fitted to a log."""

import math
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec

from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.workload.fit.arrivals import fit_arrivals
from simlab.workload.fit.distances import distances
from simlab.workload.fit.estimate import Learned
from simlab.workload.fit.evidence import Evidence, evidence_of
from simlab.workload.fit.fitted import Fitted
from simlab.workload.fit.lengths import length_text
from simlab.workload.fit.outcome import fit_outcome
from simlab.workload.fit.resources import fit_resources
from simlab.workload.fit.service import fit_service, limit_of
from simlab.workload.fit.sizes import fit_sizes
from simlab.workload.fit.text import plain
from simlab.workload.fit.workers import MOST_WORKERS, enough_workers
from simlab.workload.loading import parse_profile

_MINUTE_US: Final = 60 * US_PER_S
_MOST_WAREHOUSES: Final = 1_000_000


def fit(dataset: Dataset, *, name: str, held_out: float = 0.3, seed: int = 0) -> Fitted:
    """A profile whose load is like that of a log.

    What shows an incident is left out, rows and time, where incidents are known; without labels
    all counts. Part of the time is held out (`evidence_of` says which); outcomes, the machine and
    the number of workers, which are not judged by it, are learned from all of it. How each part
    is fitted is documented where it is.

    Args:
        dataset: attempts, with at least a duration each; other columns may be null.
        name: of the profile.
        held_out: the share of the time to judge by, 0.05 to 0.8.
        seed: of the data that are drawn to be compared.

    Raises:
        InputError: the rows are no attempts, or too few, or span too little time.
        ConfigError: `held_out` cannot be, or what was learned is no profile, such as a name that
            cannot be one.
    """
    evidence = evidence_of(dataset, held_out=held_out)
    limit = limit_of(evidence.rows.drop_nulls("duration"))
    service = fit_service(evidence, limit)
    parts: dict[str, Learned] = {
        "arrivals": fit_arrivals(evidence),
        "service": service.learned,
        "batch": fit_sizes(evidence),
        "outcome": fit_outcome(evidence, limit),
        "resources": fit_resources(evidence),
    }
    table = _table(evidence, name, parts)
    profile = parse_profile(table, where=f"the profile fitted to {dataset.name}")
    table["workers"] = enough_workers(profile, evidence.rows)
    profile = msgspec.structs.replace(profile, workers=table["workers"])
    return Fitted(
        source=dataset.name,
        profile=profile,
        table=table,
        estimates=tuple(chain.from_iterable(part.estimates for part in parts.values())),
        candidates=service.candidates,
        distances=distances(evidence, profile, seed=seed),
        attempts=len(evidence.ended(evidence.learn)),
        held_out=len(evidence.ended(evidence.held)),
        notes=(*evidence.notes, *chain.from_iterable(part.notes for part in parts.values())),
    )


def _table(evidence: Evidence, name: str, parts: dict[str, Learned]) -> dict[str, Any]:
    """The profile as a table of TOML: as long as the log, to the minute."""
    start_us = evidence.start_us // _MINUTE_US * _MINUTE_US
    last_us = int(evidence.rows["due_us"].max())  # type: ignore[arg-type]  # an integer column
    minutes = max(1, math.ceil((last_us - start_us) / _MINUTE_US))
    start = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start_us)
    known = evidence.rows["warehouse_id"].drop_nulls().n_unique()
    count = f"{len(evidence.rows):,} attempts from {start:%Y-%m-%d %H:%M} UTC"
    return {
        "schema": 1,
        "name": name,
        "description": f"fitted to {plain(Path(evidence.name).name)}, {count}",
        "start": start,
        "duration": length_text(minutes * 60),
        "warehouses": min(max(1, known), _MOST_WAREHOUSES),
        "workers": MOST_WORKERS,  # until it is known how many are enough
        **{section: part.table for section, part in parts.items()},
    }
