"""What a crash would lose: lines missing after a kill, and after a full disk."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from simlab.bench.apart import ran
from simlab.bench.loss import Loss
from simlab.errors import ConfigError

DISK: Final = "8m"


def lost_on_kill(stack: str, *, kills: int, paced: bool, seed: int) -> Loss:
    """What SIGKILL costs, summed over processes that were killed at random moments.

    A process tells of events one after the other, and notes each when the call has returned. At
    full speed it is killed within 0.1 s of work; paced, at 200 events a second, within 2 s. Then
    the stack recovers what it can, and lines are counted. Stacks that drop lines when they cannot
    keep up lose those too.

    Args:
        stack: a name of the catalogue's, or `module:Class`.
        kills: how many, at least 1.
        paced: at a steady rate, as bots work, instead of as fast as it goes.
        seed: of the moments.

    Raises:
        ConfigError: no kill is asked for, there is no such stack, or a library that it needs is
            not installed.
        SimlabError: the stack failed on its own.
    """
    if kills < 1:
        raise ConfigError(f"kills: found {kills}, expected 1 or more")
    with TemporaryDirectory(prefix="simlab-kills-") as folder:
        pace = "paced" if paced else "full"
        done = ran("simlab.bench.kills", stack, pace, str(kills), str(seed), folder)
    return msgspec.json.decode(done.stdout, type=Loss)


def lost_on_full_disk(stack: str) -> Loss | None:
    """What a disk costs that is full for 8,000 events, and has room again for the last 100.

    The disk is one of 8 MiB in memory, and full but for a quarter of a megabyte.

    Args:
        stack: a name of the catalogue's, or `module:Class`.

    Returns:
        The loss, all events counting as acked whether their call returned or raised; None where
        no such disk can be had, since mounting one takes Linux and the rights to do it.

    Raises:
        ConfigError: there is no such stack, or a library that it needs is not installed.
        SimlabError: the stack failed on its own.
    """
    with TemporaryDirectory(prefix="simlab-disk-") as folder, _small_disk(Path(folder)) as mounted:
        if not mounted:
            return None
        done = ran("simlab.bench.cramped", stack, folder)
        return msgspec.json.decode(done.stdout, type=Loss)


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A file system of its own there for the block, and whether that could be had."""
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or mount is None or unmount is None:
        yield False
        return
    told = [mount, "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(told, capture_output=True, check=False).returncode:  # noqa: S603  # as above
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run([unmount, str(folder)], check=True)  # noqa: S603  # likewise
