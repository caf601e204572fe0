"""`simlab drift`: do the logs still look like what rules were chosen on?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import say, show, show_json
from simlab.cli.options import (
    DEFAULT_SEED,
    Json,
    Labels,
    Map,
    MaxRejected,
    Seed,
    Source,
    Time,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from simlab.dataset.schema import Dataset
    from simlab.tuning.drift import Drift
    from simlab.workload.profile import Profile

BUDGET = "budget"


def drift(
    path: Source,
    against: Annotated[
        str,
        typer.Option(
            metavar="PROFILE|DATASET",
            help="What the logs should be like: a profile's name or file, or a dataset.",
            show_default=False,
        ),
    ],
    rules: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Also try these rules on the logs.", show_default=False),
    ] = None,
    max_false_alarms_per_day: Annotated[
        float, typer.Option(help="The rules' budget, all together.", min=0.0)
    ] = 2.0,
    most_ks: Annotated[
        float,
        typer.Option(help="A distance of distributions up to here is no drift.", min=0.0, max=1.0),
    ] = 0.05,
    most_change: Annotated[
        float, typer.Option(help="A relative change up to here is no drift.", min=0.0)
    ] = 0.2,
    labels: Labels = None,
    seed: Seed = DEFAULT_SEED,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    as_json: Json = False,
) -> None:
    """Tell whether logs still look like a profile or a dataset; exit 1 when they do not."""
    from simlab.errors import CheckFailedError
    from simlab.report.drifts import drift_tables
    from simlab.tuning.drift import drift as compare

    tried = () if rules is None else rules_or_strategy(rules)
    reference = _reference(against)
    logs = read_source(path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels)
    found = compare(
        logs,
        reference,
        rules=tried,
        max_false_alarms_per_day=max_false_alarms_per_day,
        most_ks=most_ks,
        most_change=most_change,
        seed=seed,
    )
    if as_json:
        show_json(_as_json(found))
    else:
        show(*drift_tables(found))
        for text in found.notes:
            say(f"- {text}")
    if found.drifted:
        raise CheckFailedError(f"{path}: {_complaint(found)}")


def _complaint(found: "Drift") -> str:
    changed = [name for name in found.drifted if name != BUDGET]
    told = [f"drifted from {found.reference}: {', '.join(changed)}"] if changed else []
    if found.alarms is not None and BUDGET in found.drifted:
        told.append(
            f"found {found.alarms.per_day:.3g} {found.alarms.counted} a day, expected at most "
            f"{found.alarms.most_per_day:g}"
        )
    return f"{'; '.join(told)}; fit a profile to it, and tune again"


def _reference(against: str) -> "Dataset | Profile":
    """A dataset where something lies that is no profile; else the profile of that name."""
    from simlab.dataset.read import read
    from simlab.workload.loading import load_profile

    path = Path(against)
    return read(path) if path.exists() and path.suffix != ".toml" else load_profile(against)


def _as_json(found: "Drift") -> dict[str, object]:
    from msgspec.structs import asdict

    return {
        "logs": found.logs,
        "reference": found.reference,
        "drifted": list(found.drifted),
        "quantities": [
            {**asdict(each.apart), "verdict": each.verdict} for each in found.quantities
        ],
        "alarms": found.alarms,
        "notes": list(found.notes),
    }
