"""The kinds of trouble: what a profile may name is what there is, and what the how-to tells."""

from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from simlab.workload.kinds import KINDS
from simlab.workload.profile import Incident, Lookalike

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "profiles.md"


def named(entry: Any) -> list[str]:
    """The kinds that an entry of a profile may name."""
    (kinds,) = (f.type for f in msgspec.structs.fields(entry) if f.name == "kind")
    return list(get_args(kinds))


def test_a_profile_may_name_each_kind_there_is_and_no_other() -> None:
    assert [*named(Incident), *named(Lookalike)] == list(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_how_to_tells_of_each_kind_what_it_does_and_what_is_usual(name: str) -> None:
    (line,) = [
        line for line in HOW_TO.read_text(encoding="utf-8").splitlines() if f"| `{name}` |" in line
    ]
    _, _, summary, median, ramp, course, where, _ = (cell.strip() for cell in line.split("|"))
    kind = KINDS[name]
    assert (summary, median, course) == (kind.summary, kind.median, kind.shape)
    usual = "none" if kind.ramp == "0s" else kind.ramp
    assert ramp == ("\N{EN DASH}" if kind.shape == "growth" else usual)
    assert where == ("all" if kind.warehouses == "all" else "one")
