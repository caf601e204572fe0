"""The page's scripts are whole, and nothing in them or in their data can end an element."""

import json

import pytest

from simlab.errors import OutputError
from simlab.report import scripts as ours
from simlab.report.live import told

from .cases import HOSTILE, incident, labels


def test_the_guard_runs_first_then_the_library_then_ours() -> None:
    guard, library, own = ours.scripts()
    assert "createElement" in guard
    assert "Bokeh" in library
    assert len(library) > 500_000
    assert "Bokeh.Models" in own
    assert not any("eval(" in text or "Function(" in text for text in (guard, own))


@pytest.mark.parametrize("text", ["a</script>b", "a</SCRIPT b", "a<!--b", "a\r\nb"])
def test_a_script_that_would_break_the_page_is_refused(text: str) -> None:
    with pytest.raises(OutputError, match="would break the page"):
        ours.embeddable("x.js", text)


def test_data_hold_no_letter_that_html_knows() -> None:
    """And are JSON that says the same, but for what is not visible."""
    shown = [name.encode(errors="replace").decode() for name in HOSTILE]
    truth = labels(*[incident(f"i{n}", kind, 1, 2) for n, kind in enumerate(shown)])
    text = told((), (), truth, {})
    assert not set("<>&") & set(text)
    kinds = [each["kind"] for each in json.loads(text)["incidents"]]
    assert kinds[0] == shown[0][:40].replace("_", " ")
    assert len(kinds) == len(HOSTILE)
