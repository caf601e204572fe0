"""What can go wrong for a reason the user can mend: one tree, one clear line each."""


class SimlabError(Exception):
    """The base of every error that simlab raises on purpose.

    The message is one line that says where, what was found, what was expected and what to do.
    The command line prints it and exits with `exit_code`.
    """

    exit_code = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows, where IPython asks for it: the line, and not thirty of them."""
        return [f"{type(self).__name__}: {self}"]


class ConfigError(SimlabError):
    """A profile, a rules file or an option that cannot be used as it stands."""


class InputError(SimlabError):
    """A dataset, a log or a label file that cannot be read as what it should be."""


class OutputError(SimlabError):
    """A place that cannot be written, or that holds something already."""


class CheckFailedError(SimlabError):
    """Everything worked, and the answer is no."""

    exit_code = 1
