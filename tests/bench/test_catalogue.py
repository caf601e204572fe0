"""Stacks are found by name, and what is not found is told in a line that says what would be."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from simlab.bench import catalogue
from simlab.bench.catalogue import BUILT_IN, missing, names, stack_of
from simlab.bench.rounds import QUICK
from simlab.bench.stacks.off import Off
from simlab.bench.study import study
from simlab.errors import ConfigError

from . import known
from .known import name_of


@pytest.fixture
def without_peers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no peer's library is installed."""
    monkeypatch.setattr(catalogue, "_is_installed", lambda module: False)


def test_a_class_is_found_in_its_module() -> None:
    assert stack_of("off") is Off
    assert stack_of(name_of(known.Busy5)) is known.Busy5


def test_a_module_of_the_current_directory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stack_from_here.py").write_text("class Mine: ...\n")
    monkeypatch.chdir(tmp_path)
    assert stack_of("stack_from_here:Mine").__name__ == "Mine"


def test_a_stack_of_an_entry_point_goes_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("ours", name_of(known.Busy1), "simlab.stacks")
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [point])
    assert names() == [*BUILT_IN, "ours"]
    assert stack_of("ours") is known.Busy1


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("loguro", "unknown; expected one of off, plain, default, queue, python-json-logger"),
        ("no_such_module:Stack", "no_such_module cannot be imported"),
        (f"{known.__name__}:Nope", f"found no class 'Nope' in {known.__name__}"),
        (f"{known.__name__}:", f"found no class '' in {known.__name__}"),
    ],
)
def test_an_unknown_stack_is_refused(name: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        stack_of(name)
    assert told in str(refused.value)


@pytest.mark.usefixtures("without_peers")
def test_a_missing_peer_is_named_with_the_line_that_installs_it() -> None:
    assert missing("default") is None
    for name in ("python-json-logger", "structlog", "loguru", "opentelemetry"):
        with pytest.raises(ConfigError, match=r"is not installed; pip install 'simlab\[peers\]'"):
            stack_of(name)


@pytest.mark.usefixtures("without_peers")
def test_where_all_stacks_are_missing_there_is_nothing_to_measure() -> None:
    with pytest.raises(ConfigError, match="structlog is not installed"):
        study(["structlog"], QUICK)
