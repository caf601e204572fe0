"""Where the rules of a tuner are set, and what they do there."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simlab.alerts.rule import Rule
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError
from simlab.report.tuner_episodes import Episodes
from simlab.report.tuner_panel import Scale
from simlab.report.tuner_picture import Ground, Shown
from simlab.tuning.budget import Budget, checked
from simlab.tuning.dials import Dial, Setting, dials
from simlab.tuning.figures import Figures, figures
from simlab.tuning.front import FRONT_UP_TO, undominated_points
from simlab.tuning.interval import whole
from simlab.tuning.join import Floats, Ints
from simlab.tuning.score import S_PER_DAY
from simlab.tuning.sweep import Sweep
from simlab.tuning.tally import tally

_ALARMS_LINEAR: Final = 0.1
"""Below so many false alarms a day their distance counts as it is, above by magnitudes."""


class Turning:
    """The settings of all rules, and what they do; nothing in it is drawn.

    Args:
        dataset: rows, and samples and labels where there are any.
        rules: what to turn.
        start: where to begin, rules of the same names; as given by default.
        budget: what bounds the front.
        train_until_us: where the unseen part begins [µs since 1970]; the middle by default.
        windows: the windows to offer, by the rules' names.

    Raises:
        InputError: no rule can be judged on the dataset.
        ConfigError: an argument is out of its range.
    """

    def __init__(
        self,
        dataset: Dataset,
        rules: Sequence[Rule],
        *,
        start: Sequence[Rule] | None = None,
        budget: Budget,
        train_until_us: int | None = None,
        windows: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        begin = {rule.name: rule for rule in start or rules}
        self._given = tuple(rules)
        self._swept = dials(
            dataset, rules, train_until_us=train_until_us, windows=windows, also=start or ()
        )
        self._dataset = dataset
        self._episodes = Episodes(dataset)
        self.dials: Final = self._swept.dials
        self.start: Final = tuple(
            dial.setting_of(begin.get(dial.rule.name, dial.rule)) for dial in self.dials
        )
        self.settings = self.start
        self._front = undominated_points(
            self._swept.train,
            checked(budget),
            max_false_alarms_per_day=FRONT_UP_TO * budget.max_false_alarms_per_day,
        )
        reached = _alarms_and_recall(self._swept.train, self._front)
        self._outline = _outline(reached)
        best = (reached[:, None] == self._outline[None]).all(axis=2).any(axis=1)
        self._front, self._reached = self._front[best], reached[best]
        self._known: dict[tuple[Setting, ...], Figures] = {}
        self._before = self._figures(tuple(dial.given for dial in self.dials))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, those that can be turned as they are set."""
        now = {rule.name: rule for rule in self.turned}
        return tuple(now.get(rule.name, rule) for rule in self._given)

    @property
    def turned(self) -> tuple[Rule, ...]:
        """The rules that can be turned, as they are set."""
        pairs = zip(self.dials, self.settings, strict=True)
        return tuple(dial.at(setting) for dial, setting in pairs)

    @property
    def given(self) -> Figures:
        """What the rules as given do on unseen data."""
        return self._before

    @property
    def now(self) -> Figures:
        """What the rules as set do on unseen data."""
        return self._figures(self.settings)

    @property
    def on_front(self) -> bool:
        """Whether the settings are a point of the front that the picture has."""
        return bool((self._front == self._points(self.settings)).all(axis=1).any())

    def dial(self, name: str) -> int:
        """The position of the dial of a rule.

        Raises:
            ConfigError: there is none of that name.
        """
        names = [dial.rule.name for dial in self.dials]
        if name not in names:
            raise ConfigError(f"found {name!r}, expected one of {', '.join(names)}")
        return names.index(name)

    def turn(self, place: int, setting: Setting) -> None:
        """Set one rule."""
        self.settings = (*self.settings[:place], setting, *self.settings[place + 1 :])

    def snap(self) -> None:
        """Go to the point of the front that is nearest in the picture; of equals the nearest turn.

        Raises:
            ConfigError: there is no front, since there are no labels.
        """
        if not len(self._front):
            raise ConfigError("found no labels, so there is no front; give incidents to catch")
        here = np.array([self._here(self.settings)])
        away = np.linalg.norm(_on_paper(self._reached) - _on_paper(here), axis=1).round(9)
        turns = np.abs(self._front - self._points(self.settings)).sum(axis=1)
        nearest = self._front[np.lexsort((turns, away))[0]]
        pairs = zip(self.dials, nearest.tolist(), strict=True)
        self.settings = tuple(dial.setting(point) for dial, point in pairs)

    def ground(self) -> Ground:
        """What the picture shows whatever is set."""
        interval = whole(self._dataset)
        return Ground(
            rules=[dial.rule for dial in self.dials],
            scales=[self._scale(dial) for dial in self.dials],
            span=(interval.start_us, interval.until_us),
            unseen_us=self._swept.train_until_us,
            incidents=self._dataset.incidents,
            front=self._outline,
            given=self._here([dial.given for dial in self.dials]),
        )

    def shown(self) -> Shown:
        """What the picture shows of the settings."""
        rules, now = self.turned, self.now
        return Shown(
            rules=rules,
            signals=[self._episodes.signal(rule) for rule in rules],
            begun=[self._episodes.begun(rule) for rule in rules],
            here=self._here(self.settings),
            unseen=(now.false_alarms_per_day.value, now.recall.value),
        )

    def _points(self, settings: Sequence[Setting]) -> Ints:
        pairs = zip(self.dials, settings, strict=True)
        return np.array([dial.point(setting) for dial, setting in pairs])

    def _figures(self, settings: tuple[Setting, ...]) -> Figures:
        if settings not in self._known:
            self._known[settings] = figures(tally(self._swept.unseen, self._points(settings)))
        return self._known[settings]

    def _here(self, settings: Sequence[Setting]) -> tuple[float, float]:
        """False alarms a day and recall where thresholds are chosen."""
        ((alarms, recall),) = _alarms_and_recall(self._swept.train, self._points(settings)[None, :])
        return float(alarms), float(recall)

    def _scale(self, dial: Dial) -> Scale:
        """Room for what the rule sees through each window, and for each threshold."""
        seen = [
            self._episodes.signal(dial.at(dial.given._replace(window=window)))[1]
            for window in range(len(dial.windows))
        ]
        value = np.concatenate([*seen, dial.grid.threshold])
        known = value[np.isfinite(value)]
        return Scale(low=float(known.min()), high=float(known.max()))


