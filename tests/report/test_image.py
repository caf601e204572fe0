"""A picture is whole or absent, of a kind that its name says, the same for the same figure."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from simlab.errors import ConfigError, OutputError
from simlab.report import style
from simlab.report.image import write_image

BEGINNINGS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml"}


def drawn() -> Figure:
    ax = style.new_axes()
    ax.plot([1, 2], [3, 4])
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


@pytest.mark.parametrize("ending", BEGINNINGS)
def test_the_same_figure_gives_the_same_file_of_the_kind_its_name_says(
    ending: str, tmp_path: Path
) -> None:
    one, two = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    for path in (one, two):
        write_image(drawn(), path)
    assert one.read_bytes().startswith(BEGINNINGS[ending])
    assert one.read_bytes() == two.read_bytes()
    assert sorted(tmp_path.iterdir()) == [one, two]


def test_what_is_there_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_image(drawn(), path)
    assert path.read_text() == "mine"
    write_image(drawn(), path, force=True)
    assert path.read_text().startswith("<?xml")


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a picture ends in \.png or \.svg"):
        write_image(drawn(), tmp_path / "a.bmp")
