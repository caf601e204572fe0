"""Rules for plain series, chosen on their first parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.errors import CheckFailedError
from simlab.tuning.plain.caps import Caps, Expected
from simlab.tuning.plain.evidence import KS
from simlab.tuning.plain.family import FAMILY, Family, Frozen, rules
from simlab.tuning.plain.first_part import FirstPart, first_part
from simlab.tuning.plain.frozen import SEASON_PART_DAYS
from simlab.tuning.plain.prior import Prior, updated, weighed
from simlab.tuning.plain.shipped import PRIOR

WEEKS_2: Final = 14.0


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """Rules for one series, and what they should bring.

    Attributes:
        name: of the series.
        rules: shift and season (z-scores), record, flat and absent; see `family`.
        train_until_us: where the first part ends [µs since 1970]; nothing after it was seen.
        k: what the z-scores are held against.
        frozen: what was measured on the first part; its `spacing` counts gaps and repeats.
        labelled: whether labels of the series had a say.
        false_alarms_per_day: what is expected of the days after, flat and absent left out [1/d].
        false_alarms_upper: its upper limit, at 90 % sureness [1/d].
        firing_ratio: the share of normal time that should be spent firing, 0 to 1.
        firing_ratio_upper: its upper limit, at 90 % sureness.
        cautions: what to know before believing it, a sentence each.
    """

    name: str
    rules: tuple[Rule, ...]
    train_until_us: int
    k: float
    frozen: Frozen
    labelled: bool
    false_alarms_per_day: float
    false_alarms_upper: float
    firing_ratio: float
    firing_ratio_upper: float
    cautions: tuple[str, ...]


def is_plain(dataset: Dataset) -> bool:
    """Whether a dataset is a plain series, `timestamp,value`: what `propose` takes."""
    return "value" in dataset.rows.columns


def propose(
    datasets: Sequence[Dataset],
    *,
    train_until_us: int | None = None,
    max_false_alarms_per_day: float = 0.1,
    max_firing_ratio: float = 0.005,
    family: Family = FAMILY,
    prior: Prior = PRIOR,
) -> tuple[Proposal, ...]:
    """Rules for each of some plain series, chosen on their first parts.

    Each series gets the family of rules with one K: the least that should keep both caps, at
    90 % sureness, as far as other series and its own first part tell. Labels tell which of its
    pages were false; without them as many are taken for true as on other series. Of several
    series each is also told by the labels of the others. The more days a series has, the more
    it speaks for itself.

    Args:
        datasets: the series, with `value`; incidents where there are labels.
        train_until_us: the end of the first part [µs since 1970], not included; the middle of
            each series in time by default. A moment after the last row takes all of it.
        max_false_alarms_per_day: at most so many [1/d].
        max_firing_ratio: at most this share of the time outside of labels is spent firing.
        family: which rules.
        prior: what they do on other series.

    Raises:
        InputError: a series has no value, or less than two days of it in the first part.
        ConfigError: a cap is out of its range, or the first part is empty.
        CheckFailedError: no K should keep the caps.
    """
    caps = Caps(false_alarms_per_day=max_false_alarms_per_day, firing_ratio=max_firing_ratio)
    parts = [first_part(dataset, until_us=train_until_us, family=family) for dataset in datasets]
    return tuple(
        chosen(
            part,
            updated(prior, [other.evidence for other in parts if other is not part]),
            caps=caps,
            family=family,
        )
        for part in parts
    )


def chosen(part: FirstPart, prior: Prior, *, caps: Caps, family: Family = FAMILY) -> Proposal:
    """The rules for one measured series.

    Raises:
        CheckFailedError: no K should keep the caps.
    """
    told = weighed(part.evidence, prior)
    at = told.least(caps)
    if at is None:
        raise _nothing_keeps(part.name, told, caps)
    k = float(KS[at])
    return Proposal(
        name=part.name,
        rules=rules(part.frozen, k=k, family=family),
        train_until_us=part.until_us,
        k=k,
        frozen=part.frozen,
        labelled=part.evidence.labelled,
        false_alarms_per_day=float(told.false_alarms_per_day[at]),
        false_alarms_upper=float(told.false_alarms_upper[at]),
        firing_ratio=float(told.firing_ratio[at]),
        firing_ratio_upper=float(told.firing_ratio_upper[at]),
        cautions=tuple(_cautions(part)),
    )


def _nothing_keeps(name: str, told: Expected, caps: Caps) -> CheckFailedError:
    return CheckFailedError(
        f"{name}: found no K that keeps the caps: the nearest, {KS[-1]:g}, may raise up to "
        f"{told.false_alarms_upper[-1]:.2g} false alarms a day and fire for up to "
        f"{told.firing_ratio_upper[-1]:.2%} of normal time, expected at most "
        f"{caps.false_alarms_per_day:g} and {caps.firing_ratio:.2%}; allow more"
    )


def _cautions(part: FirstPart) -> Iterator[str]:
    spacing = part.frozen.spacing
    if part.frozen.floor == 0:
        yield (
            "The value never changed in the first part, so it tells no scale: the rules see any "
            "change as a record, and nothing else."
        )
    if part.not_finite:
        yield (
            f"Of the first part's values {part.not_finite} are NaN or infinite: for the four weeks "
            "that such a value is in its window the record rule tells nothing; leave such rows out."
        )
    if spacing.days < SEASON_PART_DAYS:
        yield (
            f"The first part has {spacing.days:.1f} days, and what is usual at a time of day takes "
            f"{SEASON_PART_DAYS:g}: the rule for it is left out."
        )
    elif spacing.days < WEEKS_2:
        yield (
            f"The first part has {spacing.days:.1f} days: what comes with the week was seen once "
            "or not at all."
        )
    if not part.evidence.labelled:
        yield (
            "There are no labels, so as many pages were taken for true as on other series, "
            "and recall is unknown."
        )
