"""`simlab tune` over one dataset and over many: what it prints, writes and refuses."""

from pathlib import Path

import polars as pl
import pytest

from .cases import PROFILE, call, complaint, told, written

BUSY = PROFILE.replace('duration = "2h"', 'duration = "12h"').replace(
    "at = 2026-01-05T00:20:00Z", "per_day = 8"
).replace("at = 2026-01-05T01:20:00Z", "per_day = 8")  # fmt: skip
LOOSE = ["--max-false-alarms-per-day", 40, "--max-firing-ratio", 0.1]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile of half a day with some trouble."""
    return written(tmp_path_factory.mktemp("busy") / "busy.toml", BUSY)


def test_seeds_are_the_same_as_their_datasets_on_disk(busy: Path) -> None:
    """Drawn in workers or generated and read: the same rules and the same unseen figures."""
    paths = []
    for seed in (7, 8, 9):
        paths.append(f"d{seed}")
        told("gen", busy, "--seed", seed, "--out", paths[-1], "--workers", 1)
    drawn = told("tune", busy, "--seeds", 3, "--workers", 2, *LOOSE)
    read = told("tune", *paths, "--workers", 1, *LOOSE)
    assert drawn["rules"] == read["rules"]
    assert drawn["held_out"] == read["held_out"]
    assert drawn["blocks_are"] == "dataset"
    assert [fold["dataset"] for fold in drawn["folds"]] == [
        "tiny, seed 7", "tiny, seed 8", "tiny, seed 9",
    ]  # fmt: skip


def test_people_see_choice_unseen_figures_sensitivity_front_and_what_carried_over(
    busy: Path,
) -> None:
    said = call("tune", busy, "--seeds", 3, "--workers", 1, *LOOSE)
    assert said.code == 0
    for words in (
        "As given", "Chosen", "On data that the choice did not see", "drawing 3 datasets again",
        "slow_batch x 0.8", "What could be had where it was chosen", "on unseen data; they caught",
        "of 3 datasets by themselves",
    ):  # fmt: skip
        assert words in said.out
    assert max(map(len, said.out.splitlines()[:20])) <= 160


def test_the_front_is_written_whole_with_the_chosen_and_the_given_point(ran: Path) -> None:
    tuned = told("tune", ran, "--front", "front.csv", "--max-false-alarms-per-day", 40)
    front = pl.read_csv("front.csv")
    assert len(front) == len(tuned["front"])
    marks = ", ".join(front["mark"].fill_null("").to_list())
    assert "chosen" in marks
    assert "given" in marks
    assert "exists already" in complaint("tune", ran, "--front", "front.csv")


def test_few_incidents_are_told_of_and_labels_can_be_asked_for(ran: Path) -> None:
    """One in the half to choose on."""
    auto = told("tune", ran, "--max-false-alarms-per-day", 40)
    assert auto["chosen_by"] == "normal"
    assert any("without labels" in text for text in auto["cautions"])
    asked = told("tune", ran, "--choose-by", "labels", "--max-false-alarms-per-day", 40)
    assert asked["chosen_by"] == "labels"


def test_unlabelled_logs_are_tuned_by_normal_data(ran: Path) -> None:
    frame = pl.read_parquet(ran / "rows.parquet").select(
        "timestamp", "duration", "status", "warehouse_id"
    )
    frame.write_parquet("bare.parquet")
    bare = told("tune", "bare.parquet", "--max-false-alarms-per-day", 1000)
    assert bare["chosen_by"] == "normal"
    assert bare["held_out"]["tuned"]["recall"]["value"] is None
    refused = complaint("tune", "bare.parquet", "--choose-by", "labels")
    assert "found no labels" in refused
    assert "--choose-by normal" in refused
