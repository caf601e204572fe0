"""A figure in a file of its own."""

from pathlib import Path
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from simlab.dataset.target import building, settle
from simlab.errors import ConfigError
from simlab.report import style

KINDS: Final = (".png", ".svg")


def write_image(figure: Figure, path: Path, *, force: bool = False) -> None:
    """Write the figure as its file's ending says; the same figure gives the same bytes.

    Args:
        figure: what to write.
        path: a file that ends in .png or .svg.
        force: replace what is there.

    Raises:
        ConfigError: it ends otherwise.
        OutputError: something is there already, or it cannot be written.
    """
    refuse_ending(path)
    with building(path, force=force) as folder, style.style():
        made = folder / path.name
        FigureCanvasAgg(figure)
        dated = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(made, dpi=150, metadata=dated)
        settle(made, path)


def refuse_ending(path: Path) -> None:
    """Stop before any work for a picture of a kind that cannot be drawn.

    Raises:
        ConfigError: the file's ending is not .png or .svg.
    """
    if path.suffix not in KINDS:
        raise ConfigError(f"{path}: a picture ends in {' or '.join(KINDS)}")
