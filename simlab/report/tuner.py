"""The live tuner: turn each rule's threshold, window and `for`, and see at once what it does."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import write_rules
from simlab.dataset.schema import Dataset
from simlab.errors import ConfigError, SimlabError
from simlab.report.tuner_picture import Picture
from simlab.report.tuner_state import Turning
from simlab.report.tuner_still import Still
from simlab.report.tuner_words import as_text
from simlab.tuning.budget import Budget
from simlab.tuning.dials import Setting

if TYPE_CHECKING:
    from simlab.report.tuner_panes import Panes

ASLEEP: Final = "The sliders live while a kernel runs: run this cell to move them."
WITHOUT: Final = (
    "The sliders need ipywidgets, which is not installed: pip install 'simlab[lab]', then restart "
    "the kernel."
)


class ThresholdTuner:
    """Rules that can be turned by hand, in a notebook by sliders.

    As the last value of a cell it shows, above each other, the sliders of each rule, a picture
    and a table. The picture has each rule's signal with its threshold, the incidents, and when
    the rule fires; beside them what could be had at best where thresholds are chosen, and where
    the rules are. The table has the figures on the part that the choice does not see, with 90 %
    intervals. Where no kernel runs, the last picture is shown.

    Args:
        dataset: rows, and samples and labels where there are any.
        rules: what to turn. One that cannot be judged on the dataset has no sliders.
        start: rules of the same names to begin with, such as tuned ones; `rules` by default.
        train_until_us: where the unseen part begins [µs since 1970]; the middle by default.
        windows: for rules by name the windows to offer; by default half, once and twice its own.
        max_false_alarms_per_day: a tenth of where the front ends [1/day].
        max_firing_ratio: of the front: the most of the time outside of incidents spent firing.
        out: where "Save" writes the rules, replacing what is there.

    Raises:
        InputError: no rule can be judged on the dataset.
        ConfigError: an argument is out of its range.

    >>> from simlab.workload.draw import draw
    >>> from simlab.workload.loading import load_profile, with_rows
    >>> from simlab.alerts.rules_file import strategy_rules
    >>> day = draw(with_rows(load_profile("busy-day"), 5_000), seed=7)
    >>> tuner = ThresholdTuner(day, strategy_rules())
    >>> tuner.set("slow_batch", threshold=4.0, for_="30s")
    >>> tuner.rules[0].threshold, tuner.rules[0].for_
    (4.0, '30s')
    """

    def __init__(
        self,
        dataset: Dataset,
        rules: Sequence[Rule],
        *,
        start: Sequence[Rule] | None = None,
        train_until_us: int | None = None,
        windows: Mapping[str, Sequence[str]] | None = None,
        max_false_alarms_per_day: float = 2.0,
        max_firing_ratio: float = 0.02,
        out: str | Path = "tuned.toml",
    ) -> None:
        budget = Budget(
            max_false_alarms_per_day=max_false_alarms_per_day, max_firing_ratio=max_firing_ratio
        )
        self._state = Turning(
            dataset, rules, start=start, budget=budget, train_until_us=train_until_us,
            windows=windows,
        )  # fmt: skip
        self._picture = Picture(self._state.ground())
        self._panes: Panes | None = None
        self._still = Still()
        self.out: Final = Path(out)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules as they are set."""
        return self._state.rules

    def set(
        self,
        name: str,
        *,
        threshold: float | None = None,
        window: str | None = None,
        for_: str | None = None,
    ) -> None:
        """Turn one rule, as its sliders do, to what they offer that is nearest.

        Raises:
            ConfigError: there is no such rule, or no such window or `for`.
        """
        place = self._state.dial(name)
        dial, setting = self._state.dials[place], self._state.settings[place]
        near = dial.setting_of(
            dial.at(setting) if threshold is None else dial.rule.at(limit=threshold)
        )
        self._state.turn(
            place,
            Setting(
                setting.window if window is None else _at(window, dial.windows, "window"),
                near.threshold,
                setting.for_ if for_ is None else _at(for_, dial.grid.for_, "for"),
            ),
        )
        self._show()

    def reset(self) -> None:
        """Go back to where it began."""
        self._state.settings = self._state.start
        self._show()

    def snap(self) -> None:
        """Jump to the point of the front that is nearest in the picture.

        Raises:
            ConfigError: there are no labels, and so no front.
        """
        self._state.snap()
        self._show()

    def save(self) -> Path:
        """Write the rules as they are set to `out`, replacing what is there, and say where.

        Raises:
            OutputError: it cannot be written.
        """
        write_rules(self.rules, self.out, force=True)
        return self.out.resolve()

    def png(self) -> bytes:
        """The picture."""
        return self._picture.png(self._state.shown())

    def __str__(self) -> str:
        return as_text(self._state.turned, self._state.given, self._state.now)

    def __repr__(self) -> str:
        return str(self)

    def _ipython_display_(self) -> None:
        """Show the widgets, and a picture that stays when no kernel runs."""
        from IPython.display import display  # noqa: PLC0415 -- of the extra `lab`

        display(self._live(), raw=True)
        self._still.show(self.png(), str(self))

    def _live(self) -> dict[str, Any]:
        """What a front end finds the widgets by, and what it shows where it finds none."""
        if find_spec("ipywidgets") is None:
            return {"text/plain": WITHOUT}
        return {"text/plain": ASLEEP} | self._made().bundle()

    def _made(self) -> "Panes":
        """The widgets, which all cells that show the tuner share."""
        if self._panes is None:
            from simlab.report.tuner_panes import Panes  # noqa: PLC0415 -- of the extra `lab`

            self._panes = Panes(
                self._state.dials,
                turned=self._turned,
                pressed={f"Save {self.out.name}": self._saved, "Reset": self._reset,
                         "Snap to front": self._snapped},
            )  # fmt: skip
        self._show()
        return self._panes

    def _show(self) -> None:
        """Have the widgets, if there are any, show what is set."""
        if self._panes is not None:
            self._panes.show(self._state.settings)
            self._redraw()

    def _turned(self, place: int, setting: Setting) -> None:
        self._state.turn(place, setting)
        self._redraw()

    def _redraw(self) -> None:
        assert self._panes is not None
        picture = self.png()
        state = self._state
        self._panes.draw(picture, state.turned, state.given, state.now)
        self._still.replace(picture, str(self))

    def _saved(self) -> str:
        try:
            return f"Saved: {self.save()}"
        except SimlabError as error:
            return f"Not saved. {error}"

    def _reset(self) -> str:
        self.reset()
        return "Back to where it began."

    def _snapped(self) -> str:
        try:
            self.snap()
        except ConfigError as error:
            return f"Not moved: {error}"
        return "On the nearest point of the front."


def _at(text: str, offered: Sequence[str], what: str) -> int:
    if text not in offered:
        raise ConfigError(f"{what}: found {text!r}, expected one of {', '.join(offered)}")
    return offered.index(text)
