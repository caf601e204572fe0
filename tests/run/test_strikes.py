"""What befalls a bot that keeps no one waiting is, to the bit, what is drawn a slice at a time."""

from random import Random
from typing import Any

import polars as pl
import pytest

from simlab.run.truth import truth
from simlab.workload.kinds import KINDS
from simlab.workload.load import load_of
from simlab.workload.profile import Profile
from simlab.workload.source import Source, source_of_profile

from .cases import injected, plan_of, short, worked

KEY = ["batch_id", "attempt"]
BENIGN = {"load_peak", "slow_warehouse", "backup_cpu", "error_blip"}
FREE = {"cpu_per_busy_worker": 0, "cpu_per_waiting_batch": 0, "mem_mb_per_waiting_batch": 0}
"""A machine on which work costs nothing: what trouble does to work does not show in samples."""


def load(*entries: dict[str, Any], **changes: Any) -> Profile:
    """A load that no one has to wait in, with these incidents and look-alikes."""
    lookalikes = [each for each in entries if each["kind"] in BENIGN]
    incidents = [each for each in entries if each["kind"] not in BENIGN]
    told = {"workers": 2_000, "resources": FREE, "lookalike": lookalikes, **changes}
    return short(*incidents, **told)


def rows_of(source: Source) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the bot did, and what was drawn, in the same order."""
    done, _ = worked(plan_of(source))
    drawn = source.dataset.rows.with_columns(
        pl.col("error_type").cast(pl.String), pl.col("queue_wait").fill_null(0.0)
    )
    return done.sort(KEY), drawn.sort(KEY)


def full(kind: str, at: str, length: str, **changes: Any) -> dict[str, Any]:
    return injected(kind, at, length, severity={"low": 1, "high": 1}, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_by_itself(kind: str) -> None:
    """At full strength and with a ramp; in the outages some are cut short, and begun anew."""
    changes = {"outcome": {"retry": 0.2, "error": 0.03, "backoff": "1.5s"}}
    source = source_of_profile(load(full(kind, "10:00", "9m", ramp="2m"), **changes), seed=3)
    done, drawn = rows_of(source)
    assert done.equals(drawn)
    assert (done["queue_wait"].max() > 0) == (kind == "bot_down")  # type: ignore[operator]  # a number


def wild(seed: int, *, outages: bool, **changes: Any) -> Profile:
    """Kinds, severities, lengths, ramps, places and limits at random, many of them at once."""
    rng = Random(seed)
    kinds = [kind for kind in KINDS if kind != "bot_down"]
    entries = [
        {
            "kind": kind,
            "per_day": rng.choice([50, 150]),
            "duration": {"median": f"{rng.randint(1, 9)}m"},
            "severity": {"low": rng.random() ** 2, "high": 1.0},
            "ramp": rng.choice(["0s", "40s", "5m"]),
            "warehouses": rng.choice([[1], [2, 3], 0.5, "all"]),
        }
        for kind in [
            *(kinds[(5 * seed + k // 2) % len(kinds)] for k in range(10)),
            *["bot_down"] * outages,
        ]
    ]
    told = {
        "arrivals": {"per_minute": 40, "process": rng.choice(["poisson", "bursty", "fixed"])},
        "service": {"dist": "lognormal", "median": 0.6, "sigma": 0.8, "limit": rng.choice(["3s", "20s"])},
        "outcome": {"retry": rng.choice([0, 0.1, 0.4]), "error": 0.03, "backoff": "1.5s"},
    }  # fmt: skip
    told["outcome"]["max_attempts"] = rng.choice([1, 2, 4])
    return load(*entries, **{**told, **changes})


@pytest.mark.parametrize("seed", range(12))
def test_any_number_of_any_kinds_at_once(seed: int) -> None:
    source = source_of_profile(wild(seed, outages=seed % 2 == 0), seed=seed)
    done, drawn = rows_of(source)
    assert done.equals(drawn)
    assert set(drawn["error_type"].drop_nulls()) > {"timeout"}


def test_the_wild_loads_overlap_and_reach_the_limit_and_hang_and_go_down() -> None:
    """Else the test above would show little."""
    troubles = [
        load_of(wild(seed, outages=seed % 2 == 0), seed=seed).troubles for seed in range(12)
    ]
    seen = {each.kind for some in troubles for each in some}
    assert seen == set(KINDS)
    for some in troubles:
        pairs = [(a, b) for a in some for b in some if a is not b]
        assert any(a.start_s < b.start_s < a.end_s and a.kind == b.kind for a, b in pairs)


@pytest.mark.parametrize("seed", range(10))
def test_the_run_shows_each_just_when_the_drawn_load_does(seed: int) -> None:
    """With one attempt a batch; a retry that would not have been made shows in the run alone."""
    outcome = {"retry": 0.2, "error": 0.03, "max_attempts": 1}
    source = source_of_profile(wild(seed, outages=False, outcome=outcome), seed=seed)
    plan = plan_of(source)
    rows, samples = worked(plan)
    found, drawn = truth(plan, rows, samples), source.dataset.incidents
    assert found is not None
    assert drawn is not None
    own = [
        name for name, kind in KINDS.items() if kind.effect.on_attempts and not kind.effect.cpu + kind.effect.mem
    ]  # fmt: skip
    assert found.filter(pl.col("kind").is_in(own)).equals(drawn.filter(pl.col("kind").is_in(own)))
    last = rows["timestamp"][-1]  # a run tells of nothing after it
    peaks = drawn.with_columns(pl.col("visible_end").clip(upper_bound=last))
    assert found.filter(kind="load_peak").equals(peaks.filter(kind="load_peak"))


def test_a_load_peak_shows_no_longer_than_batches_fall_due() -> None:
    """It would go on for four minutes after the last, and attempts end in the first seconds."""
    source = source_of_profile(load(full("load_peak", "25:00", "9m")), seed=1)
    plan = plan_of(source)
    rows, samples = worked(plan)
    found = truth(plan, rows, samples)
    assert found is not None
    assert source.dataset.incidents is not None
    assert found.equals(source.dataset.incidents)
    assert found["visible_end"][0] < rows["timestamp"][-1]
