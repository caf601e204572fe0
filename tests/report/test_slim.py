"""A slim image says the same in less text."""

import re
import xml.etree.ElementTree as ET

import numpy as np

from simlab.report import style
from simlab.report.slim import slim
from simlab.report.svg import svg


def test_looks_are_told_once_and_steps_as_short_as_they_can_be() -> None:
    image = (
        '<svg><style type="text/css">*{}</style>\n  <g id="a_1">\n   <path d="M 1.2345 2 \n'
        'L 30.06 4 \nL 30.06 5 \nL 7 5 \nz\nM 7 5 \nL 7 6 \n" style="fill: #000000"/>\n'
        '   <path id="m0f" d="M 0 1 \nC 0 1 2 3 4 5 \nL 4 7 \n"/>\n'
        '   <use xlink:href="#m0f" x="7.777" style="fill: #000000" clip-path="url(#m0f)"/>\n'
        "  </g></svg>"
    )
    assert slim(image) == (
        '<svg><style type="text/css">*{}.s0{fill: #000000}</style>\n<g>\n'
        '<path d="M1.2 2L30.1 4V5H7zM7 5V6" class="s0"/>\n'
        '<path id="n0" d="M0 1C0 1 2 3 4 5V7"/>\n'
        '<use xlink:href="#n0" x="7.8" class="s0" clip-path="url(#n0)"/>\n</g></svg>'
    )


def test_a_line_keeps_its_points_to_a_tenth_and_every_reference_its_end() -> None:
    """A drawn line of 500 points, read back from the slim text."""
    heights = np.random.default_rng(1).uniform(0, 1, 500)
    with style.style():
        ax = style.new_axes(width_in=8, height_in=3)
        (line,) = ax.plot(np.arange(500.0), heights, color=style.LINE)
        figure = ax.figure
        text = svg(figure)  # type: ignore[arg-type]  # a whole figure
        drawn = ax.transData.transform(line.get_xydata()) * 72 / figure.dpi
    paths = [each for each in re.findall(r' d="([^"]*)"', text) if each.count("L") > 300]
    points, x, y = [], 0.0, 0.0
    for step, numbers in re.findall(r"([MLHV])([-\d. ]*)", paths[0]):
        place = [float(number) for number in numbers.split()]
        x, y = (
            (place[0], place[1])
            if step in "ML"
            else (place[0], y)
            if step == "H"
            else (x, place[0])
        )
        points.append((x, y))
    flipped = np.column_stack([drawn[:, 0], 3 * 72 - drawn[:, 1]])
    for point in points:
        assert np.abs(flipped - point).max(axis=1).min() <= 0.11
    ids = set(re.findall(r' id="([^"]*)"', text))
    assert set(re.findall(r"#(n\d+)", text)) <= ids
    ET.fromstring(text)
