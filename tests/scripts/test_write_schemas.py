"""What editors are told of profiles and rules is what simlab reads: the schemas are current."""

import runpy
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from simlab.alerts.rules_file import load_rules
from simlab.config import shipped_folder
from simlab.errors import ConfigError
from simlab.workload.loading import parse_profile

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "write_schemas.py"))
KINDS = {"profiles": "profile", "rules": "rules"}
SHIPPED = sorted(path for kind in KINDS for path in shipped_folder(kind).glob("*.toml"))

PROFILE = """
schema = 1
name = "größer 2"
start = 2026-01-05T00:00:00
duration = "1d12h"
[arrivals]
per_minute = 30
[service]
dist = "exponential"
scale = 1
[outcome]
error_types = { auth = 1 }
[[incident]]
kind = "bot_down"
at = 2026-01-05T14:00:00.5+01:00
warehouses = [1, 2]
[[lookalike]]
kind = "error_blip"
per_day = 1
warehouses = "all"
"""
RULES = """
schema = 1
[[rule]]
name = "slow"
signal = "duration"
threshold = 2.0
window = "10 rows"
for = "1m30s"
[rule.search]
for = ["0s", "5m"]
threshold = { low = 1, high = 2, steps = 3 }
"""


def as_json(value: Any) -> Any:
    """What an editor checks: a TOML moment is text."""
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def faults(text: str, name: str) -> list[str]:
    """What the schema of that name has against a TOML text."""
    found = Draft202012Validator(SCRIPT["schemas"]()[name]).iter_errors(
        as_json(tomllib.loads(text))
    )
    return [error.message for error in found]


@pytest.mark.parametrize("name", ["profile", "rules"])
def test_the_schema_that_is_shipped_is_the_one_that_the_structs_give(name: str) -> None:
    schema = SCRIPT["schemas"]()[name]
    Draft202012Validator.check_schema(schema)
    shipped = shipped_folder("schema") / f"{name}.schema.json"
    told = f"{shipped} is not current: make schema"
    assert shipped.read_text(encoding="utf-8") == SCRIPT["text"](schema), told


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_file_names_its_schema_and_meets_it(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    schema = path.parent / first.removeprefix("#:schema ")
    assert schema.resolve() == (shipped_folder("schema") / schema.name).resolve()
    assert schema.is_file()
    assert faults(path.read_text(encoding="utf-8"), schema.name.partition(".")[0]) == []


def test_what_simlab_accepts_the_schemas_accept(tmp_path: Path) -> None:
    parse_profile(tomllib.loads(PROFILE), where="a.toml")
    assert faults(PROFILE, "profile") == []
    (tmp_path / "rules.toml").write_text(RULES)
    load_rules(tmp_path / "rules.toml")
    assert faults(RULES, "rules") == []


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("schema = 1", "schema = 2"),
        ("per_minute = 30", "per_minutes = 30"),
        ("per_minute = 30", "per_minute = -1"),
        ("per_minute = 30", 'per_minute = "30"'),
        ("per_minute = 30", "per_minute = 30\nhourly = [1, 2]"),
        ('"1d12h"', '"1 day"'),
        ('"1d12h"', '"1d12h\\n"'),
        ("start = 2026-01-05T00:00:00", "start = 2026-01-05"),
        ('"exponential"', '"normal"'),
        ('"bot_down"', '"bot_up"'),
        ('"bot_down"', '"error_blip"'),
        ("[1, 2]", "[]"),
        ("[1, 2]", "1.5"),
        ("auth = 1", "author = 1"),
        ('name = "größer 2"', 'name = "../x"'),
        ('name = "größer 2"', ""),
    ],
)
def test_a_broken_profile_meets_neither_simlab_nor_the_schema(now: str, then: str) -> None:
    broken = PROFILE.replace(now, then)
    assert broken != PROFILE
    with pytest.raises(ConfigError):
        parse_profile(tomllib.loads(broken), where="a.toml")
    # Python's `$` lets a line end pass at the end of a text; an editor's does not.
    assert faults(broken, "profile") or "\\n" in then


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ('"duration"', '"durations"'),
        ('"10 rows"', '"10 lines"'),
        ('"1m30s"', '"soon"'),
        ('["0s", "5m"]', '["0s", "soon"]'),
        ("steps = 3", "steps = 1"),
        ("steps = 3", "step = 3"),
        ('name = "slow"', 'name = "too slow"'),
        ("threshold = 2.0", 'threshold = "2"'),
        ("[[rule]]", "[[rules]]"),
    ],
)
def test_broken_rules_meet_neither_simlab_nor_the_schema(
    now: str, then: str, tmp_path: Path
) -> None:
    broken = RULES.replace(now, then)
    assert broken != RULES
    (tmp_path / "rules.toml").write_text(broken)
    with pytest.raises(ConfigError):
        load_rules(tmp_path / "rules.toml")
    assert faults(broken, "rules")


def test_an_editor_has_words_to_show_and_a_form_for_every_length_of_time() -> None:
    profile = SCRIPT["schemas"]()["profile"]
    tables = [profile, *profile["$defs"].values()]
    assert all(table["description"] and table["title"] for table in tables)
    assert "mean rate" in profile["$defs"]["Arrivals"]["properties"]["per_minute"]["description"]
    assert "\\Z" not in SCRIPT["text"](profile)
    assert profile["properties"]["duration"]["pattern"].endswith("$")