def _alarms_and_recall(sweep: Sweep, points: Ints) -> Floats:
    """False alarms a day and recall of combinations: a row each."""
    chosen = list(zip(sweep.points, points.T, strict=True))
    delay_s = np.minimum.reduce([rule.delay_s[:, where] for rule, where in chosen])
    alarms = np.sum([rule.false_alarms[:, where].sum(axis=0) for rule, where in chosen], axis=0)
    caught = np.isfinite(delay_s).sum(axis=0)
    recall = caught / len(delay_s) if len(delay_s) else np.full(caught.size, np.nan)
    return np.column_stack((alarms * S_PER_DAY / float(sweep.span_s.sum()), recall))


def _outline(reached: Floats) -> Floats:
    """The points that no other betters in false alarms and recall, by rising false alarms."""
    known = reached[np.isfinite(reached).all(axis=1)]
    ordered = known[np.lexsort((-known[:, 1], known[:, 0]))]
    before = np.maximum.accumulate(np.concatenate(([-1.0], ordered[:, 1])))[:-1]
    return ordered[ordered[:, 1] > before]


def _on_paper(reached: Floats) -> NDArray[np.float64]:
    """Where points lie in the picture: false alarms by magnitudes, as wide as recall is high."""
    alarms, recall = reached.T
    return np.column_stack((np.log10(1 + alarms / _ALARMS_LINEAR) / 3, np.nan_to_num(recall)))
