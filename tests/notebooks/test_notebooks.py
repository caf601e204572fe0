"""Notebooks stay thin and small, and what they show is there before they are run."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent.parent.parent / "notebooks"
NOTEBOOKS = sorted(HERE.glob("*.ipynb"))
MOST_BYTES = 200_000
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
ABSOLUTE = re.compile(r"(?<![\w./:])/(?:home|root|tmp|work|Users|opt|var|usr|mnt)\b|[A-Z]:\\\\")
LINK = re.compile(r"\]\(([^)#]+\.ipynb)\)")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            yield cell


def _python(cell: dict[str, Any]) -> ast.Module:
    lines = [line for line in cell["source"] if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("".join(lines))


def definitions(tree: ast.Module) -> list[int]:
    """The lines on which something is defined that belongs into the package."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, DEFINITIONS)]


def test_all_seven_are_there() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{number:02}" for number in range(7)]


@each
def test_no_function_is_defined(path: Path) -> None:
    for cell in _cells(path, "code"):
        assert not definitions(_python(cell)), "".join(cell["source"])


def test_a_function_would_be_found() -> None:
    assert definitions(ast.parse("x = 1\ny = sorted([], key=lambda v: v)")) == [2]


@each
def test_no_path_of_one_machine_is_in_it(path: Path) -> None:
    found = ABSOLUTE.findall(path.read_text(encoding="utf-8"))
    assert not found, found


@each
def test_a_cell_that_ends_in_a_value_shows_it(path: Path) -> None:
    shown = 0
    for cell in _cells(path, "code"):
        body = _python(cell).body
        if body and isinstance(body[-1], ast.Expr) and not _is_silent_call(body[-1]):
            assert cell["outputs"], "".join(cell["source"])
            shown += 1
    assert shown >= 3


def _is_silent_call(last: ast.Expr) -> bool:
    """Such as `tuner.save()`, `write_dashboard(…)`: what is wanted is not its value."""
    named = ast.unparse(last)
    return named.startswith(("write_", "tuner.save("))


@each
def test_no_output_is_large_and_none_is_an_error(path: Path) -> None:
    for cell in _cells(path, "code"):
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert len(json.dumps(output)) <= MOST_BYTES
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})


@each
def test_one_cell_holds_the_parameters(path: Path) -> None:
    tagged = [c for c in _cells(path, "code") if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1
    assert all(isinstance(node, ast.Assign) for node in _python(tagged[0]).body)


@each
def test_links_between_notebooks_lead_somewhere(path: Path) -> None:
    for cell in _cells(path, "markdown"):
        for target in LINK.findall("".join(cell["source"])):
            assert (HERE / target).is_file(), target
