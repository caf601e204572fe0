"""An objective's rules are the burn rates of The Site Reliability Workbook, chapter 5."""

from pathlib import Path

import pytest

from simlab.alerts.objective import Objective
from simlab.alerts.rules_file import load_rules
from simlab.errors import ConfigError

MONTH_H = 30 * 24
BODY = 'schema = 1\n[[objective]]\nname = "succeed"\ntarget = 0.995\n'


def test_each_rule_fires_when_its_share_of_a_months_errors_went_in_its_window() -> None:
    """2 % in an hour and 5 % in six are pages, 10 % in one day or three a ticket."""
    rules = Objective(name="succeed", target=0.995).rules()
    spent = [rule.limit / 0.005 * ((rule.window_us or 0) / 3.6e9) / MONTH_H for rule in rules]
    assert spent == pytest.approx([0.02, 0.05, 0.1, 0.1])
    assert [rule.severity for rule in rules] == ["page", "page", "ticket", "ticket"]
    assert {(rule.group, rule.severity) for rule in rules} == {
        ("succeed_page", "page"), ("succeed_ticket", "ticket"),
    }  # fmt: skip


def test_the_short_window_is_a_twelfth_of_the_long_one() -> None:
    for rule in Objective(name="succeed", target=0.99).rules():
        assert (rule.window_us or 0) == 12 * (rule.short_window_us or 0)


def test_a_rules_file_may_hold_objectives(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(BODY)
    assert load_rules(path) == Objective(name="succeed", target=0.995).rules()


@pytest.mark.parametrize("target", [0.5, 0.93, 1.0])
def test_a_target_that_no_burn_can_reach_is_refused(tmp_path: Path, target: float) -> None:
    """At 93 % even nothing but errors burns less than 14.4 times too fast."""
    path = tmp_path / "rules.toml"
    path.write_text(BODY.replace("0.995", str(target)))
    with pytest.raises(ConfigError, match=r"\$\.objective\[0\]\.target: found "):
        load_rules(path)


def test_an_objective_and_a_rule_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    rule = '[[rule]]\nname = "succeed_1h"\nsignal = "duration"\nthreshold = 1.0\n'
    path.write_text(BODY + rule)
    with pytest.raises(ConfigError, match=r"name of \$\.rule"):
        load_rules(path)
