"""What commands print: tables for people, one JSON object with `--json`, complaints apart."""

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(*renderables: "RenderableType") -> None:
    """Print for people, as wide as the terminal; a pipe gets lines of up to 160 characters."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    with _printing():
        for renderable in renderables:
            console.print(renderable)


def say(text: str, *, most: int = 2000) -> None:
    """Print a line, cut at `most` characters, with nothing in it that a terminal would act on."""
    from simlab.report.inert import visible

    with _printing():
        print(visible(text, most=most))  # noqa: T201  # this is where commands print


def note(text: str) -> None:
    """Tell something beside the result, on standard error."""
    from simlab.report.inert import visible

    print(visible(text, most=2000), file=sys.stderr)  # noqa: T201  # as above


def caution(lines: list[str]) -> None:
    """Tell what to know before believing the result."""
    for line in lines:
        note(f"caution: {line}")


def complain(text: str) -> None:
    """Tell what went wrong, on standard error, in one line."""
    note(f"simlab: {text}")


def show_json(value: object) -> None:
    """Print one JSON object; what is undefined is null."""
    import msgspec

    with _printing():
        print(msgspec.json.encode(_plain(value)).decode())  # noqa: T201  # as above


@contextmanager
def _printing() -> Iterator[None]:
    """Print all of it now: a reader that has seen enough, such as `head`, is no fault.

    Raises:
        OutputError: standard output cannot be written.
    """
    from simlab.errors import OutputError

    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the latter is how rich tells of the former
        _mute()
        raise typer.Exit from None
    except OSError as error:
        _mute()
        raise OutputError(f"standard output: cannot be written: {error.strerror}") from None


def _mute() -> None:
    """What is still to be printed goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def progress(
    what: str, *, total: int | None, unit: str = "rows", quiet: bool = False
) -> Iterator[Callable[[int], None]]:
    """A progress bar that is told the count so far; on a terminal only."""
    if quiet:
        yield lambda _: None  # no one to tell
        return
    from simlab.report.terminal import progress as bar

    with bar(what, total=total, unit=unit) as advance:
        so_far = 0

        def report(done: int) -> None:
            nonlocal so_far
            advance(done - so_far)
            so_far = done

        yield report


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends the command, telling what the interrupt carries with it."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        for text in getattr(stopped, "__notes__", ()):
            note(f"interrupted: {text}")
        raise typer.Exit(130) from None


def _plain(value: Any) -> Any:
    """The same in JSON's types, frames as lists of rows."""
    import msgspec

    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, msgspec.Struct):
        return _plain(msgspec.structs.asdict(value))
    return _plain(value.to_dicts()) if hasattr(value, "to_dicts") else value
