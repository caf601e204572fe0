"""What `simlab tune` shows and writes of what it found."""

from pathlib import Path
from typing import TYPE_CHECKING

from simlab.cli.console import say, show

if TYPE_CHECKING:
    from simlab.tuning.tune import PooledTuning, Tuning
    from simlab.tuning.tuned import Tuned


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


def show_tuned(tuning: "Tuning | PooledTuning") -> None:
    """All that people should see: the choice, unseen figures, sensitivity, the front."""
    from simlab.report import tuned
    from simlab.tuning.tune import Tuning

    if isinstance(tuning, Tuning):
        show_tuning(tuning)
    else:
        show(tuned.choice_table(tuning))
    show(
        tuned.unseen_table(tuning),
        tuned.sensitivity_table(tuning),
        tuned.front_table(tuning.front, tuning.rules_after),
    )
    say(tuned.carried_over(tuning))
    if not isinstance(tuning, Tuning):
        say(tuned.over_in_folds(tuning))


def as_json(tuning: "Tuning | PooledTuning") -> dict[str, object]:
    """The same for programs."""
    from simlab.clock import iso
    from simlab.tuning.tune import Tuning

    told: dict[str, object] = {
        "combinations": tuning.combinations,
        "chosen_by": tuning.chosen_by,
        "surely": tuning.surely,
        "rules": [
            {"name": rule.name, "threshold": rule.limit, "for": rule.for_}
            for rule in tuning.rules_after
        ],
        "promised": tuning.promised,
        "held_out": {"given": tuning.unseen.given, "tuned": tuning.unseen.tuned},
        "blocks_are": tuning.blocks_are,
        "sensitivity": tuning.unseen.sensitivity,
        "front": tuning.front,
    }
    if not isinstance(tuning, Tuning):
        return {**told, "folds": tuning.folds}
    return {
        **told,
        "train_until": iso(tuning.train_until_us),
        "train": {"given": tuning.train_before.scores, "tuned": tuning.train_after.scores},
        "unseen": {"given": tuning.unseen_before.scores, "tuned": tuning.unseen_after.scores},
    }


def write_front(tuning: "Tuned", path: Path, *, force: bool) -> None:
    """Write the whole front as CSV, whole or not at all."""
    from simlab.dataset.target import building, settle

    with building(path, force=force) as folder:
        made = folder / path.name
        tuning.front.write_csv(made)
        settle(made, path)
