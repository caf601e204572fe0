"""Does a workload still look like the logs, and do rules still meet their budget on them?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import msgspec
import numpy as np
import polars as pl
from msgspec import Struct

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.errors import InputError
from simlab.rng import stream
from simlab.tuning.alarms import Alarms, alarms_on
from simlab.tuning.apart import Apart, Counts, change_apart, ks_apart, mix_apart, per_stretch
from simlab.tuning.interval import whole
from simlab.tuning.resample import Again
from simlab.tuning.traits import BLOCKS, Trait, Traits, traits
from simlab.workload.draw import draw
from simlab.workload.fit.lengths import length_text
from simlab.workload.loading import starting
from simlab.workload.profile import Profile
from simlab.workload.service import warehouse_factors

Verdict: TypeAlias = Literal["alike", "near", "drifted"]

MOST_KS: Final = 0.05
MOST_CHANGE: Final = 0.2
_DAY_US: Final = 86_400_000_000


class Judged(Struct, frozen=True, kw_only=True):
    """One quantity, and what is to be thought of it.

    Attributes:
        apart: how far the logs are from the reference.
        verdict: `alike` when chance exceeds the distance five times in 100 or more; `drifted`
            when it exceeds it less than once in 1,000, and the distance is more than what is put
            up with; else `near`.
    """

    apart: Apart
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How the logs differ from the reference.

    Attributes:
        logs: the name of the logs.
        reference: the name of what they are held against.
        quantities: what both tell, judged.
        alarms: what the rules raise on the logs; None without rules.
        notes: what was left out, or could not be told.
    """

    logs: str
    reference: str
    quantities: tuple[Judged, ...]
    alarms: Alarms | None
    notes: tuple[str, ...]

    @property
    def drifted(self) -> tuple[str, ...]:
        """What has drifted: quantities by their names, and `budget`."""
        names = [each.apart.quantity for each in self.quantities if each.verdict == "drifted"]
        broken = self.alarms is not None and self.alarms.verdict == "broken"
        return (*names, *(["budget"] if broken else []))


def drift(
    logs: Dataset,
    against: Dataset | Profile,
    *,
    rules: Sequence[Rule] = (),
    max_false_alarms_per_day: float = 2.0,
    most_ks: float = MOST_KS,
    most_change: float = MOST_CHANGE,
    seed: int = 0,
) -> Drift:
    """Compare logs with a reference, quantity by quantity, and try rules on them.

    Distances are those of `apart`; their intervals and what chance gives come from drawing whole
    stretches of time again, a fortieth of the data each, since neighbours in time are alike.
    Where both span the same hours, the stretches of both sides are drawn together.
    Time in which a label showed is left out on either side. A profile is drawn without trouble,
    for the very time that the logs span.

    Args:
        logs: what came in.
        against: what they should be like.
        rules: to be tried on the logs.
        max_false_alarms_per_day: their budget [1/day].
        most_ks: distances of distributions and mixes up to here are no drift, 0 to 1.
        most_change: relative changes of shares and rates up to here are no drift, 0 or more.
        seed: of what is drawn.

    Raises:
        InputError: there is nothing that both tell, or the rules can judge nothing.
        ConfigError: the profile cannot be drawn at the logs' time.
    """
    # A seed of its own, or logs made by simlab could be held against their very own luck.
    own = int(stream(seed, "drift.reference").integers(1 << 31))
    reference = against if isinstance(against, Dataset) else _drawn(against, logs, seed=own)
    here, there = traits(logs), traits(reference)
    is_profile = isinstance(against, Profile)
    again = Again(random=stream(seed, "drift"), paired=same_hours(logs, reference))
    found = list(_quantities(here, there, again, by_id=not is_profile))
    if not found:
        raise InputError(
            f"{logs.name}: found nothing to compare with {reference.name}, expected 50 or more "
            "values of a quantity that both tell, such as duration; give more of the logs, or "
            "another reference"
        )
    judged = (_judged(each, most_ks=most_ks, most_change=most_change) for each in found)
    return Drift(
        logs=logs.name,
        reference=reference.name,
        quantities=tuple(judged),
        alarms=alarms_on(logs, reference, rules, most_per_day=max_false_alarms_per_day)
        if rules
        else None,
        notes=tuple(_notes(logs, reference, here, there, again)),
    )


