"""A place to write that appears whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from simlab.errors import OutputError

MARK: Final = "manifest.json"
"""The file that says of a directory that simlab made it."""


GO_ON: Final = "what was made so far is kept: go on with --resume"


@contextmanager
def building(
    path: Path, *, force: bool = False, beside: Sequence[Path] = (), resume: bool = False
) -> Iterator[Path]:
    """A working directory beside `path`; it is removed when the block ends, however it ends.

    What is to stay must be moved out of it by `settle`, as the last step. A working directory
    that a killed process left behind is cleared first, and a replacement that it had begun is
    taken back.

    Args:
        path: what is being made.
        force: replace what is there, unless it is a directory that simlab did not make.
        beside: other places that will be written; they are only what a killed process left when
            it left a working directory too.
        resume: leave what such a process left as it is, and leave what there is again when an
            exception ends the block; an interrupt then carries a note of that.

    Raises:
        OutputError: something is there already, someone else is making it, or the place cannot
            be written.
    """
    if path.name in ("", ".."):
        raise OutputError(f"{path}: is no name for something new; choose another --out")
    work = path.with_name(f".{path.name}.partial")
    try:
        _take_back(path)
        refuse_existing(path, force=force)
        refuse_foreign(path)
        for place in () if work.exists() else beside:
            refuse_existing(place, force=force)
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _claimed(work, path)
        for left in () if resume else work.iterdir():
            remove(left)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with _told(work, path, keep=resume):
            yield work
    finally:
        os.close(lock)


@contextmanager
def _told(work: Path, path: Path, *, keep: bool) -> Iterator[None]:
    """Remove the working directory; or keep what is in it when an exception ends the block."""
    kept = False
    try:
        yield
    except BaseException as error:
        kept = keep and any(work.iterdir())
        if isinstance(error, OSError):
            raise _unwritable(path, error, kept=kept) from error
        if kept and isinstance(error, KeyboardInterrupt):
            error.add_note(GO_ON)
        raise
    finally:
        if not kept:
            shutil.rmtree(work, ignore_errors=True)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Stop before any work is done for a place that is taken.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be looked at.
    """
    try:
        taken = path.exists()
    except OSError as error:
        raise _unwritable(path, error) from None
    if taken and not force:
        raise OutputError(f"{path}: exists already; choose another --out, or replace it: --force")


def settle(made: Path, path: Path) -> None:
    """Move what was made to its place in one step; what stood there goes away last.

    Raises:
        OSError: it cannot be moved; then what stood there stands there still.
    """
    aside = _aside(path)
    if not os.path.lexists(path) or (made.is_file() and not path.is_dir()):
        made.replace(path)
        return
    remove(aside)
    path.rename(aside)
    try:
        made.rename(path)
    except OSError:
        aside.rename(path)
        raise
    remove(aside)


def _aside(path: Path) -> Path:
    """Where what is being replaced waits until the new stands in its place."""
    return path.with_name(f".{path.name}.replaced")


def _take_back(path: Path) -> None:
    """Put back what a killed process had set aside and not replaced yet."""
    if _aside(path).exists() and not os.path.lexists(path):
        _aside(path).rename(path)


def refuse_foreign(path: Path) -> None:
    """Stop before a slip of the pen replaces a directory full of someone's work.

    Raises:
        OutputError: there is a directory that is not empty and that simlab did not make.
    """
    if path.is_dir() and not (path / MARK).exists() and any(path.iterdir()):
        raise OutputError(
            f"{path}: is a directory without a {MARK}, so not simlab's to replace; "
            "choose another --out, or remove it yourself"
        )


def _claimed(work: Path, path: Path) -> int:
    """The lock of a working directory, which the system drops when this process ends."""
    work.mkdir(exist_ok=True)
    lock = os.open(work, os.O_RDONLY)
    if not _held(lock, work):
        os.close(lock)
        raise OutputError(
            f"{path}: another process is making it now; wait, or choose another --out"
        )
    return lock


def _held(lock: int, work: Path) -> bool:
    """Whether the lock could be had, and is still of what lies at `work`."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(lock), work.stat())
    except (BlockingIOError, FileNotFoundError):  # held, or moved to its place a moment ago
        return False


def remove(path: Path) -> None:
    """Remove a file, a link or a directory with all that is in it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError, *, kept: bool = False) -> OutputError:
    reason = error.strerror or " ".join(str(error).split())
    todo = GO_ON if kept else "choose another --out"
    return OutputError(f"{path}: cannot be written: {reason}; {todo}")
