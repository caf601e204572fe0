"""`simlab tune`: thresholds chosen on some data, judged on other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simlab.cli.console import caution, interruptible, progress, say, show_json
from simlab.cli.options import (
    DEFAULT_SEED,
    Force,
    Json,
    Labels,
    Map,
    MaxRejected,
    Rules,
    Time,
    rules_or_strategy,
)
from simlab.cli.plain import Caps, tune_series
from simlab.cli.tune_data import Reading, plain_series, refuse_for_many, sources_of, split_us
from simlab.cli.tuned import as_json as to_json
from simlab.cli.tuned import show_tuned, write_front

if TYPE_CHECKING:
    from simlab.alerts.rule import Rule
    from simlab.dataset.schema import Dataset
    from simlab.tuning.budget import Budget
    from simlab.tuning.choose import ChooseBy
    from simlab.tuning.many import Source
    from simlab.tuning.tune import PooledTuning, Tuning


def tune(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...|PROFILE",
            help="A dataset, a run directory, logs or a file, or several of these; with --seeds "
            "a profile's name or file.",
            show_default=False,
        ),
    ],
    rules: Rules = None,
    labels: Labels = None,
    train_until: Annotated[
        str | None,
        typer.Option(
            metavar="50%|WHEN",
            help="Where the part to choose on ends, for one PATH. [default: 50%]",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(help="Draw PROFILE with so many seeds.", min=2, show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="The first of the seeds.", min=0)] = DEFAULT_SEED,
    workers: Annotated[
        int | None,
        typer.Option(help="Processes to work in. [default: all cores]", min=1, show_default=False),
    ] = None,
    engine: Annotated[
        Literal["local", "dask"],
        typer.Option(help="local: processes of this machine; dask: those of a Dask cluster."),
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDR", help="The Dask scheduler.", show_default=False)
    ] = None,
    max_false_alarms_per_day: Annotated[
        float | None,
        typer.Option(
            help="At most so many, over all rules. [default: 2; 0.1 for plain series]",
            min=0.0,
            show_default=False,
        ),
    ] = None,
    max_firing_ratio: Annotated[
        float | None,
        typer.Option(
            help="At most this share of trouble-free time. [default: 0.02; 0.005 for plain series]",
            min=0.0,
            max=1.0,
            show_default=False,
        ),
    ] = None,
    cost_missed: Annotated[float, typer.Option(help="Of an incident not caught.", min=0.0)] = 60.0,
    cost_late: Annotated[
        float, typer.Option(help="Of a minute late; 0 if incidents last for days.", min=0.0)
    ] = 1.0,
    cost_page: Annotated[float, typer.Option(help="Of an episode.", min=0.0)] = 5.0,
    point_estimate: Annotated[
        bool,
        typer.Option(
            "--point-estimate",
            help="Hold the cap against the false alarms seen, not against their upper limit.",
        ),
    ] = False,
    choose_by: Annotated[
        Literal["auto", "labels", "normal"],
        typer.Option(
            help="labels: by what incidents cost; normal: as low as false alarms allow; auto: by "
            "labels where there are five incidents or more."
        ),
    ] = "auto",
    out: Annotated[
        Path | None,
        typer.Option(metavar="tuned.toml", help="Write the chosen rules.", show_default=False),
    ] = None,
    front: Annotated[
        Path | None,
        typer.Option(metavar="OUT.csv", help="Write the whole front.", show_default=False),
    ] = None,
    time: Time = None,
    mapped: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Choose each rule's threshold and `for`, and judge the choice on data it did not see.

    One PATH is split in time. Of several, or of a profile's seeds, each is judged by what was
    chosen on the others. Plain series, `timestamp,value`, need no --rules: a family of rules is
    fitted to each.
    """
    from simlab.alerts.rules_file import write_rules
    from simlab.dataset.target import refuse_existing
    from simlab.tuning.budget import Budget, checked
    from simlab.tuning.cautions import cautions_on_tuning

    given = rules_or_strategy(rules)
    for target in (out, front):
        if target is not None:
            refuse_existing(target, force=force)
    reading = Reading(time=time, maps=mapped, max_rejected=max_rejected, labels=labels)
    one = reading.dataset(paths[0]) if len(paths) == 1 and seeds is None else None
    series = plain_series(paths, one, reading) if rules is None and seeds is None else None
    if series is not None:
        tune_series(
            series,
            Caps(
                false_alarms_per_day=_or(max_false_alarms_per_day, 0.1),
                firing_ratio=_or(max_firing_ratio, 0.005),
            ),
            train_until_us=split_us(train_until, series[0]) if train_until else None,
            out=out,
            force=force,
            as_json=as_json,
        )
        return
    choosing = _Choosing(
        budget=checked(
            Budget(
                max_false_alarms_per_day=_or(max_false_alarms_per_day, 2.0),
                max_firing_ratio=_or(max_firing_ratio, 0.02),
                cost_missed=cost_missed,
                cost_late_per_min=cost_late,
                cost_page=cost_page,
            )
        ),
        by=choose_by,
        surely=not point_estimate,
    )
    tuning: Tuning | PooledTuning
    if one is not None:
        tuning, cautions = _on_one(one, given, choosing, train_until)
    else:
        refuse_for_many(train_until=train_until, labels=labels)
        sources = sources_of(paths, reading, seeds=seeds, seed=seed)
        tuning, cautions = _on_many(
            sources, given, choosing, engine, scheduler, workers=workers, quiet=as_json
        )
    if out is not None:
        write_rules(tuning.rules_after, out, force=force)
    if front is not None:
        write_front(tuning, front, force=force)
    cautions += cautions_on_tuning(
        tuning, max_false_alarms_per_day=choosing.budget.max_false_alarms_per_day
    )
    if as_json:
        show_json({**to_json(tuning), "cautions": cautions})
        return
    show_tuned(tuning)
    caution(cautions)
    if out is not None:
        say(f"{out}: the tuned rules")
    if front is not None:
        say(f"{front}: the front, {tuning.front.height:,} points")


