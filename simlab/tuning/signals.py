"""Whether a rule's data can tell anything apart: signals without a value, or with only one."""

from collections.abc import Sequence

import numpy as np

from simlab.alerts.rule import Rule
from simlab.alerts.signal import series
from simlab.dataset.schema import Dataset
from simlab.errors import InputError


def refuse_untelling(dataset: Dataset, rules: Sequence[Rule]) -> None:
    """Refuse data on which no threshold of any rule says anything.

    Raises:
        InputError: each rule's windowed values are undefined throughout, or one constant.
    """
    faults = [untelling(dataset, rule) for rule in rules]
    if faults and all(faults):
        raise InputError(
            f"{dataset.name}: found nothing to choose by: {'; '.join(map(str, faults))}; "
            "expected a signal that varies over more than a window; give other data, or rules "
            "with shorter windows"
        )


def untelling(dataset: Dataset, rule: Rule) -> str | None:
    """Why no threshold of the rule says anything on these data; None when one may.

    Raises:
        InputError: the dataset lacks the rule's signal.
    """
    if rule.aggregate == "absent":
        return None
    value = np.concatenate([each.value for each in series(rule, dataset)])
    known = value[~np.isnan(value)]
    if not known.size:
        return (
            f"{rule.name} has no value anywhere: {value.size} observations, none with what a "
            f"window of {rule.window} needs"
        )
    if known.min() == known.max():
        return f"{rule.name} has the value {known[0]:g} throughout"
    return None
