"""A load that no bot could have, or whose truth could not be told, is refused and told why."""

import math
import re
from typing import Any

import pytest

from simlab.errors import ConfigError
from simlab.workload.utilisation import work_s

from .cases import START, case, trouble


def refusal(**changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        case(**changes)
    told = str(caught.value)
    assert told.startswith("case.toml: ")
    assert "\n" not in told
    return told.removeprefix("case.toml: ")


PLAIN = {
    "service": {"dist": "uniform", "low": 0.999, "high": 1.001},
    "outcome": {"retry": 0, "error": 0},
}


def test_a_queue_without_end_is_refused_with_the_workers_and_the_rate_that_would_do() -> None:
    """Ten batches of a second each a second, and four workers: busy for 250 % of the time."""
    told = refusal(workers=4, arrivals={"per_minute": 600}, **PLAIN)
    assert told.startswith("$.workers: found 4, who would have to be busy 250% of the time")
    found = re.search(r"expected (\d+) or more.* arrivals\.per_minute below ([\d.]+)$", told)
    assert found is not None
    workers, rate = int(found[1]), float(found[2])
    assert workers in (10, 11)  # the estimate of the mean is off by a 10,000th at most
    assert math.isclose(rate, 240, rel_tol=1e-3)


@pytest.mark.parametrize("per_minute", [239, 200, 1])
def test_a_queue_that_is_just_stable_passes(per_minute: int) -> None:
    assert case(workers=4, arrivals={"per_minute": per_minute}, **PLAIN).workers == 4


def test_what_the_refusal_names_passes_and_what_is_just_beyond_does_not() -> None:
    """With retries, which are work too."""
    told: dict[str, Any] = {"outcome": {"retry": 0.3}}
    told["service"] = {"dist": "lognormal", "median": 0.35, "sigma": 0.6, "limit": "10s"}
    found = re.search(
        r"expected (\d+) or more.* below ([\d.]+)$", refusal(workers=2, arrivals={"per_minute": 600}, **told)
    )  # fmt: skip
    assert found is not None
    workers, rate = int(found[1]), float(found[2])
    passed = case(workers=workers, arrivals={"per_minute": 600}, **told)
    assert workers == math.floor(10 * work_s(passed)) + 1
    refusal(workers=workers - 1, arrivals={"per_minute": 600}, **told)
    assert case(workers=2, arrivals={"per_minute": rate * 0.999}, **told)
    refusal(workers=2, arrivals={"per_minute": rate * 1.001}, **told)


def test_hours_in_which_the_queue_grows_pass_if_it_shrinks_in_others() -> None:
    """Twice the rate by day, none by night, and workers for 1.2 times the mean."""
    rush = {"per_minute": 200, "hourly": [2.0] * 12 + [0.0] * 12}
    assert case(workers=4, arrivals=rush, **PLAIN)


def pair(other: dict[str, Any], *, key: str = "incident") -> dict[str, Any]:
    first = "error_blip" if key == "lookalike" else "latency_spike"
    return {key: [trouble(first, warehouses=[1, 2]), other]}


LATER = START.replace(minute=39)
CLASH = [
    trouble("latency_spike", at=LATER, warehouses=[2, 3]),
    trouble("latency_spike", at=START, warehouses=[2], duration={"median": "21m"}),
    trouble("latency_spike", warehouses="all"),
    trouble("latency_spike", warehouses=0.1),  # it might be one of those
]


@pytest.mark.parametrize("other", CLASH)
def test_two_of_a_kind_at_one_time_and_place_are_refused(other: dict[str, Any]) -> None:
    assert refusal(**pair(other)).startswith(
        "$.incident[1].at: overlaps $.incident[0], of the same kind at the same warehouses; move one"
    )


def test_so_are_two_look_alikes() -> None:
    told = refusal(**pair(trouble("error_blip", at=LATER), key="lookalike"))
    assert told.startswith("$.lookalike[1].at: overlaps $.lookalike[0]")


@pytest.mark.parametrize(
    "other",
    [
        trouble("latency_spike", at=LATER, warehouses=[3, 4]),
        trouble("error_burst", at=LATER, warehouses=[1, 2]),
        trouble("latency_spike", at=START.replace(minute=40), warehouses=[1, 2]),
        trouble("latency_spike", at=START, warehouses=[1, 2]),
        {"kind": "latency_spike", "per_day": 10},
    ],
    ids=["elsewhere", "of another kind", "right after", "right before", "at random"],
)
def test_two_that_can_be_told_apart_pass(other: dict[str, Any]) -> None:
    assert len(case(**pair(other)).incident) == 2


def test_the_third_is_held_against_each_before_it() -> None:
    entries = [trouble("error_burst"), trouble("latency_spike"), trouble("error_burst", at=LATER)]
    assert refusal(incident=entries).startswith("$.incident[2].at: overlaps $.incident[0]")


@pytest.mark.parametrize("share", [1.0001, 2.0, -0.1])
def test_a_share_of_the_warehouses_is_from_0_to_1(share: float) -> None:
    told = refusal(incident=[trouble("error_burst", warehouses=share)])
    assert "$.incident[0].warehouses" in told


@pytest.mark.parametrize(
    "at", [START.replace(hour=1), START.replace(year=2025), START.replace(day=6)]
)
def test_an_incident_outside_the_profiles_time_is_refused(at: Any) -> None:
    told = refusal(incident=[trouble("error_burst", at=at)])
    assert told == f"$.incident[0].at: {at.isoformat()} is outside the profile's time"


def test_one_that_begins_within_it_may_end_after_it() -> None:
    late = trouble("error_burst", at=START.replace(minute=59, second=59))
    assert case(incident=[late]).incident[0].at == late["at"]
