"""What a tuner shows in a notebook: sliders, buttons, a picture, a table."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

import ipywidgets as w

from simlab.alerts.rule import Rule
from simlab.report.tuner_controls import Knobs, widths_px
from simlab.report.tuner_words import as_html
from simlab.tuning.dials import Dial, Setting
from simlab.tuning.figures import Figures

WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_CLASS: Final = "simlab-tuner"
STYLE: Final = (
    f"<style>.{_CLASS} .widget-readout{{flex-shrink:0}} "
    f".jp-OutputArea:has(.{_CLASS}) > .jp-OutputArea-child:has(> .jp-RenderedImage)"
    "{display:none}</style>"
)
"""No text beside a slider is cut. And while the widgets live, with a picture of their own,
JupyterLab hides the one that outlives them."""


class Panes:
    """The widgets of a tuner.

    Args:
        dials: a row of sliders each.
        turned: is told which dial was turned, and its new setting.
        pressed: what each button does, by its text; it gives what to say then.
    """

    def __init__(
        self,
        dials: Sequence[Dial],
        *,
        turned: Callable[[int, Setting], None],
        pressed: Mapping[str, Callable[[], str]],
    ) -> None:
        self._turned = turned
        wide = widths_px(dials)
        self._knobs = [
            Knobs(dial, self._teller(place), widths_px=wide) for place, dial in enumerate(dials)
        ]
        self._image = w.Image(format="png", layout=w.Layout(width="100%", max_width="1060px"))
        self._table, self._status = w.HTML(), w.HTML()
        buttons = [self._button(text, press) for text, press in pressed.items()]
        self._all = w.VBox(
            [
                *(knobs.row for knobs in self._knobs),
                w.HBox([*buttons, self._status]),
                self._image,
                self._table,
                w.HTML(STYLE, layout=w.Layout(height="0")),
            ]
        )
        self._all.add_class(_CLASS)

    def bundle(self) -> dict[str, Any]:
        """What a notebook's front end finds them by."""
        return {
            WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self._all.model_id},
        }

    def show(self, settings: Sequence[Setting]) -> None:
        """Move the sliders."""
        for knobs, setting in zip(self._knobs, settings, strict=True):
            knobs.show(setting)

    def draw(self, png: bytes, rules: Sequence[Rule], given: Figures, now: Figures) -> None:
        """Show a picture and figures, and nothing more of what was said before."""
        self._image.value = png
        self._table.value = as_html(rules, given, now)
        self._say("")

    def _teller(self, place: int) -> Callable[[Setting], None]:
        return lambda setting: self._turned(place, setting)

    def _button(self, text: str, press: Callable[[], str]) -> w.Button:
        button = w.Button(description=text, layout=w.Layout(width="auto"))
        button.on_click(lambda _: self._say(press()))
        return button

    def _say(self, told: str) -> None:
        self._status.value = f'<span role="status">{escape(told)}</span>'