@dataclass(frozen=True, kw_only=True)
class _Choosing:
    """How to choose."""

    budget: "Budget"
    by: "ChooseBy"
    surely: bool


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _on_one(
    dataset: "Dataset",
    rules: "Sequence[Rule]",
    choosing: _Choosing,
    train_until: str | None,
) -> "tuple[Tuning, list[str]]":
    from simlab.tuning.cautions import cautions_on_data
    from simlab.tuning.labels import cautions_on_labels
    from simlab.tuning.split import tune_split

    tuning = tune_split(
        dataset,
        rules,
        choosing.budget,
        train_until_us=split_us(train_until or "50%", dataset),
        by=choosing.by,
        surely=choosing.surely,
    )
    return tuning, [*cautions_on_data(dataset, rules), *cautions_on_labels(dataset)]


def _on_many(
    sources: "Sequence[Source]",
    rules: "Sequence[Rule]",
    choosing: _Choosing,
    engine: Literal["local", "dask"],
    scheduler: str | None,
    *,
    workers: int | None,
    quiet: bool,
) -> "tuple[PooledTuning, list[str]]":
    from simlab.engine.choice import engine_of
    from simlab.engine.local import default_workers
    from simlab.tuning.many import tune_many

    told = f"Tuning on {len(sources)} datasets, each twice"
    bar = progress(told, total=2 * len(sources), unit="datasets", quiet=quiet)
    with interruptible(), bar as report:
        tuning = tune_many(
            sources,
            rules,
            choosing.budget,
            by=choosing.by,
            surely=choosing.surely,
            engine=engine_of(engine, scheduler=scheduler),
            workers=min(workers or default_workers(), len(sources)),
            report=report,
        )
    return tuning, []
