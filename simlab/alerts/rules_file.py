"""Rules files: TOML to rules, checked key by key, and back."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from simlab.alerts.objective import Objective
from simlab.alerts.rule import Rule
from simlab.config import as_record, read_toml, shipped
from simlab.dataset.target import building, settle
from simlab.errors import ConfigError

T = TypeVar("T")


class _RulesFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    schema: Literal[1]
    rule: tuple[dict[str, Any], ...] = ()
    objective: tuple[dict[str, Any], ...] = ()


def load_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of a TOML file, in its order, after them those of its objectives.

    Raises:
        ConfigError: the file cannot be read, holds no rule or two of one name, or a rule cannot
            be used as it stands; the message names the file and the key.
    """
    tables = as_record(read_toml(path), _RulesFile, where=str(path))
    if not tables.rule and not tables.objective:
        raise ConfigError(f"{path}: $.rule: found none, expected one [[rule]] table or more")
    placed = [
        (f"$.rule[{index}]", _table(table, Rule, f"{path}: $.rule[{index}]"))
        for index, table in enumerate(tables.rule)
    ]
    for index, table in enumerate(tables.objective):
        place = f"$.objective[{index}]"
        objective = _table(table, Objective, f"{path}: {place}")
        placed += [(place, rule) for rule in objective.rules()]
    _refuse_repeated_names(placed, path)
    return tuple(rule for _, rule in placed)


def strategy_rules() -> tuple[Rule, ...]:
    """The monitoring strategy's three rules, to the letter: the default everywhere."""
    return load_rules(shipped("rules", "strategy"))


def rules_toml(rules: Sequence[Rule]) -> str:
    """The text of a rules file: for each rule what it must say and what differs from defaults."""
    return "\n".join(["schema = 1\n", *map(_rule_toml, rules)])


def write_rules(rules: Sequence[Rule], path: Path, *, force: bool = False) -> None:
    """Write a rules file, whole or not at all.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be written.
    """
    with building(path, force=force) as folder:
        made = folder / path.name
        made.write_text(rules_toml(rules), encoding="utf-8")
        settle(made, path)


def _table(table: dict[str, Any], kind: type[T], where: str) -> T:
    try:
        return as_record(table, kind, where=where)
    except ConfigError as error:
        path_and_fault = str(error).removeprefix(f"{where}: ").removeprefix("$")
        raise ConfigError(f"{where}{path_and_fault}") from None


def _refuse_repeated_names(placed: Sequence[tuple[str, Rule]], path: Path) -> None:
    first: dict[str, str] = {}
    for place, rule in placed:
        if rule.name in first:
            raise ConfigError(
                f"{path}: {place}.name: found {rule.name!r}, which is the name of "
                f"{first[rule.name]} already; expected a name of its own"
            )
        first[rule.name] = place


def _rule_toml(rule: Rule) -> str:
    told = _told(rule)
    search = told.pop("search", None)
    lines = ["[[rule]]", *(f"{key} = {_toml(value)}" for key, value in told.items())]
    if search:
        lines += ["[rule.search]", *(f"{key} = {_toml(value)}" for key, value in search.items())]
    return "\n".join(lines) + "\n"


def _told(record: Struct) -> dict[str, Any]:
    """What a record says by its keys in TOML, without what is as the defaults have it."""
    pairs = ((field, getattr(record, field.name)) for field in msgspec.structs.fields(record))
    return {
        field.encode_name: _told(value) if isinstance(value, Struct) else value
        for field, value in pairs
        if value != field.default
    }


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
