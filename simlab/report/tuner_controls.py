"""The tuner's sliders and buttons; ipywidgets is imported when they are made."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from simlab.report.inert import visible
from simlab.report.words import value_words
from simlab.tuning.dials import Dial, Setting

if TYPE_CHECKING:
    import ipywidgets

_CH_PX: Final = 8
_GAP_PX: Final = 62
_READOUT_PX: Final = 74
"""What Jupyter gives the text beside a slider at least."""
_LABEL_PX: Final = {"threshold": 66, "window": 52, "for_": 24}
_TRACK_PX: Final = {"threshold": 190, "window": 80, "for_": 80}
_NAMES: Final = {"threshold": "threshold", "window": "window", "for_": "for"}


class Knobs:
    """The sliders of one rule.

    Args:
        dial: what can be set of it.
        turned: is told the new setting when someone has moved a slider.
        widths_px: how wide the name and each slider are [CSS pixels]; see `widths_px`.
    """

    def __init__(
        self, dial: Dial, turned: Callable[[Setting], None], *, widths_px: Mapping[str, int]
    ) -> None:
        import ipywidgets as w  # noqa: PLC0415 -- of the extra `lab`

        self._turned, self._quiet = turned, False
        self._setting = dial.given
        self._sliders: dict[str, ipywidgets.SelectionSlider] = {}
        name = w.HTML(f"<b>{escape(visible(dial.rule.name))}</b>", layout=_wide(widths_px["name"]))
        shown = [
            self._knob(dial, part, texts, widths_px[part]) for part, texts in _texts(dial).items()
        ]
        self.row: Final = w.HBox([name, *shown], layout=w.Layout(flex_flow="row wrap"))

    def show(self, setting: Setting) -> None:
        """Move the sliders to a setting, telling no one."""
        self._quiet = True
        for part, slider in self._sliders.items():
            slider.index = getattr(setting, part)
        self._quiet = False
        self._setting = setting

    def _knob(
        self, dial: Dial, part: str, texts: Sequence[str], width_px: int
    ) -> "ipywidgets.Widget":
        import ipywidgets as w  # noqa: PLC0415 -- of the extra `lab`

        if len(texts) < 2:  # nothing to slide
            told = f"{_NAMES[part]}: {texts[0]}" if texts else ""
            return w.Label(told, layout=_wide(width_px))
        slider = w.SelectionSlider(
            options=list(zip(texts, range(len(texts)), strict=True)),
            index=getattr(dial.given, part),
            description=_NAMES[part],
            tooltip=f"{_NAMES[part]} of {dial.rule.name}: arrow keys move it",
            continuous_update=False,
            style={"description_width": f"{_LABEL_PX[part]}px"},
            layout=_wide(width_px),
        )
        slider.observe(lambda change: self._moved(part, change), names="index")
        self._sliders[part] = slider
        return slider

    def _moved(self, part: str, change: Any) -> None:
        if not self._quiet:
            self._setting = self._setting._replace(**{part: int(change["new"])})
            self._turned(self._setting)


def widths_px(dials: Sequence[Dial]) -> dict[str, int]:
    """How wide names and sliders must be so that nothing is cut and columns stand straight."""
    told = [_texts(dial) for dial in dials]
    found = {"name": 16 + _CH_PX * max(len(visible(dial.rule.name)) for dial in dials)}
    for part in _NAMES:
        texts = [text for each in told for text in each[part]]
        readout = max(_READOUT_PX, 10 + _CH_PX * max(map(len, texts), default=0))
        slides = any(len(each[part]) > 1 for each in told)
        track = _TRACK_PX[part] if slides else 0
        found[part] = _LABEL_PX[part] + track + readout + _GAP_PX
    return found


def _texts(dial: Dial) -> dict[str, Sequence[str]]:
    """What each slider offers; an `absent` has no threshold, its window says it all."""
    thresholds = dial.grid.threshold.tolist() if dial.rule.aggregate != "absent" else []
    return {
        "threshold": [value_words(dial.rule, value) for value in thresholds],
        "window": dial.windows,
        "for_": dial.grid.for_,
    }


def _wide(width_px: int) -> Any:
    import ipywidgets as w  # noqa: PLC0415 -- of the extra `lab`

    return w.Layout(width=f"{width_px}px", flex="0 0 auto")
