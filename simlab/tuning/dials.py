"""Rules that can be turned: what every threshold, window and `for` does is swept beforehand.

Then a combination of settings costs a few sums, and someone can turn them by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import msgspec
import numpy as np

from simlab.alerts.rule import COUNT, Rule, duration_us
from simlab.alerts.signal import series
from simlab.clock import US_PER_S
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, InputError
from simlab.tuning.backtest import labels_of
from simlab.tuning.blocks import blocks
from simlab.tuning.grid import Grid, grid
from simlab.tuning.interval import Interval, whole
from simlab.tuning.match import no_truth
from simlab.tuning.plain.family import duration_text
from simlab.tuning.split import known_before, training_interval
from simlab.tuning.sweep import Points, Sweep, sweep

FACTORS: Final = (0.5, 1.0, 2.0)
"""How many times its own window a rule's windows are, by default."""


class Setting(NamedTuple):
    """Which of a dial's windows, thresholds and `for`s: the position of each."""

    window: int
    threshold: int
    for_: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Dial:
    """What can be set of a rule.

    Attributes:
        rule: the rule as given.
        windows: the texts of its windows, ascending, its own among them.
        grid: its thresholds and `for`s.
    """

    rule: Rule
    windows: tuple[str, ...]
    grid: Grid

    @property
    def given(self) -> Setting:
        """Where the rule is as it was given."""
        return self.setting_of(self.rule)

    def at(self, setting: Setting) -> Rule:
        """The rule at a setting."""
        rule, for_ = self.rule, self.grid.for_[setting.for_]
        if self.windows[setting.window] != rule.window:
            rule = msgspec.structs.replace(rule, window=self.windows[setting.window])
        if rule.aggregate == "absent":  # its window says it all
            return msgspec.structs.replace(rule, for_=for_)
        return rule.at(limit=float(self.grid.threshold[setting.threshold]), for_=for_)

    def setting_of(self, rule: Rule) -> Setting:
        """The setting nearest to a rule of the same name."""
        window = self.windows.index(
            rule.window if rule.window in self.windows else self.rule.window
        )
        return Setting(
            window,
            int(np.abs(self.grid.threshold - rule.limit).argmin()),
            int(np.abs(self.grid.for_us - rule.for_us).argmin()),
        )

    def point(self, setting: Setting) -> int:
        """Where the setting is among the dial's points."""
        place = setting.window * self.grid.threshold.size + setting.threshold
        return place * len(self.grid.for_) + setting.for_

    def setting(self, point: int) -> Setting:
        """The setting of a point."""
        place, for_ = divmod(point, len(self.grid.for_))
        return Setting(*divmod(place, self.grid.threshold.size), for_)


@dataclass(frozen=True, kw_only=True, eq=False)
class Dials:
    """Rules' dials over a dataset in two parts.

    Attributes:
        dials: one a rule that can be judged on the dataset.
        train: what each point does on the part to choose on.
        unseen: what it does on the rest.
        train_until_us: where that begins [µs since 1970].
    """

    dials: tuple[Dial, ...]
    train: Sweep
    unseen: Sweep
    train_until_us: int


def dials(
    dataset: Dataset,
    rules: Sequence[Rule],
    *,
    train_until_us: int | None = None,
    windows: Mapping[str, Sequence[str]] | None = None,
    also: Sequence[Rule] = (),
) -> Dials:
    """Sweep all that can be set, on the part to choose on and on the rest.

    Args:
        dataset: rows, and samples and labels where there are any.
        rules: what to turn. One that cannot be judged on the dataset is left out.
        train_until_us: where the rest begins [µs since 1970]; the middle by default.
        windows: for rules by name the windows to offer; by default half, once and twice its own.
        also: rules of the same names whose thresholds, `for`s and windows are to be there too.

    Raises:
        InputError: no rule can be judged on the dataset.
        ConfigError: the moment leaves one part empty, or a window is no window of its rule.
    """
    interval = training_interval(dataset, train_until_us)
    training = known_before(dataset, interval.until_us)
    given = windows or {}
    _refuse_unknown(given, rules)
    found = _judged(training, rules, given, {rule.name: rule for rule in also})
    rest = Interval(start_us=interval.until_us, until_us=whole(dataset).until_us)
    return Dials(
        dials=found,
        train=_swept(training, found, interval),
        unseen=_swept(dataset, found, rest),
        train_until_us=interval.until_us,
    )


