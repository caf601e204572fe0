"""The profiles that come with simlab, told in the figures that they have."""

from datetime import UTC, datetime

import msgspec

from simlab.config import shipped_names
from simlab.workload import catalogue
from simlab.workload.catalogue import profiles
from simlab.workload.kinds import KINDS
from simlab.workload.loading import load_profile
from simlab.workload.plan import usual_rows
from simlab.workload.profile import Incident
from simlab.workload.utilisation import utilisation


def test_each_shipped_profile_is_told_of_once_in_the_order_of_names() -> None:
    assert [listed.name for listed in profiles()] == shipped_names("profiles")


def test_the_figures_are_those_of_the_profile() -> None:
    month = next(listed for listed in profiles() if listed.name == "month-of-trouble")
    profile = load_profile("month-of-trouble")
    assert month.span_s == 30 * 86_400
    assert month.rows == usual_rows(profile)
    assert month.utilisation == utilisation(profile)
    assert {*month.incident_kinds, *month.lookalike_kinds} == set(KINDS)
    assert month.incidents_per_day == sum(each.per_day or 0 for each in profile.incident)


def test_an_incident_at_a_given_moment_is_shared_out_over_the_days() -> None:
    once = Incident(kind="bot_down", at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    often = Incident(kind="bot_down", per_day=2)
    profile = load_profile("month-of-trouble")
    longer = msgspec.structs.replace(profile, duration="4d", incident=(once, often))
    listed = catalogue._listed(longer)
    assert listed.incidents_per_day == 2.25
    assert listed.incident_kinds == ("bot_down",)
