"""What a reader should know before believing the figures."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from simlab.alerts.rule import Rule
from simlab.alerts.signal import series
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.tuning.signals import untelling
from simlab.tuning.tuned import Tuned

FEW_INCIDENTS = 10
UNLIKELY = 0.2
"""Of the redrawn data, the share above the cap from which on it is called unlikely to hold."""


def cautions_on_data(dataset: Dataset, rules: Sequence[Rule]) -> list[str]:
    """Signals that come too seldom, or tell nothing.

    Data whose median step is longer than `stale_after` are told of: each such silence resolves
    the rule, or ends its waiting, so `for` and `keep_firing_for` do nothing. For a rule by
    warehouse it is the median of those.
    """
    return [text for rule in rules for text in _on_signal(dataset, rule)]


def cautions_on_tuning(tuning: Tuned, *, max_false_alarms_per_day: float) -> list[str]:
    """Why the tuned rules may not hold what their figures promise.

    Args:
        tuning: the choice, and what it did where it was made and where it was not.
        max_false_alarms_per_day: the cap that it was made under.
    """
    return [
        *tuning.notes,
        *_on_groups(tuning.rules_after),
        *(text for rule in tuning.rules_after for text in _on_rule(tuning, rule)),
        *_on_figures(tuning, max_false_alarms_per_day),
    ]


def _on_signal(dataset: Dataset, rule: Rule) -> Iterator[str]:
    try:
        judged = series(rule, dataset)
        fault = untelling(dataset, rule)
    except InputError:  # the score says which data the rule lacks
        return
    if fault:
        yield f"{fault}: no threshold tells anything apart"
    steps_us = [float(np.median(np.diff(each.time_us))) for each in judged if each.time_us.size > 1]
    step_us = float(np.median(steps_us)) if steps_us else 0.0
    if step_us > rule.silence_us:
        yield (
            f"{rule.name}: its data come every {step_us / 60e6:.3g} min, and after "
            f"{rule.stale_after} without any it resolves: set stale_after above that"
        )


def _on_groups(rules: Sequence[Rule]) -> Iterator[str]:
    shared = Counter(rule.group for rule in rules if rule.group is not None)
    for group, count in shared.items():
        if count > 1:
            yield (
                f"{count} rules raise the alert {group!r} together, and are counted as if each "
                "raised one of its own: there will be fewer pages and false alarms than told"
            )


def _on_rule(tuning: Tuned, rule: Rule) -> Iterator[str]:
    if rule.name in tuning.silent:
        yield f"{rule.name} as tuned never fired where it was chosen: it is switched off"
    tried = rule.search.threshold if rule.search else None
    if tried and any(math.isclose(rule.limit, edge) for edge in (tried.low, tried.high)):
        yield (
            f"{rule.name}: {rule.limit:g} is the edge of its grid, {tried.low:g} to "
            f"{tried.high:g}: a better one may lie beyond"
        )


def _on_figures(tuning: Tuned, cap: float) -> Iterator[str]:
    tuned, given = tuning.unseen.tuned, tuning.unseen.given
    if tuning.incidents < FEW_INCIDENTS:
        yield f"{tuning.incidents} incidents are few to choose by: other days may differ much"
    if tuned.recall.value < given.recall.value:
        caught = [round(each.recall.value * each.incidents) for each in (tuned, given)]
        yield (
            f"on unseen data the tuned rules caught {caught[0]} incidents, and the given ones "
            f"{caught[1]}"
        )
    alarms = tuned.false_alarms_per_day
    if alarms.value > cap:
        yield (
            f"on unseen data they raised {alarms.value:.3g} false alarms a day, over the cap of "
            f"{cap:g}"
        )
    elif tuned.over_cap >= UNLIKELY:
        yield (
            f"the cap of {cap:g} false alarms a day is not sure to hold: in "
            f"{tuned.over_cap:.0%} of redrawn {tuning.blocks_are}s there were more"
        )
    if alarms.low > tuning.promised.false_alarms_per_day.value:
        yield (
            "unseen data had more false alarms than the choice promised: "
            f"{alarms.value:.3g} a day, 90 % sure above {alarms.low:.3g}, instead of "
            f"{tuning.promised.false_alarms_per_day.value:.3g}"
        )
    if tuned.blocks < 2:
        yield f"the unseen data are one {tuning.blocks_are}: too little to tell how sure they are"
