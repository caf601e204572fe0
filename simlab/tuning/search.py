"""What is searched for the cheapest combination: choices, prices and caps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simlab.tuning.budget import Budget, loss
from simlab.tuning.contest import Contest, by_block, contest
from simlab.tuning.join import Floats, Table
from simlab.tuning.limit import dispersion, upper_count
from simlab.tuning.sweep import Sweep

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """A search for the cheapest combination in each of some choices of blocks.

    Attributes:
        sweep: what each point does in each block.
        budget: the caps, and what is weighed up.
        contest: which incidents more than one rule may catch.
        member: a row a choice, a column a block: 1 where the choice looks at it, else 0.
        surely: whether the false alarms' upper limit has to meet the cap, not just their number.
    """

    sweep: Sweep
    budget: Budget
    contest: Contest
    member: Floats
    surely: bool

    @property
    def span_s(self) -> Floats:
        """How long each choice's blocks are together [s]."""
        return np.asarray(self.member @ self.sweep.span_s)

    @property
    def outside_s(self) -> Floats:
        """How much of that is outside of incidents [s]."""
        return np.asarray(self.member @ self.sweep.outside_s)

    @property
    def columns(self) -> tuple[slice, slice]:
        """Where a table's `total` has the cost a choice, and the false alarms a block."""
        choices = len(self.member)
        return slice(1, 1 + choices), slice(1 + choices, None)


def search(sweep: Sweep, budget: Budget, *, surely: bool, folds: bool) -> Search:
    """The search over all blocks and, with `folds`, over all but each."""
    every = np.ones((1, sweep.span_s.size))
    others = 1 - np.eye(sweep.span_s.size)
    return Search(
        sweep=sweep,
        budget=budget,
        contest=contest(sweep.points),
        member=np.concatenate((every, others)) if folds else every,
        surely=surely,
    )


def priced(searched: Search, rule: int) -> Table:
    """A rule's points: steps from the rule as it is, costs by choice, false alarms by block.

    The costs are of the rule's pages and of the incidents that it alone decides upon; `least`
    is what the contested ones would cost.
    """
    points, found, member = searched.sweep.points[rule], searched.contest, searched.member
    cost = loss(points.delay_s, searched.budget).T
    own = found.owned_by(rule)
    paged = by_block(cost[:, own], searched.sweep.block[own], count=member.shape[1])
    paged += searched.budget.cost_page * points.episodes.T
    total = np.hstack(
        (points.steps[:, None], paged @ member.T, points.false_alarms.T), dtype=np.float64
    )
    capped = np.vstack((member @ points.false_alarms, member @ points.firing_s))
    # Those of one `for` side by side, since they do much the same.
    order = np.lexsort((points.threshold, np.array(points.for_)))
    return Table(
        point=order,
        least=cost[order][:, found.contested],
        total=total[order],
        capped=capped[:, order],
    )


def fits(capped: Floats, searched: Search) -> Mask:
    """Where both caps are met in one choice or more, by the numbers themselves."""
    return np.asarray(within(capped, searched).any(axis=0))


def within(capped: Floats, searched: Search) -> Mask:
    """Where both caps are met by the numbers themselves: a row a choice."""
    most = np.append(
        searched.budget.most_false_alarms(searched.span_s),
        searched.budget.longest_firing_s(searched.outside_s),
    )
    # What meets a cap exactly meets it, however the product is rounded.
    met = capped <= (most * (1 + 1e-12))[:, None]
    return np.asarray(met.reshape(2, len(searched.member), capped.shape[1]).all(axis=0))


def surely_within(alarms: Floats, searched: Search) -> Mask:
    """Where the upper limit of false alarms, by block, meets the cap: a row a choice."""
    upper = upper_alarms(alarms, searched.sweep.span_s, searched.member)
    most = searched.budget.most_false_alarms(searched.span_s)[:, None]
    return np.less_equal(upper.T, most)


def upper_alarms(alarms: Floats, span_s: Floats, member: Floats) -> Floats:
    """The upper limit of false alarms: a row a combination, a column a choice of blocks.

    Args:
        alarms: counts, a row a combination and a column a block.
        span_s: how long each block is [s].
        member: which blocks (columns) each choice (a row) looks at, 1 or 0.
    """
    count, squares = alarms @ member.T, (alarms**2 / span_s) @ member.T
    limits = [
        upper_count(
            count[:, choice],
            dispersion(
                count[:, choice],
                squares[:, choice],
                span_s=float(blocks @ span_s),
                blocks=int(blocks.sum()),
            ),
        )
        for choice, blocks in enumerate(member)
    ]
    return np.stack(limits, axis=1)
