"""What a reader should know before believing the figures."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from simlab.alerts.rule import Rule
from simlab.alerts.signal import series
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.tune import Tuning

FEW_INCIDENTS = 10


def cautions_on_data(dataset: Dataset, rules: Sequence[Rule]) -> list[str]:
    """Rules whose data usually come further apart than their `stale_after` allows.

    Each such silence resolves the rule, or ends its waiting, so `for` and `keep_firing_for` do
    nothing. The step is the median between observations; for a rule by warehouse, the median of
    those.
    """
    return [text for rule in rules for text in _too_slow(dataset, rule)]


def cautions_on_tuning(tuning: Tuning, *, max_false_alarms_per_day: float) -> list[str]:
    """Why the tuned rules may not hold what their figures promise.

    Args:
        tuning: the choice, and what it did where it was made and where it was not.
        max_false_alarms_per_day: the cap that it was made under.
    """
    before, after = tuning.unseen_before.scores[-1], tuning.unseen_after.scores[-1]
    incidents = tuning.train_after.scores[-1].incidents
    told = [text for rule in tuning.rules_after for text in _on_rule(tuning, rule)]
    if incidents < FEW_INCIDENTS:
        told.append(f"{incidents:g} incidents are few to choose by: other days may differ much")
    if after.caught < before.caught:
        told.append(
            f"on the unseen part the tuned rules caught {after.caught:g} incidents, "
            f"and the given ones {before.caught:g}"
        )
    if after.false_alarms_per_day > max_false_alarms_per_day:
        told.append(
            f"on the unseen part they raised {after.false_alarms_per_day:.3g} false alarms a day, "
            f"over the cap of {max_false_alarms_per_day:g}"
        )
    return told


def _too_slow(dataset: Dataset, rule: Rule) -> Iterator[str]:
    try:
        found = series(rule, dataset)
    except InputError:  # the score says which data the rule lacks
        return
    steps_us = [float(np.median(np.diff(each.time_us))) for each in found if each.time_us.size > 1]
    step_us = float(np.median(steps_us)) if steps_us else 0.0
    if step_us > rule.silence_us:
        yield (
            f"{rule.name}: its data come every {step_us / 60e6:.3g} min, and after "
            f"{rule.stale_after} without any it resolves: set stale_after above that"
        )


def _on_rule(tuning: Tuning, rule: Rule) -> Iterator[str]:
    score = next(score for score in tuning.train_after.scores if score.rule == rule.name)
    if score.episodes == 0:
        yield f"{rule.name} as tuned never fired on the training part: it is switched off"
    tried = rule.search.threshold if rule.search else None
    if tried and any(math.isclose(rule.limit, edge) for edge in (tried.low, tried.high)):
        yield (
            f"{rule.name}: {rule.limit:g} is the edge of its grid, {tried.low:g} to "
            f"{tried.high:g}: a better one may lie beyond"
        )
