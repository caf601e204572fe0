"""`simlab tune` on plain series, `timestamp,value`: rules from nothing but the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.console import caution, note, say, show, show_json

if TYPE_CHECKING:
    from simlab.dataset.schema import Dataset
    from simlab.tuning.plain.unseen import Plain


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What may not be exceeded."""

    false_alarms_per_day: float
    firing_ratio: float


def are_plain(datasets: "Sequence[Dataset]") -> bool:
    """Whether all are plain series.

    Raises:
        InputError: some are, and some are not.
    """
    from simlab.errors import InputError
    from simlab.tuning.plain.propose import is_plain

    plain = [is_plain(dataset) for dataset in datasets]
    if any(plain) and not all(plain):
        odd = datasets[plain.index(not plain[0])]
        raise InputError(
            f"{odd.name}: found {'attempts' if plain[0] else 'a plain series'}, expected "
            f"the like of {datasets[0].name}; tune series and attempts apart"
        )
    return all(plain)


def tune_series(
    datasets: "Sequence[Dataset]",
    caps: Caps,
    *,
    train_until_us: int | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Choose rules for plain series, judge them on the rest, print and write them."""
    from simlab.tuning.labels import cautions_on_labels
    from simlab.tuning.plain.unseen import tune_plain

    found = tune_plain(
        datasets,
        train_until_us=train_until_us,
        max_false_alarms_per_day=caps.false_alarms_per_day,
        max_firing_ratio=caps.firing_ratio,
    )
    cautions = [
        f"{dataset.name}: {text}"
        for dataset, each in zip(datasets, found, strict=True)
        for text in (*each.proposal.cautions, *cautions_on_labels(dataset))
    ]
    if out is not None:
        _write(found, out, force=force)
    if as_json:
        show_json({"series": [_as_json(each) for each in found], "cautions": cautions})
        return
    _show(found)
    caution(cautions)
    if out is not None:
        say(f"{out}: the rules" + ("" if len(found) == 1 else f" of {len(found)} series"))


def _write(found: "Sequence[Plain]", out: Path, *, force: bool) -> None:
    """The rules of one series as a file, of several as a folder of such files."""
    from simlab.alerts.rules_file import rules_toml, write_rules
    from simlab.dataset.target import building, settle

    if len(found) == 1:
        write_rules(found[0].proposal.rules, out, force=force)
        return
    with building(out, force=force) as folder:
        made = folder / out.name
        made.mkdir()
        for each in found:
            path = made / f"{Path(each.proposal.name).stem}.toml"
            path.write_text(rules_toml(each.proposal.rules), encoding="utf-8")
        settle(made, out)


def _show(found: "Sequence[Plain]") -> None:
    from simlab.report import plain

    show(plain.series_table(found))
    if len(found) == 1:
        show(plain.rules_table(found[0]))
        note(plain.spacing_told(found[0].proposal))


def _as_json(found: "Plain") -> dict[str, object]:
    from msgspec.structs import asdict

    proposal = found.proposal
    return {
        "name": proposal.name,
        "rules": [
            {key: value for key, value in asdict(rule).items() if value is not None}
            for rule in proposal.rules
        ],
        "k": proposal.k,
        "spacing": proposal.frozen.spacing,
        "labelled": proposal.labelled,
        "expected_false_alarms_per_day": proposal.false_alarms_per_day,
        "expected_false_alarms_per_day_upper": proposal.false_alarms_upper,
        "expected_firing_ratio": proposal.firing_ratio,
        "expected_firing_ratio_upper": proposal.firing_ratio_upper,
        "unseen": found.unseen.scores if found.unseen else None,
    }
