"""The whole story: what the demo tells, as one call."""

from pathlib import Path

import msgspec
import pytest

from simlab.alerts.rules_file import load_rules, strategy_rules
from simlab.errors import OutputError
from simlab.report.story import story
from simlab.workload.loading import load_profile


def test_the_story_leaves_rules_and_page_and_judges_on_what_the_choice_did_not_see(
    tmp_path: Path,
) -> None:
    """Six hours at a quarter of the load are enough for it."""
    day = load_profile("busy-day")
    arrivals = msgspec.structs.replace(day.arrivals, per_minute=30.0)
    short = msgspec.structs.replace(day, duration="6h", arrivals=arrivals)
    steps: list[str] = []
    told = story(short, strategy_rules(), seed=7, out=tmp_path / "run", tell=steps.append)
    assert [step[:3] for step in steps] == ["1/5", "2/5", "3/5", "4/5", "5/5"]
    assert load_rules(told.rules_file) == told.tuning.rules_after
    assert told.dashboard.read_text().count("<html") == 1
    assert told.tuning.unseen_after.start_us == told.tuning.train_until_us
    assert told.tuning.unseen_after.until_us == told.whole.until_us


def test_what_is_there_already_stays_as_it_is(tmp_path: Path) -> None:
    """Before any work is done."""
    (tmp_path / "run").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        story(load_profile("busy-day"), strategy_rules(), seed=7, out=tmp_path / "run")
    assert not list((tmp_path / "run").iterdir())
