"""The command line: each command parses, makes one library call, and renders."""

import os
import sys

from simlab.cli.app import app
from simlab.cli.console import complain
from simlab.errors import SimlabError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command that the arguments name; what the user can mend is told in one line."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        app(args=arguments, prog_name="simlab")
    except SimlabError as error:
        if debug:
            raise
        complain(str(error))
        sys.exit(error.exit_code)
    finally:
        _flush()


def _flush() -> None:
    """Let a reader that has seen enough, such as `head`, close the pipe without a complaint."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
