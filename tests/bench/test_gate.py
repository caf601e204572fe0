"""A gate passes what surely keeps its bounds, fails what surely does not, and says when it cannot."""

from pathlib import Path

import pytest

from simlab.bench.bill import bill_of
from simlab.bench.chance import Estimate
from simlab.bench.gate import Gate, judged, load_gate, word_of
from simlab.errors import ConfigError

from .known import study_of

BOUND = '[[bound]]\nstack = "default"\naspect = "cpu"\nat_most = 0.3\n'


@pytest.mark.parametrize(
    ("times", "floor", "word"),
    [
        (Estimate(0.17, 0.15, 0.19), 1.05, "passed"),
        (Estimate(0.17, 0.03, 0.31), 1.05, "inconclusive"),  # it may be above
        (Estimate(0.29, 0.285, 0.295), 1.05, "inconclusive"),  # nearer than the noise floor
        (Estimate(0.17, 0.15, 0.19), 2.0, "inconclusive"),
        (Estimate(0.5, 0.45, 0.55), 1.05, "failed"),
        (Estimate(0.5, 0.25, 0.75), 1.05, "inconclusive"),
        (Estimate(0.31, 0.305, 0.315), 1.05, "inconclusive"),
        (Estimate(0.17, 0.15, 0.19), float("inf"), "inconclusive"),
        (Estimate(float("nan"), float("nan"), float("nan")), 1.05, "inconclusive"),
    ],
)
def test_only_what_is_sure_beyond_the_noise_passes_or_fails(
    times: Estimate, floor: float, word: str
) -> None:
    assert word_of(times, floor=floor, at_most=0.3) == word


def test_each_bound_is_held_against_its_stack_and_aspect(tmp_path: Path) -> None:
    gate = load_gate(written(tmp_path, BOUND + BOUND.replace("0.3", "0.1")))
    held = judged(gate, bill_of(study_of(default=[2000.0, 2010.0, 1990.0, 2005.0, 1995.0])))
    assert [each.word for each in held] == ["passed", "failed"]


def test_the_shipped_gate_is_about_the_default_stack() -> None:
    gate = load_gate(Path(__file__).parents[2] / "benchmarks" / "gate.toml")
    assert gate.stacks == ["default"]
    assert isinstance(gate, Gate)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOUND.replace("cpu", "warmth"), "$.bound[0].aspect: found 'warmth', expected one of"),
        (BOUND.replace("0.3", "0"), "$.bound[0].at_most"),
        (BOUND.replace("at_most", "at_least"), "$.bound[0].at_least: unknown key"),
        (BOUND.replace('"default"', '"plain"'), "$.bound[0].stack: found 'plain'"),
        ("bound = []", "$.bound"),
    ],
)
def test_a_gate_that_cannot_be_used_names_file_and_key(
    tmp_path: Path, text: str, told: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load_gate(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)


def written(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(f"schema = 1\n{text}")
    return path
