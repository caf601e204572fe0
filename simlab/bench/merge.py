"""Studies of one machine put together: more rounds, narrower intervals."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from simlab.bench.machine import differences
from simlab.bench.study import Study
from simlab.errors import InputError


class _Report(msgspec.Struct):
    """Of a `report.json` what all else follows from."""

    study: Study


def read_study(path: Path) -> Study:
    """The study of a `report.json`, or of the directory that holds one.

    Raises:
        InputError: it cannot be read, or is no report.
    """
    file = path / "report.json" if path.is_dir() else path
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Report).study
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise InputError(f"{file}: not a report of simlab bench: {error}") from None


def merged(studies: Sequence[Study], names: Sequence[str] = ()) -> Study:
    """All rounds of several studies as one; what was found on the bot, no rounds, is left out.

    Args:
        studies: at least one.
        names: what to call them in the error; their numbers by default.

    Raises:
        InputError: they are of different machines, interpreters or library versions, or not of
            the same stacks in the same way.
    """
    first = studies[0]
    for nth, other in enumerate(studies[1:], start=1):
        told = [*differences(other.machine, first.machine), *_unlike(other, first)]
        if told:
            one, by = (names[at] if names else f"study {at + 1}" for at in (nth, 0))
            raise InputError(
                f"{one}: cannot be put together with {by}: {'; '.join(told)}; measure both on "
                "one machine, in one way"
            )
    return msgspec.structs.replace(
        first,
        settings=msgspec.structs.replace(
            first.settings, rounds=sum(each.settings.rounds for each in studies)
        ),
        stacks={name: [r for s in studies for r in s.stacks[name]] for name in first.stacks},
        parts={name: [r for s in studies for r in s.parts[name]] for name in first.parts},
        on_the_bot={},
        losses={
            name: sum((s.losses[name] for s in studies[1:]), first.losses[name])
            for name in first.losses
        },
    )


def _unlike(one: Study, other: Study) -> list[str]:
    """In what two were not done in the same way."""
    return [
        f"{what}: {mine}, not {theirs}"
        for (what, mine), theirs in zip(_way(one).items(), _way(other).values(), strict=True)
        if mine != theirs
    ]


def _way(study: Study) -> dict[str, str]:
    settings = study.settings
    return {
        "stacks": _list(study.stacks),
        "parts": _list(study.parts),
        "stacks that were killed": _list(study.losses),
        "events": str(settings.events),
        "paced events": str(settings.paced_events),
        "events a second": f"{settings.rate_per_s:g}",
    }


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