def _drawn(profile: Profile, logs: Dataset, *, seed: int) -> Dataset:
    """A calm load of the profile while the logs lasted."""
    span = whole(logs)
    calm = msgspec.structs.replace(
        profile, incident=(), lookalike=(), rows=None, duration=length_text(max(1.0, span.span_s))
    )
    if profile.arrivals.per_minute is None:
        arrivals = msgspec.structs.replace(profile.arrivals, per_minute=profile.per_minute)
        calm = msgspec.structs.replace(calm, arrivals=arrivals)
    return _typical(draw(starting(calm, span.start_us), seed=seed), profile, seed=seed)


def _typical(drawn: Dataset, profile: Profile, *, seed: int) -> Dataset:
    """The same with the typical warehouse as fast as declared, which by luck it is not."""
    factors = warehouse_factors(profile.service, profile.warehouses, seed=seed)[1:]
    usual = float(np.exp(np.log(factors).mean()))
    return replace(drawn, rows=drawn.rows.with_columns(pl.col("duration") / usual))


def same_hours(logs: Dataset, reference: Dataset) -> bool:
    """Whether both are as long, and begin at the same time of the day, or of the week.

    The week counts where they are longer than two days. An eightieth of the length is put up
    with.
    """
    here, there = whole(logs), whole(reference)
    span_us = here.until_us - here.start_us
    room_us = span_us / (2 * BLOCKS)
    period_us = _DAY_US if span_us <= 2 * _DAY_US else 7 * _DAY_US
    off_us = (here.start_us - there.start_us + room_us) % period_us
    return abs(there.until_us - there.start_us - span_us) <= room_us and off_us <= 2 * room_us


def _quantities(here: Traits, there: Traits, again: Again, *, by_id: bool) -> Iterator[Apart]:
    for name, values in here.values.items():
        if name in there.values:
            yield ks_apart(name, values, there.values[name], again=again)
    for name, share in here.shares.items():
        if name in there.shares and (share.value.any() or there.shares[name].value.any()):
            figures = (per_stretch(each) for each in (share, there.shares[name]))
            yield change_apart(name, *figures, again=again)
    if here.arrivals is not None and there.arrivals is not None:
        yield change_apart(
            "arrivals", _rate(here.arrivals, here), _rate(there.arrivals, there), again=again
        )
    one, other = here.mix, there.mix
    if one is not None and other is not None and _named_alike(one, other, by_id=by_id):
        yield mix_apart("warehouses", one, other, again=again)


def _named_alike(here: Trait, there: Trait, *, by_id: bool) -> bool:
    """Whether ids are of the same warehouses: those of a profile are mere numbers."""
    return by_id or bool(np.isin(here.value, there.value).all())


def _rate(arrivals: Trait, of: Traits) -> Counts:
    """For each stretch how many batches fell due, and how long it was [min]."""
    return per_stretch(arrivals)[0], of.length_s / 60


def _judged(apart: Apart, *, most_ks: float, most_change: float) -> Judged:
    verdict: Verdict = "near"
    if _size(apart, apart.distance) <= _size(apart, apart.chance):
        verdict = "alike"
    elif _size(apart, apart.distance) > _size(apart, apart.rare):
        most = most_change if apart.measure == "change" else most_ks
        verdict = "drifted" if _size(apart, apart.distance) > _size(apart, most) else "near"
    return Judged(apart=apart, verdict=verdict)


def _size(apart: Apart, distance: float) -> float:
    """A distance without its direction: twice as much is as far as half."""
    return abs(float(np.log1p(distance))) if apart.measure == "change" else distance


def _notes(
    logs: Dataset, reference: Dataset, here: Traits, there: Traits, again: Again
) -> Iterator[str]:
    if not again.paired:
        yield "the two do not span the same hours: a load that follows the clock differs by that"
    for dataset, known in ((logs, here), (reference, there)):
        if not known.labelled:
            yield f"{dataset.name}: incidents are unknown, so all its rows count, trouble included"
    told = [set(each.values) | set(each.shares) for each in (here, there)]
    for name, missing in ((reference.name, told[0] - told[1]), (logs.name, told[1] - told[0])):
        if missing:
            yield f"{name} says too little about {', '.join(sorted(missing))}: not compared"
