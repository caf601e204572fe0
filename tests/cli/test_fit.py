"""`simlab fit` tells what it learned, writes a profile that runs, and refuses what says too little."""

import json
from pathlib import Path

import pytest

import simlab
from simlab.workload.loading import load_profile

from .cases import call, complaint, told, written

LONG = """
schema = 1
name = "long"
start = 2026-01-05T00:00:00Z
duration = "2h"
warehouses = 5
[arrivals]
per_minute = 60
[service]
dist = "gamma"
shape = 2.0
scale = 0.3
[outcome]
retry = 0.05
[[incident]]
kind = "latency_spike"
at = 2026-01-05T00:30:00Z
duration = { median = "10m", sigma = 0 }
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fit")
    written(folder / "long.toml", LONG)
    told("gen", folder / "long.toml", "--out", folder / "long.jsonl")
    return folder / "long.jsonl"


def test_a_fitted_profile_is_written_and_makes_data(dataset: Path) -> None:
    said = call("fit", dataset, "--out", "p.toml")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "p.toml: the profile long"
    assert load_profile("p.toml").service.dist == "gamma"
    made = told("gen", "p.toml", "--out", "again.jsonl")
    assert made["rows"] == pytest.approx(60 * 120 * 1.05, rel=0.05)


def test_tables_tell_figures_families_and_distances(dataset: Path) -> None:
    said = call("fit", dataset)
    for words in ("arrivals.per_minute", "95 % interval", "gamma", "chosen", "duration [s]", "KS"):
        assert words in said.out
    assert "- left out:" in said.out
    assert list(Path.cwd().iterdir()) == []


def test_json_tells_the_profile_and_how_sure_it_is(dataset: Path) -> None:
    found = told("fit", dataset, "--out", "p.toml", "--name", "mine", "--seed", 3)
    assert found["path"] == "p.toml"
    assert found["profile"]["name"] == load_profile("p.toml").name == "mine"
    rate = next(e for e in found["estimates"] if e["path"] == "$.arrivals.per_minute")
    assert rate["low"] < rate["value"] < rate["high"]
    assert [family["dist"] for family in found["families"] if family["chosen"]] == ["gamma"]
    assert {one["quantity"] for one in found["distances"]} == {"duration", "gap", "batch_size"}
    assert found["attempts"] > found["held_out"] > 0


def test_the_python_function_gives_the_same(dataset: Path) -> None:
    found = told("fit", dataset, "--seed", 3, "--held-out", 0.4)
    fitted = simlab.fit(simlab.read(dataset), name="long", held_out=0.4, seed=3)
    assert found["profile"]["service"] == fitted.table["service"]
    assert [one["ks"] for one in found["distances"]] == [one.ks for one in fitted.distances]


def test_labels_say_what_is_left_out(dataset: Path) -> None:
    labels = written(Path("l.csv"), "start,end\n2026-01-05T00:10:00Z,2026-01-05T01:00:00Z\n")
    notes = told("fit", dataset, "--labels", labels)["notes"]
    assert any("the 50.0 min while incidents showed" in note for note in notes)


def test_foreign_columns_are_mapped() -> None:
    lines = [json.dumps({"at": 1_767_571_200 + second, "ms": 100 + second % 7 * 10})
             for second in range(1_000)]  # fmt: skip
    written(Path("api.v2 (old).jsonl"), "\n".join(lines))
    found = told("fit", "api.v2 (old).jsonl", "--time", "at", "--map", "duration=ms/1000")
    assert found["profile"]["name"] == "api"
    assert found["profile"]["arrivals"]["process"] == "fixed"
    assert found["profile"]["arrivals"]["per_minute"] == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize("name", ["(1).jsonl", "-.jsonl", "é.jsonl", "a b.jsonl"])
def test_any_file_gives_its_profile_a_name(name: str) -> None:
    lines = [json.dumps({"at": 1_767_571_200 + second, "s": 0.5}) for second in range(500)]
    written(Path(name), "\n".join(lines))
    found = told("fit", f"./{name}", "--time", "at", "--map", "duration=s", "--out", "p.toml")
    assert load_profile("p.toml").name == found["profile"]["name"]


def test_too_little_says_how_much_is_needed() -> None:
    lines = [json.dumps({"at": 1_767_571_200 + 9 * n, "s": 0.5}) for n in range(150)]
    written(Path("a.jsonl"), "\n".join(lines))
    arguments = ["fit", "a.jsonl", "--time", "at", "--map", "duration=s", "--out", "p.toml"]
    line = complaint(*arguments)
    assert line == "a.jsonl: too little to fit: 150 attempts with a duration; 200 are needed"
    assert not Path("p.toml").exists()


def test_a_profile_that_is_there_is_kept_before_any_reading_is_done() -> None:
    written(Path("p.toml"), "mine")
    assert complaint("fit", "nowhere.jsonl", "--out", "p.toml").startswith("p.toml: exists already")
    assert Path("p.toml").read_text() == "mine"
