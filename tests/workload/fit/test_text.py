"""The file of a fitted profile is read back as the profile, whatever its source is called."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from simlab.errors import OutputError
from simlab.workload.draw import draw
from simlab.workload.fit.fitted import Fitted
from simlab.workload.fit.text import fitted_toml, write_fitted
from simlab.workload.loading import load_profile
from workload.cases import case, trouble

from .cases import fitted, poisson_log


@pytest.fixture(scope="module")
def full() -> Fitted:
    """Every table there can be."""
    service = {"dist": "lognormal", "median": 0.3, "sigma": 0.5, "per_item": 0.01,
               "warehouse_spread": 0.3}  # fmt: skip
    arrivals = {"per_minute": 20, "hourly": [0.5] * 12 + [1.5] * 12}
    spike = trouble("latency_spike")
    profile = case(duration="1d", service=service, arrivals=arrivals, incident=[spike])
    return fitted(draw(profile, seed=1))


def test_the_file_holds_the_profile(full: Fitted, tmp_path: Path) -> None:
    write_fitted(full, tmp_path / "p.toml")
    assert load_profile(str(tmp_path / "p.toml")) == full.profile
    assert [path.name for path in tmp_path.iterdir()] == ["p.toml"]


def test_the_file_is_in_the_order_of_the_how_to_and_short_enough_to_read(full: Fitted) -> None:
    text = fitted_toml(full)
    sections = [line for line in text.splitlines() if line.startswith("[")]
    assert sections == ["[arrivals]", "[service]", "[batch]", "[outcome]", "[resources]"]
    assert max(map(len, text.splitlines())) <= 100


def test_comments_say_where_it_comes_from_and_what_was_left_out(full: Fitted) -> None:
    comments = " ".join(line for line in fitted_toml(full).splitlines() if line.startswith("#"))
    assert f"Fitted to case: {full.attempts:,} attempts" in comments
    assert "left out:" in comments


@pytest.mark.parametrize(
    "source", ['a"b\\c', "line\nbreak]\n[x]", "\x00\x1b[31m", "\udce9", "日本 é 🚚", "x" * 400, ""]
)
def test_no_name_of_a_source_breaks_the_file(source: str, tmp_path: Path) -> None:
    dataset = replace(poisson_log(60, 10, seed=1), name=source)
    found = fitted(dataset)
    write_fitted(found, tmp_path / "p.toml")
    assert load_profile(str(tmp_path / "p.toml")) == found.profile
    assert tomllib.loads(fitted_toml(found))["name"] == "fitted"


def test_what_is_there_is_not_replaced_unasked(full: Fitted, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("mine")
    with pytest.raises(OutputError, match="--force"):
        write_fitted(full, tmp_path / "p.toml")
    assert (tmp_path / "p.toml").read_text() == "mine"
    write_fitted(full, tmp_path / "p.toml", force=True)
    assert load_profile(str(tmp_path / "p.toml")) == full.profile
