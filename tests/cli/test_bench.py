"""`simlab bench`: the bill in print and on disk, the gate, and what cannot be measured."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from bench.known import Delayed, Sound, elsewhere, name_of, study_of

from simlab.bench import catalogue
from simlab.bench.findings import findings_of
from simlab.report.bill.folder import write_bill

from .cases import call, complaint, told, written

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "bench.md"
SHORT = ["--quick", "--events", "300"]
BOUND = '[[bound]]\nstack = "{}"\naspect = "cpu"\nat_most = 0.2\n'


def example() -> str:
    """The stack that the how-to shows."""
    (text,) = re.findall(r"```python\n(# my_stack\.py\n.*?)```", HOW_TO.read_text(), re.DOTALL)
    return str(text)


def test_a_stack_of_ones_own_in_ten_lines_is_billed() -> None:
    """The example of the how-to as it stands there, through the command, to the report."""
    code = example()
    assert len([line for line in code.splitlines() if line.strip()]) <= 14
    written(Path("my_stack.py"), code)
    found = told("bench", "--stack", "my_stack:MyStack", *SHORT, "--out", "out")
    lines: dict[str, Any] = {line["stack"]: line for line in found["bill"]["lines"]}
    assert set(lines) == {"plain", "my_stack:MyStack", "plain, again"}
    mine = lines["my_stack:MyStack"]
    assert mine["figures"]["cpu_ns"]["high"] < lines["plain"]["figures"]["cpu_ns"]["low"]
    assert mine["figures"]["bytes_per_event"]["value"] > 10
    for line in lines.values():
        assert all(f["low"] <= f["value"] <= f["high"] for f in line["figures"].values())
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "manifest.json", "report.html", "report.json", "report.md",
    ]  # fmt: skip
    assert "my_stack:MyStack" in Path("out/report.md").read_text()


def test_a_delay_planted_in_the_default_stack_fails_the_gate_and_without_it_it_passes() -> None:
    """5 microseconds, by the command as CI calls it."""
    both = BOUND.format(name_of(Sound)) + BOUND.format(name_of(Delayed))
    written(Path("gate.toml"), f"schema = 1\n{both}")
    said = call("bench", "--gate", "gate.toml", *SHORT, "--json")
    words = {each["bound"]["stack"]: each["word"] for each in json.loads(said.out)["bounds"]}
    assert words == {name_of(Sound): "passed", name_of(Delayed): "failed"}
    assert said.code == 1
    assert said.err.startswith(f"simlab: gate.toml: failed: {name_of(Delayed)} cpu is ")
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["gate.toml"]


def test_a_gate_whose_bounds_are_all_kept_exits_0(monkeypatch: pytest.MonkeyPatch) -> None:
    costs = study_of(default=[1e3, 1.01e3, 0.99e3, 1e3, 1.02e3])
    monkeypatch.setattr("simlab.bench.gate.study", lambda *_, **__: costs)
    written(Path("gate.toml"), "schema = 1\n" + BOUND.format("default"))
    said = call("bench", "--gate", "gate.toml")
    assert (said.code, said.err) == (0, "")
    assert "passed" in said.out


def test_a_gate_that_cannot_tell_is_measured_twice_and_does_not_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries = []

    def noisy(*_: object, **__: object) -> object:
        tries.append(1)
        return study_of(default=[1e3, 5e3, 2e3, 1e3, 4e3])

    monkeypatch.setattr("simlab.bench.gate.study", noisy)
    written(Path("gate.toml"), "schema = 1\n" + BOUND.format("default"))
    said = call("bench", "--gate", "gate.toml")
    assert said.code == 1
    assert "inconclusive, and measured twice: default cpu is " in said.err
    assert "10 rounds" in said.out
    assert len(tries) == 2


def report(place: str, **changes: Any) -> str:
    study = elsewhere(study_of(mine=[1e3, 2e3, 1e3, 1.5e3, 1e3]), **changes)
    write_bill(study, findings_of(study), Path(place))
    return place


def test_reports_of_one_machine_are_merged_and_of_two_refused() -> None:
    one, other, elsewhere_ = report("a"), report("b"), report("c", cpu="Another chip")
    both = told("bench", "--merge", one, f"{other}/report.json", "--out", "both")
    assert both["settings"]["rounds"] == 10
    line = complaint("bench", "--merge", one, elsewhere_, "--out", "all")
    assert line.startswith("c: cannot be put together with a: cpu: Another chip, not A chip")
    assert not Path("all").exists()


def test_a_missing_peer_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_is_installed", lambda _: False)
    monkeypatch.setattr("simlab.bench.study.in_rounds", lambda *_, **__: study_of().stacks)
    said = call("bench", "plain", "structlog", "--quick", "--out", "out")
    assert said.code == 0
    assert "structlog is not installed; pip install 'simlab[peers]'" in said.err
    assert "structlog" in Path("out/report.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--stack", "loguro"], "stack 'loguro': unknown; expected one of off, plain, default,"),
        (["--stack", "nope:Stack"], "stack 'nope:Stack': nope cannot be imported"),
        (["--rounds", "4"], "--rounds 4: too few for an interval"),
        (["--gate", "no.toml"], "no.toml: no such file"),
        (["--gate", "g.toml", "plain"], "--gate: its file names the stacks"),
        (["--merge", "a"], "--merge: found 1 reports, expected two or more"),
        (["--merge", "a", "b"], "a: cannot be read"),
    ],
)
def test_what_cannot_be_measured_is_told_before_anything_is(
    arguments: list[str], line: str
) -> None:
    assert complaint("bench", *arguments).startswith(line)
    assert not list(Path.cwd().iterdir())


def test_a_place_that_is_taken_is_refused_before_any_work() -> None:
    written(Path("out"), "mine")
    assert complaint("bench", "--out", "out").endswith("or replace it: --force")
