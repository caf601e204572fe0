"""`simlab drift` exits 0 where logs look as before, and 1 where they do not."""

from pathlib import Path

from .cases import PROFILE, call, complaint, told, written


def test_a_run_of_a_profile_looks_like_it(ran: Path, profile: Path) -> None:
    said = call("drift", ran, "--against", profile)
    assert said.code == 0
    assert "duration" in said.out
    assert "drifted" not in said.out
    found = told("drift", ran, "--against", profile)
    assert found["drifted"] == []
    assert found["alarms"] is None
    assert {row["verdict"] for row in found["quantities"]} <= {"alike", "near"}


def test_what_changed_is_named_and_the_exit_code_is_1(ran: Path, tmp_path: Path) -> None:
    slower = written(tmp_path / "slower.toml", PROFILE.replace("median = 0.6", "median = 0.3"))
    said = call("drift", ran, "--against", slower)
    assert said.code == 1
    assert said.err.startswith(f"simlab: {ran}: drifted from tiny: duration")
    assert len(said.err.splitlines()) == 1
    said = call("drift", ran, "--against", slower, "--json")
    assert said.code == 1
    assert '"drifted":["duration"' in said.out


def test_a_dataset_is_compared_with_itself_without_a_difference(ran: Path) -> None:
    found = told("drift", ran, "--against", ran)
    assert {row["distance"] for row in found["quantities"]} == {0.0}


def test_rules_that_break_their_budget_are_told_of(ran: Path, profile: Path) -> None:
    arguments = ("drift", ran, "--against", profile, "--rules", "strategy")
    said = call(*arguments)
    assert said.code == 1
    assert "false alarms a day, expected at most 2" in said.err
    assert "broken" in said.out
    assert call(*arguments, "--max-false-alarms-per-day", "1e6").code == 0


def test_a_reference_that_is_not_there_is_refused(ran: Path) -> None:
    assert complaint("drift", ran, "--against", "nowhere").startswith("'nowhere': neither a file")
