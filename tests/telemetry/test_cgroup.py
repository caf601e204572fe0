"""The limits told are those that the kernel would hold the process to."""

import math
from pathlib import Path

import pytest

from simlab.telemetry.cgroup import limits

GROUPS: dict[str, tuple[dict[str, str], float, float]] = {
    "none at all": ({}, math.nan, math.nan),
    "version 2 without limits": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n",
         "sys/fs/cgroup/memory.max": "max\n"},
        math.nan, math.nan,
    ),
    "version 2 in a container": (
        {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n",
         "sys/fs/cgroup/memory.max": "536870912\n"},
        1.5, 536870912,
    ),
    "version 2 as a service, its slice being tighter": (
        {"proc/self/cgroup": "0::/system.slice/bot.service\n",
         "sys/fs/cgroup/system.slice/cpu.max": "50000 100000\n",
         "sys/fs/cgroup/system.slice/memory.max": "2000000000\n",
         "sys/fs/cgroup/system.slice/bot.service/cpu.max": "200000 100000\n",
         "sys/fs/cgroup/system.slice/bot.service/memory.max": "1000000000\n"},
        0.5, 1e9,
    ),
    "version 1 in a container that sees the host's path": (
        {"proc/self/cgroup": "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n",
         "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "25000\n",
         "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n"},
        0.25, 268435456,
    ),
    "version 1 without limits": (
        {"proc/self/cgroup": "4:memory:/\n3:cpu:/\n",
         "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
         "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
         "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"},
        math.nan, math.nan,
    ),
    "nonsense": (
        {"proc/self/cgroup": "x\n0::/../../etc\n", "sys/fs/cgroup/cpu.max": "0 0\n",
         "sys/fs/cgroup/memory.max": "much\n"},
        math.nan, math.nan,
    ),
}  # fmt: skip
"""Files by path, the cores and the bytes that they allow."""


@pytest.mark.parametrize("name", GROUPS)
def test_the_tightest_limit_that_holds_is_told_and_none_is_nan(tmp_path: Path, name: str) -> None:
    files, cores, memory = GROUPS[name]
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    told = limits(tmp_path)
    assert told.cpu_cores == pytest.approx(cores, nan_ok=True)
    assert told.mem_bytes == pytest.approx(memory, nan_ok=True)


def test_this_machine_can_be_asked() -> None:
    told = limits()
    assert not told.cpu_cores <= 0
    assert not told.mem_bytes <= 0
