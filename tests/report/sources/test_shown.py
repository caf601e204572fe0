"""Episodes out of what was seen of a rule now and then."""

import re

import numpy as np
import pytest

from report.cases import DAY_US, HOSTILE
from simlab.alerts.rule import Rule
from simlab.prometheus.names import BATCHES
from simlab.report.html import dashboard
from simlab.report.sources.shown import page_of_told
from simlab.report.sources.told import HIGHEST, Counter, Fires, Told

RULES = (Rule(name="slow", signal="duration", threshold=2.0),)


def _told(firing: dict[str, Fires]) -> Told:
    edge_us = DAY_US + np.arange(3) * 3_600_000_000
    batches = Counter(labels={"status": "success"}, at_edge=np.array([0.0, 60, 120]))
    return Told(
        name="p",
        edge_us=edge_us,
        counters={BATCHES: (batches,)},
        mean_cpu=np.full(2, np.nan),
        highest={name: np.full(2, np.nan) for name in HIGHEST},
        readings=0,
        firing=firing,
        look_s=15,
    )


def _seen(seen: str) -> Fires:
    """A character each 15 s: `1` fires, `0` does not, `.` nothing was told."""
    known = [place for place, each in enumerate(seen) if each != "."]
    return Fires(
        time_us=DAY_US + np.array(known, dtype=np.int64) * 15_000_000,
        fires=np.array([seen[place] == "1" for place in known]),
    )


@pytest.mark.parametrize(
    ("seen", "episodes"),
    [
        ("0000", []),
        ("0110", [(1, 3, False)]),
        ("110101", [(0, 2, False), (3, 4, False), (5, 5, True)]),
        ("01.10", [(1, 4, False)]),  # a scrape was missed
        ("1" + "." * 30 + "10", [(0, 20, False), (31, 32, False)]),  # gone for five minutes
        ("....1", [(4, 4, True)]),
    ],
)
def test_episodes_are_the_stretches_in_which_a_rule_fired(
    seen: str, episodes: list[tuple[int, int, bool]]
) -> None:
    page = page_of_told(_told({"slow": _seen(seen)}), RULES, title="t", facts={})
    found = page.episodes.select("start", "end", "open").rows()
    in_steps = [
        (
            round((start.timestamp() * 1e6 - DAY_US) / 15e6),
            round((end.timestamp() * 1e6 - DAY_US) / 15e6),
            still,
        )
        for start, end, still in found
    ]
    assert in_steps == episodes


def test_a_rule_that_nothing_is_told_of_is_not_judged() -> None:
    page = page_of_told(_told({}), RULES, title="t", facts={})
    assert page.scores == ()
    text = dashboard(page)
    assert "Unknown: no rule can be judged" in text
    assert "There is no histogram of durations, so latency is unknown." in text
    assert "There are no samples of the machine" in text


def _elements(name: str) -> list[str]:
    """The page's elements, when one of the rules that are told of is named so."""
    firing = {"slow": _seen("010"), name: _seen("1")}
    text = dashboard(page_of_told(_told(firing), RULES, title="t", facts={}))
    assert "The bot also tells of rules that are not shown here:" in text
    return re.findall("<[a-z][^ >]*", text.partition("<script>")[0])


def test_hostile_names_of_rules_stay_words() -> None:
    """None of them adds an element to a page."""
    plain = _elements("plain")
    for name in HOSTILE:
        assert _elements(name) == plain, name
