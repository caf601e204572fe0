"""One rule over one series of a dataset: what it was judged by, and when it fired."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simlab.alerts.group import held_back
from simlab.alerts.replay import EPISODES, Firing, Runs, firing, runs
from simlab.alerts.rule import Rule
from simlab.alerts.signal import Series, last_us, series
from simlab.dataset.schema import Dataset
from simlab.errors import InputError


@dataclass(frozen=True, kw_only=True, eq=False)
class Watched:
    """A rule, or its part for one warehouse, over a dataset.

    Attributes:
        rule: the rule.
        series: the moments it is judged at, and the values it is judged by.
        beyond: where these are beyond its limit.
        fired: its episodes.
        held: for each episode whether it raised no alert, since its group had.
    """

    rule: Rule
    series: Series
    beyond: Runs
    fired: Firing
    held: NDArray[np.bool_]

    def crossed(self, episode: int) -> int:
        """The index of the moment from which the condition held until an episode started."""
        run = np.searchsorted(self.beyond.first, self.fired.first[episode], side="right") - 1
        return int(self.beyond.first[run])


def watched(
    dataset: Dataset, rules: Sequence[Rule]
) -> tuple[tuple[Watched, ...], dict[str, InputError]]:
    """All rules over a dataset, and why those that cannot be judged cannot.

    Returns:
        A record for each rule and, where it tells them apart, warehouse; the errors by the
        rules' names.
    """
    until_us = last_us(dataset)
    found: list[Watched] = []
    untold: dict[str, InputError] = {}
    for rule in rules:
        try:
            found += [_watched(rule, judged, until_us) for judged in series(rule, dataset)]
        except InputError as error:
            untold[rule.name] = error
    return _with_held(found, rules), untold


def _watched(rule: Rule, judged: Series, until_us: int | None) -> Watched:
    beyond = runs(
        judged.time_us,
        judged.value,
        threshold=rule.limit,
        direction=rule.side,
        stale_after_us=rule.silence_us,
    )
    fired = firing(beyond, for_us=rule.for_us, keep_firing_for_us=rule.keep_us, until_us=until_us)
    held = np.zeros(fired.start_us.size, dtype=np.bool_)
    return Watched(rule=rule, series=judged, beyond=beyond, fired=fired, held=held)


def _with_held(found: Sequence[Watched], rules: Sequence[Rule]) -> tuple[Watched, ...]:
    """The same, knowing which episodes the groups held back."""
    wanted = ("rule", "start", "end", "warehouse_id", "open")
    schema = {name: EPISODES[name] for name in wanted}
    frames = [
        pl.DataFrame(
            {
                "rule": [each.rule.name] * each.held.size,
                "start": each.fired.start_us,
                "end": each.fired.end_us,
                "warehouse_id": [each.series.warehouse_id] * each.held.size,
                "open": each.fired.open,
            },
            schema=schema,
        ).with_columns(watched=pl.lit(place, dtype=pl.Int64))
        for place, each in enumerate(found)
    ]
    if not frames:
        return ()
    every = pl.concat(frames).sort("start", maintain_order=True)
    every = every.with_columns(held=held_back(every, rules))
    return tuple(
        replace(each, held=every.filter(pl.col("watched") == place)["held"].to_numpy())
        for place, each in enumerate(found)
    )
