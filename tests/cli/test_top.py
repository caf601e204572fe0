"""`simlab top` in a pipe: one look, as text or as JSON, and one line for what cannot be watched."""

import json
from pathlib import Path

import pytest

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

from .cases import call, complaint, told, written


def test_a_run_directory_is_told_in_a_pipe_once_and_plainly(ran: Path) -> None:
    said = call("top", ran)
    assert (said.code, said.err) == (0, "")
    assert "\x1b" not in said.out
    for name in ("inv_batch_seconds P95", "batch_success_rate", "slow_batch", "last alert events"):
        assert name in said.out


def test_json_agrees_with_what_the_run_found(ran: Path) -> None:
    """The oracle is the run's own `kpis.json`, for what is counted over the whole run."""
    found = told("top", ran)
    kpis = json.loads((ran / "kpis.json").read_text())
    shown = {name: told_["value"] for name, told_ in found["kpis"].items()}
    assert shown["retry_count"] == kpis["retry_count"]
    assert shown["batch_success_rate"] == pytest.approx(kpis["batch_success_rate"])
    assert [rule["rule"] for rule in found["rules"]]
    assert not found["trouble"]
    assert "ended" in found["state"]


def test_a_log_a_directory_of_logs_and_a_run_directory_are_the_same(ran: Path) -> None:
    looks = [told("top", place) for place in (ran, ran / "logs", ran / "logs/inventory.log")]
    assert looks[0]["kpis"] == looks[1]["kpis"] == looks[2]["kpis"]


def test_an_endpoint_is_looked_at_twice_so_that_there_are_rates() -> None:
    metrics = Metrics(rules=["slow_batch"])
    with serving(metrics.registry, port=0, cached_s=0) as address:
        found = told("top", address, "--every", "100ms")
        text = call("top", address, "--every", "100ms").out
    assert found["rates_per_minute"]["attempts"] == 0
    assert found["kpis"]["batch_success_rate"]["value"] is None
    assert "0 attempts" in text


def test_limits_are_those_of_the_rules_given(ran: Path, tmp_path: Path) -> None:
    rules = written(
        tmp_path / "mine.toml",
        'schema = 1\n[[rule]]\nname = "mine"\nsignal = "mem_usage_mb"\nthreshold = 1.0\n',
    )
    found = told("top", ran, "--rules", rules)
    assert found["kpis"]["mem_usage_mb"]["limit"] == "> 1 MB"
    assert found["kpis"]["mem_usage_mb"]["state"] == "beyond limit"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nothing.log"], "no such file"),
        (["127.0.0.1:9100"], "did you mean http://127.0.0.1:9100"),
        (["hollow"], "no log in it"),
        (["foreign.log"], "no event in 1 line"),
        (["packed.log.gz"], "not a log that is written to"),
        (["http://127.0.0.1:1/metrics"], "Connection refused"),
        (["ftp://127.0.0.1/"], "not an endpoint's address"),
        (["empty.log", "--every", "soon"], "--every"),
        (["empty.log", "--every", "1ms"], "expected from 100 ms to 1 h"),
        (["empty.log", "--last", "1s"], "--last"),
        (["empty.log", "--rules", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_bad_input_is_refused_in_one_line(arguments: list[str], word: str) -> None:
    Path("hollow").mkdir()
    Path("empty.log").touch()
    Path("packed.log.gz").touch()
    written(Path("foreign.log"), "GET / 200\n")
    assert word in complaint("top", *arguments)


def test_two_logs_in_a_directory_are_not_guessed_at(tmp_path: Path) -> None:
    for name in ("a.log", "b.log"):
        (tmp_path / name).touch()
    assert "2 logs in it" in complaint("top", tmp_path)
