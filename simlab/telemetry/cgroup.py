"""What a container may use: the limits of its Linux control groups, of version 1 or 2."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_UNLIMITED_BYTES: Final = 2**60
"""Version 1 says "no limit" by a number near 2 ** 63."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of the machine a process may use; NaN where there is no limit.

    Attributes:
        cpu_cores: CPU time by time, 1.5 being one and a half cores.
        mem_bytes: memory [bytes].
    """

    cpu_cores: float = math.nan
    mem_bytes: float = math.nan


def limits(root: Path = Path("/")) -> Limits:
    """The limits of this process: the tightest of its group and of those around it.

    What cannot be read, as on other systems than Linux, is no limit.

    Args:
        root: where `proc` and `sys` are.
    """
    cpu: list[float] = []
    memory: list[float] = []
    for controllers, path in _memberships(root):
        for folder in _folders(root / "sys/fs/cgroup", controllers, path):
            cpu += [_cpu_v2(folder), _cpu_v1(folder)]
            memory += [_number(folder / "memory.max"), _number(folder / "memory.limit_in_bytes")]
    return Limits(
        cpu_cores=_least(cpu),
        mem_bytes=_least([limit for limit in memory if limit < _UNLIMITED_BYTES]),
    )


def _memberships(root: Path) -> Iterator[tuple[str, str]]:
    """The groups this process is in: the controllers, none in version 2, and the path."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            yield parts[1], parts[2]


def _folders(mount: Path, controllers: str, path: str) -> Iterator[Path]:
    """The group's folder and those around it.

    In a container the path may be the host's, and only the mount itself be there.
    """
    top = mount / controllers if controllers else mount
    folder = top / path.strip("/")
    while folder != top and top in folder.parents:
        yield folder
        folder = folder.parent
    yield top


def _cpu_v2(folder: Path) -> float:
    quota, _, period = _text(folder / "cpu.max").partition(" ")
    return _ratio(_float(quota), _float(period))


def _cpu_v1(folder: Path) -> float:
    quota_us = _number(folder / "cpu.cfs_quota_us")
    return _ratio(quota_us, _number(folder / "cpu.cfs_period_us"))


def _ratio(quota: float, period: float) -> float:
    """NaN where there is no quota: `max`, or -1."""
    return quota / period if quota > 0 and period > 0 else math.nan


def _number(path: Path) -> float:
    return _float(_text(path))


def _float(text: str) -> float:
    return float(text) if text.strip().isdecimal() else math.nan


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, ValueError):
        return ""


def _least(found: list[float]) -> float:
    return min((limit for limit in found if not math.isnan(limit)), default=math.nan)
