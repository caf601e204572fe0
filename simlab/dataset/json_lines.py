"""JSON lines as columns, and for each line that is not one, the reason."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import compress
from operator import attrgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import polars as pl

from simlab.dataset.lines import Block
from simlab.dataset.parsed import Parsed, Raw

Fields: TypeAlias = Mapping[str, pl.DataType | None]
"""The keys to read, and the type that each is to have; None is any scalar."""

_Scalar: TypeAlias = bool | int | float | str | None
_WRONG: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_PEEKED: Final = 1_000
_Int: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class LogHead(msgspec.Struct, gc=False):
    """What every line of a log has."""

    timestamp: str
    level: str
    message: str
    event: str | None = None


def keys(block: Block) -> set[str]:
    """The keys of the objects in a block, as far as its first lines show them."""
    decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
    found: set[str] = set()
    for line in block.lines[:_PEEKED]:
        try:
            found.update(decode(line))
        except _WRONG:
            continue
    return found


def json_reader(fields: Fields) -> Callable[[Block], Parsed]:
    """What reads a block of JSON lines into one table, its columns named and typed as `fields`.

    A key that a line lacks is null there, other keys are passed over, and of a key that comes
    twice the last counts. A line that is no JSON object, or has a value of another type, is a
    fault.
    """
    names = _names(fields)
    read = msgspec.json.Decoder(_record_type(fields, names)).decode

    def parse(block: Block) -> Parsed:
        records, at, faults = _decoded(block, read, _no_line)
        return Parsed(tables=[Raw(frame=_frame(records, fields, names), at=at)], faults=faults)

    return parse


def log_reader(tables: Mapping[str, Fields]) -> Callable[[Block], Parsed]:
    """What reads a block of a log into tables.

    As `json_reader`, but a line whose `event` is not a table's goes to the table `others` and
    needs only a log line's first fields, whatever the types of the rest.

    Args:
        tables: for each event that has a table its fields, and those of `others`, which are the
            fields of `LogHead`.
    """
    fields = {name: kind for table in tables.values() for name, kind in table.items()}
    names = _names({"event": pl.String(), **fields})
    record = _record_type({"event": pl.String(), **fields}, names)
    read = msgspec.json.Decoder(record).decode
    spare = _log_line(tables, names, record)
    event_of = attrgetter(names["event"])

    def parse(block: Block) -> Parsed:
        records, at, faults = _decoded(block, read, spare)
        events = [event if event in tables else "others" for event in map(event_of, records)]
        raw: list[Raw] = []
        for event, table in tables.items():
            chosen = [found == event for found in events]
            frame = _frame(list(compress(records, chosen)), table, names)
            raw.append(Raw(frame=frame, at=list(compress(at, chosen))))
        return Parsed(tables=raw, faults=faults)

    return parse


def _names(fields: Fields) -> dict[str, str]:
    """For each key, which can be any text, the name of an attribute."""
    return {key: f"f{index}" for index, key in enumerate(fields)}


def _record_type(fields: Fields, names: Mapping[str, str]) -> type[Any]:
    return msgspec.defstruct(
        "Line",
        [(names[key], _json_type(kind), None) for key, kind in fields.items()],
        rename={name: key for key, name in names.items()},
        gc=False,
    )


def _frame(records: Sequence[Any], fields: Fields, names: Mapping[str, str]) -> pl.DataFrame:
    columns = (
        _series(key, list(map(attrgetter(names[key]), records)), kind)
        for key, kind in fields.items()
    )
    return pl.DataFrame(list(columns))


def _decoded(
    block: Block, read: Callable[[bytes], Any], spare: Callable[[bytes], Any]
) -> tuple[list[Any], Sequence[int], list[tuple[int, str]]]:
    """The block's records, the index of the line of each, and the faults."""
    try:
        return list(map(read, block.lines)), range(len(block.lines)), []
    except _WRONG:
        return _decoded_singly(block, read, spare)


def _decoded_singly(
    block: Block, read: Callable[[bytes], Any], spare: Callable[[bytes], Any]
) -> tuple[list[Any], Sequence[int], list[tuple[int, str]]]:
    """The same for a block in which a line is wrong or blank."""
    records: list[Any] = []
    at: list[int] = []
    faults: list[tuple[int, str]] = []
    for index, line in enumerate(block.lines):
        record, reason = _record(line, read, spare)
        if record is not None:
            records.append(record)
            at.append(index)
        elif not line.isspace() and line:
            faults.append((index, reason))
    return records, at, faults


def _record(
    line: bytes, read: Callable[[bytes], Any], spare: Callable[[bytes], Any]
) -> tuple[Any, str]:
    try:
        return read(line), ""
    except _WRONG as error:
        return spare(line), _reason(error)


def _no_line(_line: bytes) -> None:
    """Nothing stands in for a wrong line."""


def _log_line(
    tables: Collection[str], names: Mapping[str, str], record: type[Any]
) -> Callable[[bytes], Any]:
    """What reads a log line for its first fields alone, None where its event has a table."""
    read = msgspec.json.Decoder(LogHead).decode

    def parse(line: bytes) -> Any:
        try:
            head = read(line)
        except _WRONG:
            return None
        if head.event in tables:
            return None
        return record(**{names[key]: value for key, value in msgspec.structs.asdict(head).items()})

    return parse


def _reason(error: Exception) -> str:
    """What is wrong with a line, the path of the value first."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text, _, path = str(error).partition(" - at `")
    return f"{path.rstrip('`')}: {text}" if path else text


def _json_type(kind: pl.DataType | None) -> Any:
    if kind is None:
        return _Scalar
    if isinstance(kind, pl.List):
        return list[_Int] | None
    if isinstance(kind, pl.Boolean):
        return bool | None
    if kind.is_float():
        return float | None
    return (_Int if kind.is_integer() else str) | None


def _series(name: str, values: list[Any], kind: pl.DataType | None) -> pl.Series:
    if kind is None:
        return _scalars(name, values)
    return pl.Series(name, values, dtype=_raw_type(kind))


def _raw_type(kind: pl.DataType) -> pl.DataType:
    """The type that holds whatever the decoder lets through."""
    if isinstance(kind, pl.List):
        return pl.List(pl.Int64)
    if kind.is_float() or isinstance(kind, pl.Boolean):
        return kind
    return pl.Int64() if kind.is_integer() else pl.String()


def _scalars(name: str, values: list[_Scalar]) -> pl.Series:
    """A column of the one type that all values have, else of text."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {float, int}:
        return _numbers(name, values, whole=float not in kinds)
    if len(kinds) == 1:
        return pl.Series(name, values)
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _numbers(name: str, values: list[Any], *, whole: bool) -> pl.Series:
    try:
        return pl.Series(name, values, dtype=pl.Int64 if whole else pl.Float64)
    except (OverflowError, TypeError):  # beyond 64 bits, or whole and broken numbers together
        return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _as_text(value: _Scalar) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
