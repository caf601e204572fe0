"""The cheapest combination of points within the caps, one point a rule."""

import numpy as np

from simlab.errors import CheckFailedError
from simlab.tuning.budget import Budget
from simlab.tuning.cheapest import cheapest
from simlab.tuning.join import Floats, Table, fitting, points_of, undominated
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.search import Search, fits, priced, search, upper_alarms
from simlab.tuning.sweep import Points, Sweep


def select(
    sweep: Sweep, budget: Budget, *, surely: bool = False, folds: bool = False
) -> tuple[tuple[int, ...] | None, ...]:
    """The position of each rule's point in the cheapest combination that meets the caps.

    Every combination is looked at, but for those that cannot be the best, and those whose
    points another betters on every incident and in every block. Among equally cheap ones (to a
    millionth) the one with fewer false alarms is chosen, then the one fewer grid steps from the
    rules as they are, then the first of the grid.

    Args:
        sweep: what each point does.
        budget: the caps, and what is weighed up.
        surely: whether the false alarms' upper limit (`limit.upper_count`, with the dispersion
            that the blocks show) has to meet the cap, not just their number.
        folds: whether to choose once more for each block that is left out.

    Returns:
        The choice over all blocks, then with `folds` for each block the one over the others,
        None where nothing meets the caps.

    Raises:
        CheckFailedError: none meets the caps over all blocks; the message has the nearest one's
            figures.
        ConfigError: there are more combinations than can be tried.
    """
    searched = search(sweep, budget, surely=surely, folds=folds)
    tables = []
    for rule in range(len(sweep.points)):
        table = priced(searched, rule)
        # What exceeds a cap by itself cannot be in what meets it.
        tables.append(undominated(table.at(fits(table.capped, searched))))
    best = cheapest(tables, searched)
    if best[0] is None:
        raise _nothing_meets(searched)
    return tuple(None if found is None else found[3] for found in best)


def _nothing_meets(searched: Search) -> CheckFailedError:
    budget, per_day = searched.budget, S_PER_DAY / float(searched.span_s[0])
    alarms, firing_s = _nearest(searched)
    upper = upper_alarms(alarms[None, :], searched.sweep.span_s, searched.member[:1]).item()
    outside_s = float(searched.outside_s[0])
    sure = f", surely at most {upper * per_day:.3g}," if searched.surely else ""
    instead = ", take the point estimate (--point-estimate)" if searched.surely else ""
    return CheckFailedError(
        "no combination meets the caps on the training part: the nearest has "
        f"{alarms.sum() * per_day:.3g} false alarms per day{sure} "
        f"(at most {budget.max_false_alarms_per_day:g}) and a firing ratio outside incidents "
        f"of {firing_s / outside_s if outside_s else 0.0:.3g} (at most "
        f"{budget.max_firing_ratio:g}); raise a cap{instead}, or let [rule.search] go further"
    )


def _nearest(searched: Search) -> tuple[Floats, float]:
    """The false alarms by block, and the time firing [s], of the least excess over either cap."""
    points = searched.sweep.points
    tables = [undominated(_counted(rule)) for rule in points]
    found = fitting(tables, lambda sums: np.ones(sums.shape[1], dtype=np.bool_), rows=2)
    most = np.maximum(
        [
            float(searched.budget.most_false_alarms(searched.span_s[0])),
            float(searched.budget.longest_firing_s(searched.outside_s[0])),
        ],
        1e-9,
    )
    nearest = (found.capped / most[:, None]).max(axis=0).argmin()
    chosen = points_of(tables, found.places[[nearest]])[0].tolist()
    alarms = [rule.false_alarms[:, at] for rule, at in zip(points, chosen, strict=True)]
    return np.sum(alarms, axis=0, dtype=np.float64), float(found.capped[1, nearest])


def _counted(points: Points) -> Table:
    size = points.threshold.size
    return Table(
        point=np.arange(size),
        least=np.empty((size, 0)),
        total=np.empty((size, 0)),
        capped=np.stack([points.false_alarms.sum(axis=0), points.firing_s.sum(axis=0)]),
    )
