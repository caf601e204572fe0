"""The command line: each command parses, makes one library call, and renders."""

import sys

import typer

from simlab.cli.app import app
from simlab.cli.console import complain
from simlab.errors import SimlabError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command that the arguments name; what the user can mend is told in one line."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        code = app(args=arguments or ["--help"], prog_name="simlab", standalone_mode=False)
    except (SimlabError, typer.TyperException, OSError) as error:
        if debug:
            raise
        complain(_line(error))
        code = getattr(error, "exit_code", 2)
    sys.exit(code)


def _line(error: Exception) -> str:
    """What went wrong; for options and arguments, with where to read about them."""
    if isinstance(error, SimlabError) or not hasattr(error, "format_message"):
        return str(error)
    command = getattr(getattr(error, "ctx", None), "command_path", "simlab")
    return f"{' '.join(error.format_message().split())} (see: {command} --help)"
