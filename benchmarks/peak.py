"""What a command takes by itself: its largest memory, and its processor time."""

import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

_WATCH = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""


class Used(NamedTuple):
    """The largest resident memory of any process [MB], and the processor time of all [s]."""

    peak_mb: float
    cpu_s: float


def used_by(command: Sequence[str]) -> Used:
    """What the command alone takes, which is why a small process starts it.

    A child's peak begins at the size of who forked it.
    """
    watched = [sys.executable, "-c", _WATCH, *command]
    told = subprocess.run(watched, capture_output=True, check=True, text=True)  # noqa: S603  # our own words
    peak, cpu_s = told.stdout.split()
    return Used(int(peak) / (1000 if sys.platform == "linux" else 1_000_000), float(cpu_s))
