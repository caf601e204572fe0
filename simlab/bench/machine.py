"""What figures depend on beside the stacks: the machine, the interpreter, the libraries."""

import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import psutil
from msgspec import Struct

from simlab import __version__

LIBRARIES: Final = (
    "msgspec", "numpy", "polars", "prometheus_client", "psutil", "sentry-sdk",
    "python-json-logger", "structlog", "loguru", "opentelemetry-sdk",
)  # fmt: skip


class Machine(Struct, frozen=True, kw_only=True):
    """Where figures were measured; figures of two that differ are never put together.

    Attributes:
        id: a hash that tells this installation of the system from others, and names none.
        cpu: the model of the processor.
        cores: how many this process may use.
        memory_gb: of the machine.
        system: the operating system and its release.
        python: implementation and version.
        simlab: its version.
        libraries: the version of each that a stack uses and that is installed.
    """

    id: str
    cpu: str
    cores: int
    memory_gb: float
    system: str
    python: str
    simlab: str
    libraries: dict[str, str]


def this_machine() -> Machine:
    """The machine, interpreter and libraries that this process runs on."""
    found = {name: _version(name) for name in LIBRARIES}
    return Machine(
        id=hashlib.sha256(_own_id().encode()).hexdigest()[:12],
        cpu=_cpu(),
        cores=_cores(),
        memory_gb=round(psutil.virtual_memory().total / 1e9, 1),
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        simlab=__version__,
        libraries={name: told for name, told in found.items() if told is not None},
    )


def differences(one: Machine, other: Machine) -> list[str]:
    """In what two differ, as `what: this, not that`; none where they are the same."""
    told = [
        f"{name}: {getattr(one, name)}, not {getattr(other, name)}"
        for name in ("id", "cpu", "cores", "memory_gb", "system", "python", "simlab")
        if getattr(one, name) != getattr(other, name)
    ]
    names = sorted(one.libraries.keys() | other.libraries.keys())
    told += [
        f"{name}: {one.libraries.get(name, 'none')}, not {other.libraries.get(name, 'none')}"
        for name in names
        if one.libraries.get(name) != other.libraries.get(name)
    ]
    return told


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _own_id() -> str:
    """What the system calls its installation; where it does not, the machine's name."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip() or platform.node()
    except OSError:
        return platform.node()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)  # not on every platform
    return len(affinity(0)) if affinity else os.cpu_count() or 1
