"""Write data/schema/: JSON Schemas of profiles and rules, for editors to complete and check by.

They are drawn from the structs that the files are read into, in the words of their docstrings.
An editor sees less than simlab does: that two keys exclude each other is for simlab to say.
"""

import inspect
import re
from pathlib import Path
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from simlab.alerts.objective import Objective
from simlab.alerts.rule import COUNT, NAME, Rule
from simlab.config import Duration
from simlab.workload.profile import ErrorType, NonNegative, Profile

OUT: Final = Path(__file__).resolve().parent.parent / "data" / "schema"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_MOMENT: Final = {
    "type": "string",
    "description": "a moment like 2026-01-05T00:00:00Z; UTC where it names no zone",
    "pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?$",
}
_DURATION: Final = msgspec.json.schema(Duration)
_WEIGHTS: Final = {
    "properties": {name: msgspec.json.schema(NonNegative) for name in get_args(ErrorType)},
    "additionalProperties": False,
}
_FORMS: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("Profile", "start"): _MOMENT,
    ("Incident", "at"): _MOMENT,
    ("Lookalike", "at"): _MOMENT,
    ("Outcome", "error_types"): _WEIGHTS,
    ("Rule", "name"): {"pattern": rf"^{NAME.pattern}\Z"},
    ("Rule", "window"): {"anyOf": [{"pattern": rf"^{COUNT.pattern}\Z"}, _DURATION]},
    ("Rule", "short_window"): _DURATION,
    ("Rule", "evaluate"): {"anyOf": [{"const": "row"}, _DURATION]},
    ("Rule", "smooth"): _DURATION,
    ("Rule", "group"): {"pattern": rf"^{NAME.pattern}\Z"},
    ("Rule", "cooldown"): _DURATION,
    ("Objective", "name"): {"pattern": rf"^{NAME.pattern}\Z"},
    ("Rule", "for"): _DURATION,
    ("Rule", "keep_firing_for"): _DURATION,
    ("Rule", "stale_after"): _DURATION,
    ("Search", "for"): {"items": _DURATION},
}
"""What the structs check by themselves, so that their types do not tell."""


class RulesFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alert rules, in the order in which reports list them."""

    schema: int
    rule: tuple[Rule, ...] = ()
    objective: tuple[Objective, ...] = ()


def schemas() -> dict[str, dict[str, Any]]:
    """The schemas by their names."""
    rules = _schema(RulesFile, title="simlab rules")
    rules["properties"]["schema"] = {"enum": [1]}
    return {"profile": _schema(Profile, title="simlab profile"), "rules": rules}


def text(schema: dict[str, Any]) -> str:
    """A schema as it is written."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _schema(kind: type[Struct], *, title: str) -> dict[str, Any]:
    """One file's schema, its own table first, the tables within it after that."""
    told = {name: _table(each) for name, each in msgspec.json.schema(kind)["$defs"].items()}
    whole = told.pop(kind.__name__)
    return {"$schema": DIALECT, **whole, "title": title, "$defs": dict(sorted(told.items()))}


def _table(told: dict[str, Any]) -> dict[str, Any]:
    """A struct's schema, with each key described by the sentence that tells of it."""
    words = inspect.cleandoc(told.get("description", "")).partition("\n\nRaises:")[0]
    paragraphs = [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]
    sentences = [each for text in paragraphs for each in re.split(r"(?<=\.)\s+", text)]
    keys = {
        name: _key(form | _FORMS.get((told["title"], name), {}), name, sentences)
        for name, form in told["properties"].items()
    }
    return {**told, "description": "\n\n".join(paragraphs), "properties": keys}


def _key(form: dict[str, Any], name: str, sentences: list[str]) -> dict[str, Any]:
    """A key's schema as TOML has it: no null, and patterns as editors read them."""
    plain: dict[str, Any] = _plain(form)
    about = next((sentence for sentence in sentences if f"`{name}`" in sentence), "")
    form_told = plain.get("description", "")
    if about:
        plain["description"] = f"{about} Write {form_told}." if form_told else about
    return plain


def _plain(form: Any) -> Any:
    if isinstance(form, list):
        return [_plain(each) for each in form]
    if not isinstance(form, dict):
        return form
    kept = {name: _plain(each) for name, each in form.items() if not _is_noise(name, each)}
    if "pattern" in kept:
        kept["pattern"] = _ecma(kept["pattern"])
    choices = [each for each in kept.pop("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return choices[0] | kept
    return kept | ({"anyOf": choices} if choices else {})


def _is_noise(name: str, value: Any) -> bool:
    """A default that TOML cannot write, or that the table below it tells of."""
    return name == "default" and (value is None or isinstance(value, dict | list | tuple))


def _ecma(pattern: str) -> str:
    r"""Python's pattern in JavaScript's words: its `\Z` is `$`, its `\w` knows all letters."""
    letters = r"0-9A-Za-z_\u0080-\uffff"
    inner = re.sub(r"\[\\w", lambda _: f"[{letters}", pattern.replace(r"\Z", "$"))
    return inner.replace(r"\w", f"[{letters}]")


def main() -> None:
    """Write each schema to its file."""
    OUT.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        path = OUT / f"{name}.schema.json"
        path.write_text(text(schema), encoding="utf-8")
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
