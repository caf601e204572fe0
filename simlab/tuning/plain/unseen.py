"""What proposed rules do on the part of a plain series that the choice did not see."""

from collections.abc import Sequence
from dataclasses import dataclass

from simlab.dataset.schema import Dataset
from simlab.tuning.backtest import Backtest, backtest
from simlab.tuning.interval import whole
from simlab.tuning.plain.propose import Proposal, propose
from simlab.tuning.score import Score


@dataclass(frozen=True, kw_only=True)
class Plain:
    """One plain series: the rules for it, and what they did after the part they were chosen on.

    Attributes:
        proposal: the rules, and what they should bring.
        unseen: what they did on the rest; None when the first part is all there is.
    """

    proposal: Proposal
    unseen: Backtest | None

    @property
    def score(self) -> Score:
        """The figures of all rules together on the rest; NaN without a rest."""
        return self.unseen.scores[-1] if self.unseen else Score(rule=self.proposal.name)


def tune_plain(
    datasets: Sequence[Dataset],
    *,
    train_until_us: int | None = None,
    max_false_alarms_per_day: float = 0.1,
    max_firing_ratio: float = 0.005,
) -> tuple[Plain, ...]:
    """Choose rules for plain series on their first parts, and judge them on the rest.

    Args:
        datasets: the series, with `value`; incidents where there are labels.
        train_until_us: where the first part ends [µs since 1970], not included; the middle of
            each series in time by default. After the last row: all of it is for the choice.
        max_false_alarms_per_day: at most so many [1/d].
        max_firing_ratio: at most this share of the time outside of labels is spent firing.

    Raises:
        InputError: a series has no value, or too little of it.
        ConfigError: a cap is out of its range, or the first part is empty.
        CheckFailedError: nothing should keep the caps.
    """
    proposals = propose(
        datasets,
        train_until_us=train_until_us,
        max_false_alarms_per_day=max_false_alarms_per_day,
        max_firing_ratio=max_firing_ratio,
    )
    return tuple(map(_judged, datasets, proposals))


def _judged(dataset: Dataset, proposal: Proposal) -> Plain:
    if proposal.train_until_us >= whole(dataset).until_us:
        return Plain(proposal=proposal, unseen=None)
    found = backtest(dataset, proposal.rules, start_us=proposal.train_until_us)
    return Plain(proposal=proposal, unseen=found)
