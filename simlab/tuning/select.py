"""The cheapest combination of points within the caps, one point a rule."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from simlab.errors import CheckFailedError, ConfigError
from simlab.tuning.join import Block, Floats, Table, blocks, combinations, undominated
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.sweep import Points, Sweep

MAX_COMBINATIONS = 50_000_000
"""As many as are joined in some seconds; a search over more is refused."""

Found: TypeAlias = tuple[float, float, float, tuple[int, ...]]
"""Cost, false alarms, steps from the rules' own points, and the points: less is better."""


class Budget(Struct, frozen=True, kw_only=True):
    """What tuning weighs up, and what it may not exceed. All are 0 or more.

    Attributes:
        max_false_alarms_per_day: at most so many, all rules together [1/day].
        max_firing_ratio: at most this share of the time outside of incidents is spent firing.
            The rules' own shares are added up, which is an upper bound of any of them firing.
        cost_missed: of an incident that no rule caught.
        cost_late_per_min: of a minute between an incident's start and its first episode. To
            catch an incident late never costs more than to miss it.
        cost_page: of an episode, true or false; rules that fire together cost one each.
    """

    max_false_alarms_per_day: float = 2.0
    max_firing_ratio: float = 0.02
    cost_missed: float = 60.0
    cost_late_per_min: float = 1.0
    cost_page: float = 5.0


def loss(delay_s: Floats, budget: Budget) -> Floats:
    """What incidents first caught after such delays cost; infinite is not caught."""
    missed = np.isinf(delay_s)
    late = np.where(missed, 0.0, delay_s) * (budget.cost_late_per_min / 60)
    return np.where(missed, budget.cost_missed, np.minimum(late, budget.cost_missed))


def select(sweep: Sweep, budget: Budget) -> tuple[int, ...]:
    """The position of each rule's point in the cheapest combination that meets the caps.

    Every combination is looked at, but for those that cannot be the best. Among equally cheap
    ones (to a millionth) the one with fewer false alarms is chosen, then the one fewer grid
    steps from the rules as they are, then the first of the grid.

    Raises:
        CheckFailedError: none meets the caps; the message has the nearest one's figures.
        ConfigError: there are more combinations than can be tried.
    """
    affordable = [_affordable(_priced(points, budget), sweep, budget) for points in sweep.points]
    tables = [undominated(table) for table in affordable if table.point.size]
    if len(tables) < len(sweep.points):
        raise _nothing_meets(sweep, budget)
    check_size(tables)
    found = [best for block in blocks(tables) if (best := _cheapest(block, sweep, budget))]
    if not found:
        raise _nothing_meets(sweep, budget)
    return min(found)[3]


def check_size(tables: Sequence[Table]) -> None:
    """Refuse what would take too long.

    Raises:
        ConfigError: there are more than `MAX_COMBINATIONS`.
    """
    if (count := combinations(tables)) > MAX_COMBINATIONS:
        sizes = " x ".join(str(table.point.size) for table in tables)
        raise ConfigError(
            f"$.rule.search: {count:,} combinations ({sizes}) are left to try, and at most "
            f"{MAX_COMBINATIONS:,} are; take fewer steps, or tune fewer rules at a time"
        )


def false_alarms_within(false_alarms: Floats, sweep: Sweep, budget: Budget) -> NDArray[np.bool_]:
    """Where the cap on false alarms is met."""
    return false_alarms * S_PER_DAY / sweep.span_s <= budget.max_false_alarms_per_day


def firing_within(firing_s: Floats, sweep: Sweep, budget: Budget) -> NDArray[np.bool_]:
    """Where the cap on the firing ratio is met."""
    return firing_s <= budget.max_firing_ratio * sweep.outside_s


def _priced(points: Points, budget: Budget) -> Table:
    total = (points.episodes, points.false_alarms, points.firing_s, points.steps)
    return Table(
        point=np.arange(points.threshold.size),
        least=loss(points.delay_s, budget),
        total=np.stack([row.astype(np.float64) for row in total]),
    )


def _affordable(table: Table, sweep: Sweep, budget: Budget) -> Table:
    """The points that meet the caps by themselves: no other can be in what meets them."""
    _, false_alarms, firing_s, _ = table.total
    return table.at(
        false_alarms_within(false_alarms, sweep, budget) & firing_within(firing_s, sweep, budget)
    )


def _cheapest(block: Block, sweep: Sweep, budget: Budget) -> Found | None:
    episodes, false_alarms, firing_s, steps = block.total
    # Rounded, so that the order of a sum does not settle a tie.
    cost = np.round(block.least.sum(axis=0) + budget.cost_page * episodes, 6)
    within = false_alarms_within(false_alarms, sweep, budget)
    cost[~(within & firing_within(firing_s, sweep, budget))] = np.inf
    if np.isinf(cost.min()):
        return None
    tied = np.flatnonzero(cost == cost.min())
    column = tied[np.lexsort((steps[tied], false_alarms[tied]))[:1]]
    points = tuple(block.points(column)[0].tolist())
    return float(cost[column[0]]), float(false_alarms[column[0]]), float(steps[column[0]]), points


def _nothing_meets(sweep: Sweep, budget: Budget) -> CheckFailedError:
    false_alarms, firing_s = _nearest(sweep, budget)
    share = firing_s / sweep.outside_s if sweep.outside_s else 0.0
    return CheckFailedError(
        "no combination meets the caps on the training part: the nearest has "
        f"{false_alarms * S_PER_DAY / sweep.span_s:.3g} false alarms per day "
        f"(at most {budget.max_false_alarms_per_day:g}) and a firing ratio outside incidents "
        f"of {share:.3g} (at most {budget.max_firing_ratio:g}); "
        "raise a cap, or let [rule.search] go further"
    )


def _nearest(sweep: Sweep, budget: Budget) -> tuple[float, float]:
    """The false alarms, and the time firing [s], of the least excess over either cap."""
    tables = [undominated(_counted(points)) for points in sweep.points]
    check_size(tables)
    most = max(budget.max_false_alarms_per_day * sweep.span_s / S_PER_DAY, 1e-9)
    longest_s = max(budget.max_firing_ratio * sweep.outside_s, 1e-9)
    return min(
        (
            (float(false_alarms), float(firing_s))
            for block in blocks(tables)
            for false_alarms, firing_s in _least_excess(block, most, longest_s)
        ),
        key=lambda found: max(found[0] / most, found[1] / longest_s),
    )


def _counted(points: Points) -> Table:
    return Table(
        point=np.arange(points.threshold.size),
        least=np.empty((0, points.threshold.size)),
        total=np.stack([points.false_alarms.astype(np.float64), points.firing_s]),
    )


def _least_excess(block: Block, most: float, longest_s: float) -> Floats:
    false_alarms, firing_s = block.total
    column = np.maximum(false_alarms / most, firing_s / longest_s).argmin()
    return block.total[:, [column]].T
