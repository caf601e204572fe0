"""Rounds of two machines, interpreters or versions are never put together."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from simlab.bench.bill import bill_of
from simlab.bench.machine import differences, this_machine
from simlab.bench.merge import merged, read_study
from simlab.errors import InputError

from .known import elsewhere, study_of


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"id": "1" * 12}, "id: 111111111111, not 000000000000"),
        ({"cpu": "Another chip"}, "cpu: Another chip, not A chip"),
        ({"cores": 4}, "cores: 4, not 2"),
        ({"python": "CPython 3.12.1"}, "python: CPython 3.12.1, not CPython 3.11.7"),
        ({"simlab": "0.2.0"}, "simlab: 0.2.0, not 0.1.0"),
        (
            {"libraries": {"numpy": "2.4.0", "structlog": "25.2.0"}},
            "structlog: 25.2.0, not 25.1.0",
        ),
        ({"libraries": {"numpy": "2.4.0"}}, "structlog: none, not 25.1.0"),
    ],
)
def test_what_differs_is_told_and_nothing_is_merged(changes: dict[str, Any], told: str) -> None:
    one = study_of(mine=[1.0] * 5)
    with pytest.raises(InputError, match=told) as refused:
        merged([one, elsewhere(one, **changes)], ["a.json", "b.json"])
    assert str(refused.value).startswith("b.json: cannot be put together with a.json: ")


def test_studies_of_other_stacks_or_events_are_not_merged() -> None:
    one = study_of(mine=[1.0] * 5)
    with pytest.raises(InputError, match="stacks: plain, plain, again, theirs, not mine"):
        merged([one, study_of(theirs=[1.0] * 5)])
    settings = msgspec.structs.replace(one.settings, events=2000)
    with pytest.raises(InputError, match="events: 2000, not 1000"):
        merged([one, msgspec.structs.replace(one, settings=settings)])


def test_merged_rounds_narrow_the_interval() -> None:
    one, other = study_of(mine=[4e3, 6e3, 5e3, 5.5e3, 4.5e3]), study_of(mine=[4.5e3, 5e3] * 4)
    both = merged([one, other])
    assert both.settings.rounds == 13
    halves = [bill_of(s).lines[-1].ratios["called"].times.half for s in (one, both)]
    assert halves[1] < halves[0]


def test_a_machine_is_the_same_as_itself() -> None:
    assert differences(this_machine(), this_machine()) == []
    assert this_machine().libraries["numpy"]


def test_what_is_no_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.json: cannot be read"):
        read_study(tmp_path / "no.json")
    (tmp_path / "report.json").write_text('{"bill": []}')
    with pytest.raises(InputError, match=r"report\.json: not a report of simlab bench: .*study"):
        read_study(tmp_path)
