"""What tuning weighs up, and what it may not exceed."""

import numpy as np
from msgspec import Struct, structs

from simlab.errors import ConfigError
from simlab.tuning.join import Floats
from simlab.tuning.limit import upper_count
from simlab.tuning.score import S_PER_DAY


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

    def most_false_alarms(self, span_s: Floats | float) -> Floats:
        """How many false alarms a span may have."""
        return np.asarray(self.max_false_alarms_per_day * np.asarray(span_s) / S_PER_DAY)

    def longest_firing_s(self, outside_s: Floats | float) -> Floats:
        """How much of the time outside of incidents may be spent firing [s]."""
        return np.asarray(self.max_firing_ratio * np.asarray(outside_s))

    def can_be_sure(self, span_s: float) -> bool:
        """Whether a span without any false alarm would show that the cap is met.

        By `upper_count`, it must be long enough for three where the cap is met exactly.
        """
        return bool(upper_count(np.array(0.0)) <= self.most_false_alarms(span_s))


def checked(budget: Budget) -> Budget:
    """The budget, if it can be.

    Raises:
        ConfigError: a number in it is below 0, or not finite.
    """
    for name, value in structs.asdict(budget).items():
        if not 0 <= value < np.inf:
            raise ConfigError(f"{name}: found {value}, expected a number that is 0 or more")
    return budget


def loss(delay_s: Floats, budget: Budget) -> Floats:
    """What incidents first caught after such delays cost; infinite is not caught."""
    missed = np.isinf(delay_s)
    late = np.where(missed, 0.0, delay_s) * (budget.cost_late_per_min / 60)
    return np.where(missed, budget.cost_missed, np.minimum(late, budget.cost_missed))
