"""Pages from templates: text from data escaped and inert, nothing run, nothing fetched."""

import base64
import hashlib
import os
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from simlab.errors import OutputError
from simlab.report.inert import visible

_LONGEST_TEXT: Final = 400


def rendered(template: str, **context: Any) -> str:
    """A page with the one style that all have, and its hash for the content security policy."""
    css = Markup(_css())  # noqa: S704 -- our own file
    page = _environment().get_template(template)
    return page.render(css=css, css_hash=_sha256(css), **context)


def put(text: str, path: Path) -> None:
    """Put a page at `path` whole or not at all.

    Raises:
        OutputError: it cannot be written there.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{path}: cannot be written: {reason}; name another file") from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("simlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_inert,
    )


def _inert(value: Any) -> Any:
    """Every text that the template prints passes here; jinja then escapes it."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return visible(value, most=_LONGEST_TEXT)
    return value


def _css() -> str:
    return (files("simlab.report") / "templates" / "dashboard.css").read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
