"""A library that a stack is made of, and that may not be there."""

from collections.abc import Iterator
from contextlib import contextmanager

from simlab.errors import ConfigError


@contextmanager
def needed_by(stack: str) -> Iterator[None]:
    """Import a stack's library here: one that is missing is named, with what installs it.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise ConfigError(
            f"stack {stack}: {error.name} is not installed; pip install 'simlab[peers]', or leave"
            " the stack out"
        ) from None
