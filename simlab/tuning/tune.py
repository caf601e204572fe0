"""Thresholds chosen on some data and judged on other: the one call for one dataset or many."""

from collections.abc import Sequence
from functools import partial
from typing import overload

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError
from simlab.tuning.budget import Budget, checked
from simlab.tuning.choose import ChooseBy
from simlab.tuning.many import PooledTuning, tune_many
from simlab.tuning.split import Tuning, tune_split

__all__ = ["PooledTuning", "Tuning", "tune"]


@overload
def tune(
    data: Dataset,
    rules: Sequence[Rule],
    *,
    train_until_us: int | None = None,
    max_false_alarms_per_day: float = 2.0,
    max_firing_ratio: float = 0.02,
    cost_missed: float = 60.0,
    cost_late_per_min: float = 1.0,
    cost_page: float = 5.0,
    choose_by: ChooseBy = "auto",
    surely: bool = True,
) -> Tuning: ...


@overload
def tune(
    data: Sequence[Dataset],
    rules: Sequence[Rule],
    *,
    max_false_alarms_per_day: float = 2.0,
    max_firing_ratio: float = 0.02,
    cost_missed: float = 60.0,
    cost_late_per_min: float = 1.0,
    cost_page: float = 5.0,
    choose_by: ChooseBy = "auto",
    surely: bool = True,
) -> PooledTuning: ...


def tune(
    data: Dataset | Sequence[Dataset],
    rules: Sequence[Rule],
    *,
    train_until_us: int | None = None,
    max_false_alarms_per_day: float = 2.0,
    max_firing_ratio: float = 0.02,
    cost_missed: float = 60.0,
    cost_late_per_min: float = 1.0,
    cost_page: float = 5.0,
    choose_by: ChooseBy = "auto",
    surely: bool = True,
) -> Tuning | PooledTuning:
    """Choose one point of each rule's grid, together, at the least cost, and judge it unseen.

    The cost is that of missed incidents, of minutes late on those caught (by the first rule
    that does; never more than missing one), and of episodes. The caps are on all rules
    together: false alarms are added up over rules, and so are the times firing outside of
    incidents, which bounds the time that any of them fires from above.

    One dataset is split in time: the choice sees no row and no label of the unseen part, and an
    incident belongs to the part in which it begins to show. Of many datasets each is judged by
    what was chosen on the others, and the rules that come out are chosen on all.

    Args:
        data: rows and incidents, and samples for the rules that need them; or several of these.
        rules: what to tune; each keeps exactly one point of its grid.
        train_until_us: the end of the training part [µs since 1970], not included; the middle
            of the dataset in time by default. Of one dataset only.
        max_false_alarms_per_day: at most so many, over all rules [1/day].
        max_firing_ratio: at most this share of the time outside of incidents is spent firing.
        cost_missed: of an incident that no rule caught.
        cost_late_per_min: of a minute from an incident's start to its first episode.
        cost_page: of an episode.
        choose_by: `labels` weighs these costs; `normal` takes thresholds as low as false alarms
            allow, without a look at incidents; `auto` is `labels` where there are five
            incidents or more.
        surely: whether the *upper limit* of false alarms a day, at 95 % sureness, has to meet
            its cap: the count that was seen may be luck. Otherwise it is the count itself.

    Raises:
        InputError: there is no incident to choose by, or no rule that can be judged.
        ConfigError: an option is out of its range, or the grids are too large to join.
        CheckFailedError: no combination meets the caps.
    """
    budget = checked(
        Budget(
            max_false_alarms_per_day=max_false_alarms_per_day,
            max_firing_ratio=max_firing_ratio,
            cost_missed=cost_missed,
            cost_late_per_min=cost_late_per_min,
            cost_page=cost_page,
        )
    )
    if isinstance(data, Dataset):
        return tune_split(
            data, rules, budget, train_until_us=train_until_us, by=choose_by, surely=surely
        )
    if train_until_us is not None:
        raise ConfigError(
            "train_until_us: found it with several datasets, expected it with one: of several, "
            "each is judged by the choice on the others"
        )
    if len(data) < 2:
        raise ConfigError(
            f"found a list of {len(data)} datasets, expected two or more, or one dataset by itself"
        )
    return tune_many([partial(_same, each) for each in data], rules, budget, by=choose_by,
                     surely=surely)  # fmt: skip


def _same(dataset: Dataset) -> Dataset:
    return dataset
