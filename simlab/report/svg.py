"""A figure as an image that a page can carry: SVG text for light and dark, as a `data:` address."""

import base64
import re
import warnings
from io import StringIO
from typing import Final

from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from simlab.report import style
from simlab.report.slim import STYLES_END, slim

_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"
_FONT: Final = re.compile(r"'DejaVu Sans'")
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_CLASS: Final = re.compile(r"\.s\d+\{[^}]*\}")
_INK: Final = re.compile("|".join(style.DARK))


def svg(figure: Figure) -> str:
    """The figure as SVG; the same figure gives the same text.

    Its words stay words, in the reader's own sans-serif; its ground is the page's. Where the
    reader prefers a dark ground, its inks are those for one.
    """
    out = StringIO()
    figure.set_facecolor("none")
    with style.style(), warnings.catch_warnings():
        # The reader's fonts draw the text: what ours lack does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    text = out.getvalue()
    return _adaptive(slim(_FONT.sub(_FONTS, _METADATA.sub("", text[text.index("<svg") :]))))


def _adaptive(image: str) -> str:
    """The same image, with its classes in the inks for a dark ground where one is preferred."""
    rules = "".join(_CLASS.findall(image.partition(STYLES_END)[0]))
    dark = _INK.sub(lambda ink: style.DARK[ink[0]], rules)
    media = f"@media (prefers-color-scheme: dark) {{{dark}}}"
    return image.replace(STYLES_END, media + STYLES_END, 1)


def data_uri(image: str) -> Markup:
    """The image as an address that holds it all: nothing is fetched, nothing in it can run."""
    encoded = base64.b64encode(image.encode()).decode("ascii")
    return Markup("data:image/svg+xml;base64,") + encoded
