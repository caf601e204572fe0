"""Where faults strike and what is promised there; which tests prove it is read off their marks.

`python tests/faults/matrix.py` prints the matrix with the tests of each cell; `--write` puts the
table into the docs.
"""

import io
import json
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final, TypeAlias

import pytest

TESTS: Final = Path(__file__).parents[1]
DOCS: Final = TESTS.parent / "docs" / "background" / "durability.md"
BEGIN, END = "<!-- matrix of faults: begin -->", "<!-- matrix of faults: end -->"

FAULTS: Final = (
    "kill", "stop", "full disk", "raising", "clock", "time zone", "moved", "second writer",
    "hostile", "crowd", "unreachable",
)  # fmt: skip
UNNUMBERED: Final = 0
"""A cell that the bot promises, and not its telemetry."""
PROMISED: Final[dict[str, dict[str, int]]] = {
    "log": {
        "kill": 1, "stop": 2, "full disk": 3, "raising": 4, "clock": 15, "time zone": 15,
        "moved": 1, "second writer": 6, "hostile": 7,
    },
    "plain log": {
        "kill": 1, "stop": 2, "full disk": 3, "raising": 4, "clock": 15, "hostile": 7,
    },
    "rotated files": {
        "kill": 1, "full disk": 3, "raising": 4, "clock": 5, "time zone": 5, "moved": 5,
        "second writer": 6,
    },
    "sidecar": {
        "kill": 1, "full disk": 3, "raising": 4, "moved": 1, "second writer": 6, "hostile": 16,
    },
    "alerts file": {
        "kill": 1, "stop": 2, "full disk": 3, "raising": 4, "clock": 15, "time zone": 15,
        "moved": 1, "hostile": 7,
    },
    "metrics": {"stop": 2, "raising": 4, "clock": 15, "hostile": 12, "crowd": 12},
    "endpoint": {"raising": 4, "clock": 12, "hostile": 12, "crowd": 12, "unreachable": 11},
    "rules": {"raising": 4, "hostile": 16},
    "sampler": {"raising": 4, "clock": 15},
    "Sentry": {"raising": 4, "hostile": 4, "crowd": 4, "unreachable": 4},
    "record": {"stop": 2, "raising": 4, "clock": 15, "time zone": 15},
    "watch": {
        "kill": 9, "stop": 9, "full disk": 9, "raising": 9, "moved": 9, "second writer": 9,
        "hostile": 14, "unreachable": 9,
    },
    "run directory": {"kill": 8, "full disk": 8, "raising": 8, "second writer": 6},
    "dataset": {"kill": 8, "stop": 8, "full disk": 8, "hostile": 10},
    "profile": {"hostile": 16},
    "database": {
        "kill": UNNUMBERED, "stop": UNNUMBERED, "full disk": UNNUMBERED, "raising": UNNUMBERED,
        "second writer": UNNUMBERED, "hostile": 16, "unreachable": 16,
    },
}  # fmt: skip
"""By place and fault, the number of the promise that a test must prove."""

Found: TypeAlias = dict[str, dict[str, list[str]]]
"""By place and fault, the tests that are marked so."""


class Marks:
    """A plugin of pytest's that notes which collected tests bear which mark."""

    def __init__(self) -> None:
        self.found: Found = defaultdict(lambda: defaultdict(list))

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("fault"):
                place, fault = mark.args
                if item.get_closest_marker("skip") is None:
                    self.found[place][fault].append(item.nodeid)


def collected() -> Found:
    """What pytest collects from the files that hold such marks.

    Raises:
        RuntimeError: they cannot be collected.
    """
    files = [path for path in TESTS.rglob("test_*.py") if "mark.fault(" in path.read_text()]
    marks, said = Marks(), io.StringIO()
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", f"--rootdir={TESTS.parent}"]
    with redirect_stdout(said):
        code = pytest.main([*options, *map(str, sorted(files))], plugins=[marks])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(said.getvalue())
    return marks.found


def cells(table: dict[str, dict[str, list[str]]] | dict[str, dict[str, int]]) -> set[str]:
    """Its cells by name."""
    return {f"{place} x {fault}" for place, faults in table.items() for fault in faults}


def as_markdown() -> str:
    """The table of what is promised."""
    rows = [["", *FAULTS], ["---"] * (len(FAULTS) + 1)]
    for place, faults in PROMISED.items():
        told = {fault: str(faults[fault] or "bot") for fault in faults}
        rows.append([place, *(told.get(fault, "") for fault in FAULTS)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def documented() -> str:
    """The table that stands in the docs."""
    return DOCS.read_text().partition(f"{BEGIN}\n\n")[2].partition(f"\n{END}")[0]


def write() -> None:
    """Put the table into the docs in place of the one that is there."""
    text = DOCS.read_text()
    DOCS.write_text(text.replace(f"\n{documented()}\n{END}", f"\n{as_markdown()}\n{END}"))


def main() -> None:
    if "--write" in sys.argv:
        write()
    elif "--json" in sys.argv:
        print(json.dumps(collected()))  # noqa: T201  # its output
    else:
        print(as_markdown())  # noqa: T201  # its output
        for place, faults in collected().items():
            for fault, tests in faults.items():
                functions = sorted({test.partition("[")[0] for test in tests})
                print(f"{place} x {fault}: {len(tests)} tests", *functions, sep="\n  ")  # noqa: T201  # its output


if __name__ == "__main__":
    main()
