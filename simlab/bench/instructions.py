"""How many instructions an event costs, by valgrind: a figure that no busy machine moves."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from msgspec import Struct

from simlab.bench.apart import ran
from simlab.bench.catalogue import stack_of
from simlab.bench.counted import WITHIN, Threads
from simlab.engine.local import ONE_THREAD
from simlab.errors import ConfigError, SimlabError

FEW, MANY = 500, 1500
_COUNTED: Final = re.compile(r"^==\d+== Collected : (\d+)", re.MULTILINE)


class Instructions(Struct, frozen=True):
    """What an event costs the thread that tells of it.

    Attributes:
        per_event: instructions, without those of other threads and of the system's calls.
        threads: how many there were; where there is more than the one, they did the rest.
    """

    per_event: float
    threads: int


def instructions_of(stack: str) -> Instructions:
    """Count the instructions of an event, when the stack is warm.

    Two runs under callgrind tell of 500 and of 1,500 events; what they have in common, such as
    the start, cancels in the difference. Garbage collection is off. It takes some 25 s. Figures
    repeat within 1 %, and compare on one build of Python alone.

    Args:
        stack: a name of the catalogue's, or `module:Class`.

    Raises:
        ConfigError: valgrind is not installed, there is no such stack, or a library that it needs
            is not installed.
        SimlabError: the stack failed, or this build of Python cannot be counted in.
    """
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise ConfigError(
            "valgrind is not installed, which counts instructions; install it (apt install"
            " valgrind), or leave --instructions out"
        )
    stack_of(stack)  # refused before it takes any time
    with ThreadPoolExecutor() as side_by_side:  # which no count minds
        runs = side_by_side.map(partial(_counted, valgrind, stack), (FEW, MANY))
        (few, _), (many, threads) = runs
    if not 0 < few < many:
        raise SimlabError(
            f"stack {stack!r}: counted {few} and {many} instructions; this build of Python does"
            f" not show {WITHIN}, within which to count"
        )
    return Instructions((many - few) / (MANY - FEW), threads)


def _counted(valgrind: str, stack: str, events: int) -> tuple[int, int]:
    """Instructions, start included, and threads."""
    tool = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    with TemporaryDirectory(prefix="simlab-instructions-") as folder:
        done = ran(
            "simlab.bench.counted", stack, str(events), folder,
            before=[*tool, f"--toggle-collect={WITHIN}"],
            environment={"PYTHONHASHSEED": "0", **ONE_THREAD},
        )  # fmt: skip
    found = _COUNTED.search(done.stderr)
    threads = msgspec.json.decode(done.stdout, type=Threads)
    return int(found[1]) if found else 0, threads.count
