"""The tuner's sliders and buttons; ipywidgets is imported when they are made."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from simlab.report.inert import visible
from simlab.report.words import value_words
from simlab.tuning.dials import Dial, Setting

if TYPE_CHECKING:
    import ipywidgets

_CH_PX: Final = 8
_LABEL_PX: Final = {"threshold": 66, "window": 52, "for_": 24}
_NAMES: Final = {"threshold": "threshold", "window": "window", "for_": "for"}


class Knobs:
    """The sliders of one rule.

    Args:
        dial: what can be set of it.
        turned: is told the new setting when someone has moved a slider.
        name_px: how wide the rule's name is [CSS pixels].
    """

    def __init__(self, dial: Dial, turned: Callable[[Setting], None], *, name_px: int) -> None:
        import ipywidgets as w  # noqa: PLC0415 -- of the extra `lab`

        self._turned, self._quiet = turned, False
        self._setting = dial.given
        self._sliders: dict[str, ipywidgets.SelectionSlider] = {}
        name = w.HTML(f"<b>{visible(dial.rule.name)}</b>", layout=w.Layout(width=f"{name_px}px"))
        shown = [self._knob(dial, part, texts) for part, texts in _texts(dial).items()]
        self.row: Final = w.HBox([name, *shown], layout=w.Layout(flex_flow="row wrap"))

    def show(self, setting: Setting) -> None:
        """Move the sliders to a setting, telling no one."""
        self._quiet = True
        for part, slider in self._sliders.items():
            slider.index = getattr(setting, part)
        self._quiet = False
        self._setting = setting

    def _knob(self, dial: Dial, part: str, texts: Sequence[str]) -> "ipywidgets.Widget":
        import ipywidgets as w  # noqa: PLC0415 -- of the extra `lab`

        if len(texts) == 1:  # nothing to slide
            return w.Label(f"{_NAMES[part]} {texts[0]}", layout=w.Layout(width="auto"))
        slider = w.SelectionSlider(
            options=list(zip(texts, range(len(texts)), strict=True)),
            index=getattr(dial.given, part),
            description=_NAMES[part],
            tooltip=f"{_NAMES[part]} of {dial.rule.name}: arrow keys move it",
            continuous_update=False,
            style={"description_width": f"{_LABEL_PX[part]}px"},
            layout=w.Layout(width=f"{_width_px(part, texts)}px", flex="0 0 auto"),
        )
        slider.observe(lambda change: self._moved(part, change), names="index")
        self._sliders[part] = slider
        return slider

    def _moved(self, part: str, change: Any) -> None:
        if not self._quiet:
            self._setting = self._setting._replace(**{part: int(change["new"])})
            self._turned(self._setting)


def name_px(dials: Sequence[Dial]) -> int:
    """How wide the longest name is [CSS pixels]."""
    return 14 + _CH_PX * max(len(visible(dial.rule.name)) for dial in dials)


def _texts(dial: Dial) -> dict[str, Sequence[str]]:
    """What each slider offers."""
    shown = {
        "threshold": [value_words(dial.rule, value) for value in dial.grid.threshold.tolist()],
        "window": dial.windows,
        "for_": dial.grid.for_,
    }
    if dial.rule.aggregate == "absent":  # its window says it all
        del shown["threshold"]
    return shown


def _width_px(part: str, texts: Sequence[str]) -> int:
    """Room for the label, a track, and the longest text."""
    return _LABEL_PX[part] + 130 + 30 + _CH_PX * max(map(len, texts))
