"""What a file's name says of what is in it."""

from pathlib import Path
from typing import Final

_PACKED: Final = (".gz", ".zst")
_FORMATS: Final = (".json", ".jsonl", ".csv", ".parquet")
_TEXT: Final = (".json", ".jsonl", ".csv", ".log")


def stem(path: Path) -> str:
    """The name of a dataset's file without the endings that tell its format.

    >>> stem(Path("out/a.jsonl.gz")), stem(Path("logs/inventory.log.2026-01-05"))
    ('a', 'inventory.log.2026-01-05')
    """
    name = _unpacked(path.name)
    for ending in _FORMATS:
        name = name.removesuffix(ending)
    return name


def is_csv(path: Path) -> bool:
    """Whether it is CSV, packed or not."""
    return _unpacked(path.name).endswith(".csv")


def is_text(path: Path) -> bool:
    """Whether it is JSON lines, CSV or a log, of today or rotated, packed or not."""
    name = _unpacked(path.name)
    return name.endswith(_TEXT) or ".log." in name


def beside(path: Path, table: str) -> Path:
    """Where a table of the dataset in that file lies, with the file's own ending.

    >>> beside(Path("out/a.csv.gz"), "samples").name
    'a.samples.csv.gz'
    """
    name = stem(path)
    return path.with_name(f"{name}.{table}{path.name.removeprefix(name)}")


def rejected_beside(path: Path) -> Path:
    """Where the rejected lines of a file or a directory are kept."""
    named = path if path.name.strip(".") else path.resolve()  # such as `.`, which has no name
    return named.with_name(f"{stem(named)}.rejected.jsonl")


def _unpacked(name: str) -> str:
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name
