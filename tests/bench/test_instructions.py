"""Instruction counts repeat, and tell of the work that was done."""

import os
import shutil

import pytest

from simlab.bench.instructions import Instructions, instructions_of
from simlab.errors import ConfigError

from . import careless

HERE = careless.__name__
installed = pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")


@pytest.fixture(scope="module")
def once() -> Instructions:
    return instructions_of(f"{HERE}:Careful")


@installed
def test_counts_repeat_within_a_hundredth(once: Instructions) -> None:
    again = instructions_of(f"{HERE}:Careful")
    assert again.per_event == pytest.approx(once.per_event, rel=0.01)
    assert once.threads == 1


@installed
def test_twice_the_work_is_twice_the_instructions(once: Instructions) -> None:
    """But for the loop around it, which comes once and is all that a stack that does nothing has."""
    nothing, twice = instructions_of("off"), instructions_of(f"{HERE}:Twice")
    work = once.per_event - nothing.per_event
    assert twice.per_event - nothing.per_event == pytest.approx(2 * work, rel=0.01)


@installed
@pytest.mark.skipif(not os.environ.get("SIMLAB_NIGHTLY"), reason="only with SIMLAB_NIGHTLY=1")
def test_what_other_threads_do_is_not_counted_but_told(once: Instructions) -> None:
    """But for what handing over to them takes."""
    threaded = instructions_of(f"{HERE}:Threaded")
    assert threaded.threads == 2
    assert threaded.per_event == pytest.approx(once.per_event, rel=0.1)


@installed
def test_an_unknown_stack_is_refused_in_one_line() -> None:
    with pytest.raises(ConfigError, match="'nonesuch': unknown; expected one of off, plain"):
        instructions_of("nonesuch")


def test_without_valgrind_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(ConfigError, match=r"valgrind is not installed, .*apt install valgrind"):
        instructions_of("plain")
