"""Stacks by their names: those that come with simlab, those of entry points, and `module:Class`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, cast

from simlab.bench.stack import StackOf
from simlab.errors import ConfigError

GROUP: Final = "simlab.stacks"
"""The group of entry points by which a package offers stacks."""

_HOME: Final = "simlab.bench.stacks"
_BUILT_IN: Final = {
    "off": f"{_HOME}.off:Off",
    "plain": f"{_HOME}.plain:Plain",
    "default": f"{_HOME}.default:Default",
    "queue": f"{_HOME}.queue:Queue",
    "python-json-logger": f"{_HOME}.python_json_logger:PythonJsonLogger",
    "structlog": f"{_HOME}.structlog:Structlog",
    "loguru": f"{_HOME}.loguru:Loguru",
    "opentelemetry": f"{_HOME}.opentelemetry:OpenTelemetry",
}
_NEEDS: Final = {
    "python-json-logger": "pythonjsonlogger",
    "structlog": "structlog",
    "loguru": "loguru",
    "opentelemetry": "opentelemetry.sdk",
}
BUILT_IN: Final = tuple(_BUILT_IN)


def stack_of(name: str) -> StackOf:
    """The class of a stack.

    Args:
        name: one of `BUILT_IN`, an entry point of the group `simlab.stacks`, or `module:Class`.

    Raises:
        ConfigError: there is none of that name, or a library that it needs is not installed.
    """
    if why := missing(name):
        raise ConfigError(why)
    place = _BUILT_IN.get(name) or _offered(name) or name
    if ":" not in place:
        raise ConfigError(
            f"stack {name!r}: unknown; expected one of {', '.join(names())}, or module:Class"
        )
    return _loaded(name, place)


def names() -> list[str]:
    """The names of all stacks that there are, whether or not their libraries are installed."""
    return [*_BUILT_IN, *sorted({point.name for point in _points()} - _BUILT_IN.keys())]


def missing(name: str) -> str | None:
    """Why a stack that comes with simlab cannot be measured here, in a line; None when it can."""
    needed = _NEEDS.get(name)
    if needed is None or _is_installed(needed):
        return None
    return f"stack {name!r}: {needed} is not installed; pip install 'simlab[peers]'"


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in is not there either
        return False


def _points() -> list[EntryPoint]:
    return list(entry_points(group=GROUP))


def _offered(name: str) -> str | None:
    """Where an entry point says that a stack is."""
    return next((point.value for point in _points() if point.name == name), None)


def _loaded(name: str, place: str) -> StackOf:
    module, _, attribute = place.partition(":")
    try:
        with _from_here():
            found: Any = import_module(module)
    except ImportError as error:
        raise ConfigError(f"stack {name!r}: {module} cannot be imported: {error}") from None
    made = getattr(found, attribute, None)
    if not callable(made):
        raise ConfigError(
            f"stack {name!r}: found no class {attribute!r} in {module}; write it as module:Class"
        )
    return cast("StackOf", made)


@contextmanager
def _from_here() -> Iterator[None]:
    """Modules of the current directory can be imported too, if none of the same name is before."""
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        yield
    finally:
        sys.path.remove(here)