def windows_of(rule: Rule) -> tuple[str, ...]:
    """Half, once and twice the rule's window, as far as it can have them; ascending.

    >>> windows_of(Rule(name="e", signal="error_ratio", aggregate="ratio", window="100 batches",
    ...                 threshold=0.05))
    ('50 batches', '100 batches', '200 batches')
    """
    if rule.aggregate == "last":
        return (rule.window,)
    return tuple(text for text in (_times(rule, f) for f in FACTORS) if _can_have(rule, text))


def _times(rule: Rule, factor: float) -> str:
    if factor == 1:
        return rule.window
    if counted := COUNT.fullmatch(rule.window):
        return f"{max(1, round(int(counted[1]) * factor))} {counted[2]}"
    return duration_text(duration_us(rule.window) * factor / US_PER_S)


def _can_have(rule: Rule, window: str) -> bool:
    try:
        msgspec.structs.replace(rule, window=window)
    except ConfigError:
        return False
    return True


def _refuse_unknown(windows: Mapping[str, Sequence[str]], rules: Sequence[Rule]) -> None:
    names = [rule.name for rule in rules]
    for name in windows:
        if name not in names:
            raise ConfigError(f"windows: found {name!r}, expected one of {', '.join(names)}")


def _judged(
    training: Dataset,
    rules: Sequence[Rule],
    windows: Mapping[str, Sequence[str]],
    also: Mapping[str, Rule],
) -> tuple[Dial, ...]:
    found: list[Dial] = []
    fault: InputError | None = None
    for rule in rules:
        try:
            found.append(_dial(training, rule, windows.get(rule.name), also.get(rule.name, rule)))
        except InputError as error:
            fault = error
    if not found:
        raise fault or InputError("found no rule, expected one or more to turn")
    return tuple(found)


def _dial(training: Dataset, rule: Rule, windows: Sequence[str] | None, other: Rule) -> Dial:
    values = np.concatenate([each.value for each in series(rule, training)])
    texts = {*(windows or windows_of(rule)), rule.window, other.window}
    for text in texts:
        msgspec.structs.replace(rule, window=text)  # raises what is wrong with it
    return Dial(
        rule=rule,
        windows=tuple(sorted(texts, key=_length)),
        grid=_with(grid(rule, values), other, rule),
    )


def _length(window: str) -> int:
    counted = COUNT.fullmatch(window)
    return int(counted[1]) if counted else duration_us(window)


def _with(tried: Grid, other: Rule, rule: Rule) -> Grid:
    """The grid with another rule's threshold and `for`."""
    texts = dict(zip(tried.for_us.tolist(), tried.for_, strict=True)) | {other.for_us: other.for_}
    threshold, fors = np.union1d(tried.threshold, [other.limit]), dict(sorted(texts.items()))
    return replace(
        tried,
        threshold=threshold,
        for_=tuple(fors.values()),
        for_us=np.array(list(fors), dtype=np.int64),
        threshold_at=int(np.searchsorted(threshold, rule.limit)),
        for_at=list(fors).index(rule.for_us),
    )


def _swept(dataset: Dataset, found: Sequence[Dial], interval: Interval) -> Sweep:
    truth = labels_of(dataset, interval) or no_truth()
    tried = [
        [
            sweep(
                dataset, [dial.at(dial.given._replace(window=window))], truth=truth,
                interval=interval, edges_us=blocks(interval).edges_us, tried=[dial.grid],
            )
            for window in range(len(dial.windows))
        ]
        for dial in found
    ]  # fmt: skip
    points = [
        _beside([one.points[0] for one in each], dial)
        for dial, each in zip(found, tried, strict=True)
    ]
    return replace(tried[0][0], points=tuple(points))


def _beside(parts: Sequence[Points], dial: Dial) -> Points:
    """The points of all windows as one rule's, the windows' steps counted too."""
    apart = [abs(place - dial.given.window) for place in range(len(parts))]
    return Points(
        rule=dial.rule,
        threshold=np.concatenate([part.threshold for part in parts]),
        for_=tuple(text for part in parts for text in part.for_),
        steps=np.concatenate([part.steps + way for part, way in zip(parts, apart, strict=True)]),
        episodes=np.concatenate([part.episodes for part in parts], axis=1),
        false_alarms=np.concatenate([part.false_alarms for part in parts], axis=1),
        firing_s=np.concatenate([part.firing_s for part in parts], axis=1),
        delay_s=np.concatenate([part.delay_s for part in parts], axis=1),
    )
