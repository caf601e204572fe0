"""A figure as an image that a page can carry: SVG text, light and dark, as a `data:` address."""

import base64
import re
import warnings
from io import StringIO
from typing import Final

from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from simlab.report import style

_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif"
_FONT: Final = re.compile(r"'DejaVu Sans'")
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_INK: Final = re.compile("|".join(style.DARK))


def svg(figure: Figure) -> str:
    """The figure as SVG; the same figure gives the same text.

    Its words stay words, in the reader's own sans-serif; its ground is the page's.
    """
    out = StringIO()
    figure.set_facecolor("none")
    with style.style(), warnings.catch_warnings():
        # The reader's fonts draw the text: what ours lack does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        FigureCanvasSVG(figure).print_svg(out, metadata={"Date": None})
    text = out.getvalue()
    return _FONT.sub(_FONTS, _METADATA.sub("", text[text.index("<svg") :]))


def darkened(image: str) -> str:
    """The same image in the inks for a dark ground."""
    return _INK.sub(lambda ink: style.DARK[ink[0]], image)


def data_uri(image: str) -> Markup:
    """The image as an address that holds it all: nothing is fetched, nothing in it can run."""
    encoded = base64.b64encode(image.encode()).decode("ascii")
    return Markup("data:image/svg+xml;base64,") + encoded
