"""`simlab tune`: thresholds chosen on the first part, judged on the rest."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simlab.cli.console import caution, say, show, show_json
from simlab.cli.options import (
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Rules,
    Source,
    Time,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from simlab.dataset.schema import Dataset
    from simlab.tuning.tune import Tuning


def tune(
    path: Source,
    rules: Rules = None,
    labels: Labels = None,
    train_until: Annotated[
        str, typer.Option(metavar="50%|WHEN", help="Where the part to choose on ends.")
    ] = "50%",
    max_false_alarms_per_day: Annotated[
        float, typer.Option(help="At most so many, over all rules.", min=0.0)
    ] = 2.0,
    max_firing_ratio: Annotated[
        float, typer.Option(help="At most this share of trouble-free time.", min=0.0, max=1.0)
    ] = 0.02,
    cost_missed: Annotated[float, typer.Option(help="Of an incident not caught.", min=0.0)] = 60.0,
    cost_late: Annotated[
        float, typer.Option(help="Of a minute late; 0 if incidents last for days.", min=0.0)
    ] = 1.0,
    cost_page: Annotated[float, typer.Option(help="Of an episode.", min=0.0)] = 5.0,
    out: Annotated[
        Path | None,
        typer.Option(metavar="tuned.toml", help="Write the chosen rules.", show_default=False),
    ] = None,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Choose each rule's threshold and `for` on the first part in time; judge on the rest."""
    from simlab.alerts.rules_file import write_rules
    from simlab.dataset.target import refuse_existing
    from simlab.tuning.cautions import cautions_on_data, cautions_on_tuning
    from simlab.tuning.tune import tune as choose

    given = rules_or_strategy(rules)
    if out is not None:
        refuse_existing(out, force=force)
    dataset = read_source(path, time=time, maps=mapping, max_rejected=max_rejected, labels=labels)
    tuning = choose(
        dataset,
        given,
        train_until_us=_split_us(train_until, dataset),
        max_false_alarms_per_day=max_false_alarms_per_day,
        max_firing_ratio=max_firing_ratio,
        cost_missed=cost_missed,
        cost_late_per_min=cost_late,
        cost_page=cost_page,
    )
    if out is not None:
        write_rules(tuning.rules_after, out, force=force)
    cautions = [
        *cautions_on_data(dataset, given),
        *cautions_on_tuning(tuning, max_false_alarms_per_day=max_false_alarms_per_day),
    ]
    if as_json:
        show_json({**_as_json(tuning), "cautions": cautions})
        return
    show_tuning(tuning)
    caution(cautions)
    if out is not None:
        say(f"{out}: the tuned rules")


def show_tuning(tuning: "Tuning") -> None:
    """The rules as given and as tuned, on data that the choice did not see."""
    from simlab.clock import iso
    from simlab.report.terminal import scores_table

    since = iso(tuning.train_until_us)[:16].replace("T", " ")
    before, after = tuning.rules_before, tuning.rules_after
    show(
        scores_table(
            tuning.unseen_before.scores, rules=before, title=f"As given, on the part from {since}"
        ),
        scores_table(
            tuning.unseen_after.scores,
            rules=after,
            title=f"Tuned, on the same part, which tuning did not see "
            f"(chosen before it among {tuning.combinations:,} combinations)",
        ),
    )


def _split_us(text: str, dataset: "Dataset") -> int:
    """`50%` of the data's time, or a moment [us since 1970]."""
    from simlab.cli.options import moment_us
    from simlab.errors import ConfigError

    moment = None if text.endswith("%") else moment_us(text, "--train-until")
    if moment is not None:
        return moment
    if not re.fullmatch(r"\d{1,2}(\.\d+)?%", text):
        raise ConfigError(f"--train-until {text!r}: write it like 50%, below 100%, or as a time")
    share = float(text[:-1]) / 100
    times_us = dataset.rows["timestamp"].to_physical()
    first, last = int(times_us[0]), int(times_us[-1])
    return first + round((last - first) * share)


def _as_json(tuning: "Tuning") -> dict[str, object]:
    from simlab.clock import iso

    return {
        "train_until": iso(tuning.train_until_us),
        "combinations": tuning.combinations,
        "rules": [
            {"name": rule.name, "threshold": rule.limit, "for": rule.for_}
            for rule in tuning.rules_after
        ],
        "train": {"given": tuning.train_before.scores, "tuned": tuning.train_after.scores},
        "unseen": {"given": tuning.unseen_before.scores, "tuned": tuning.unseen_after.scores},
        "front": tuning.front,
    }
