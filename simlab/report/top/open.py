"""From what a user names to a source: an endpoint, a run directory, or a log."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from simlab.alerts.rule import Rule
from simlab.dataset.naming import is_text
from simlab.errors import InputError
from simlab.report.top.endpoint import Endpoint
from simlab.report.top.logged import Logged
from simlab.report.top.news import Source

DEFAULT: Final = "http://127.0.0.1:9100/metrics"
_ACCEPTED: Final = f"an endpoint such as {DEFAULT}, a run directory, or a log"
_LOGS: Final = ("logs/inventory.log", "inventory.log")


def opened(named: str, rules: Sequence[Rule], *, span_us: int) -> Source:
    """What is named, ready to be asked.

    Args:
        named: an address with `http://` or `https://`, a run directory, a directory of logs, or
            a log.
        rules: to judge a log's values by.
        span_us: how far back trends go [µs].

    Raises:
        InputError: there is nothing like that, or it is not ours.
        ConfigError: it is no address, or a rule watches what no bot emits.
    """
    if "://" in named:
        return Endpoint(named, span_us=span_us)
    return Logged(_log(Path(named)), rules, span_us=span_us)


def _log(path: Path) -> Path:
    if path.is_dir():
        return _within(path)
    if not path.exists():
        hint = f"; did you mean http://{path}?" if ":" in path.name or path.name.isdigit() else ""
        raise InputError(f"{path}: no such file or directory{hint}; expected {_ACCEPTED}")
    if path.suffix in {".gz", ".zst"} or not is_text(path):
        raise InputError(f"{path}: not a log that is written to; expected {_ACCEPTED}")
    return path


def _within(folder: Path) -> Path:
    """The log in a directory: the bot's own, or the only one there is."""
    ours = next((folder / name for name in _LOGS if (folder / name).is_file()), None)
    if ours is not None:
        return ours
    found = sorted(path for path in folder.glob("*.log") if path.is_file())
    if len(found) == 1:
        return found[0]
    many = f"{len(found)} logs" if found else "no log"
    raise InputError(f"{folder}: {many} in it; expected {_ACCEPTED}")
