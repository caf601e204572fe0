"""The text is the library's own, byte for byte, and nothing can break a scrape."""

import math
import string
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Counter, Gauge, Histogram, Info, Summary, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from simlab.telemetry.exposition import exposition
from simlab.telemetry.labels import OTHER, Labels
from simlab.telemetry.metrics import Metrics
from simlab.telemetry.plain import PlainMetrics
from simlab.telemetry.registry import Registry

from .cases import START_US, attempt, load, parsed

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    TEXTS,
    st.dictionaries(TEXTS, st.floats(), max_size=5),
    st.lists(st.floats(0.001, 1e12), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_it_is_what_generate_latest_gives(
    told: str, values: dict[str, float], edges: list[float]
) -> None:
    registry = Registry()
    gauge = Gauge("g", told, ["a", "z"], registry=registry)
    for text, value in values.items():
        gauge.labels(text, "z").set(value)
    Histogram("h", told, buckets=edges, registry=registry).observe(edges[0])
    Summary("s", told, registry=registry).observe(2)
    Counter("c", told, registry=registry).inc(3)
    Info("i", told, registry=registry).info({"a": told})
    assert exposition(registry) == generate_latest(registry)


@pytest.mark.parametrize("kind", [Metrics, PlainMetrics])
def test_both_stacks_give_what_the_library_makes_of_them(
    kind: type[Metrics] | type[PlainMetrics],
) -> None:
    metrics = kind(rules=["slow"])
    for event in load(300):
        metrics.emit(event)
    assert metrics.exposition() == generate_latest(metrics.registry)


class Failing:
    """A collector, as someone may register, that raises."""

    def collect(self) -> Iterable[Metric]:
        raise RuntimeError


@pytest.mark.parametrize("kind", [Metrics, PlainMetrics])
def test_what_raises_while_it_is_scraped_is_missing_alone_and_counted(
    kind: type[Metrics] | type[PlainMetrics],
) -> None:
    def failing() -> dict[tuple[str, int | None], float]:
        raise ValueError

    metrics = kind(rules=["slow"], values=failing)
    metrics.emit(attempt(START_US))
    mine = Gauge("mine", "", registry=metrics.registry)
    mine.set_function(lambda: 1 / 0)
    metrics.registry.register(Failing())
    sound = set(parsed(kind(rules=["slow"]).exposition()))
    for scrape in (1, 2):
        told = parsed(metrics.exposition())
        assert sound - set(told) == {"inv_rule_value{slow}"}
        assert "mine" not in told
        assert told["inv_batch_seconds_count"] == 1
        assert told["inv_telemetry_dropped_total{scrape}"] == 1 + 3 * (scrape - 1)


@pytest.mark.fault("metrics", "hostile")
def test_a_lone_surrogate_in_anyones_label_comes_as_a_question_mark() -> None:
    registry = Registry()
    family = GaugeMetricFamily("g", "", labels=["a"])
    family.add_metric(["\ud800"], 1.0)
    registry.register(type("One", (), {"collect": lambda self: [family]})())
    assert exposition(registry) == b'# HELP g \n# TYPE g gauge\ng{a="?"} 1.0\n'


class Hostile:
    """A value that raises whatever is asked of it."""

    def __str__(self) -> str:
        raise RuntimeError

    def __hash__(self) -> int:
        raise RuntimeError


@pytest.mark.parametrize("kind", [Metrics, PlainMetrics])
@pytest.mark.fault("metrics", "hostile")
def test_labels_of_any_kind_are_counted_and_none_stops_an_event(
    kind: type[Metrics] | type[PlainMetrics],
) -> None:
    metrics = kind()
    hostile: list[Any] = [
        Hostile(),
        {"a": 1},
        ["x"],
        b"\xff",
        "\ud800",
        "\x1b[2J",
        "",
        7,
        "x" * 10**6,
    ]
    for error in hostile:
        metrics.emit(attempt(START_US, status="error", error=error))
    told = {
        name: value for name, value in parsed(metrics.exposition()).items() if "errors_" in name
    }
    assert sum(told.values()) == len(hostile)
    assert {
        "inv_errors_total{Hostile}",
        "inv_errors_total{?}",
        f"inv_errors_total{{{'x' * 200}}}",
    } < set(told)


def test_a_name_that_is_taken_is_refused_and_one_given_back_can_be_taken() -> None:
    registry = Registry()
    first = Gauge("g", "", registry=registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Gauge("g", "", registry=registry)
    registry.unregister(first)
    Gauge("g", "", registry=registry).set(math.pi)
    assert parsed(exposition(registry)) == {"g": math.pi}


@given(st.lists(st.text(max_size=4), max_size=30), st.integers(2, 8))
def test_labels_are_so_many_at_most_and_what_is_beyond_is_counted(
    texts: list[str], most: int
) -> None:
    labels = Labels(most=most)
    told = [labels.of(text) for text in texts]
    assert len(set(told)) <= most
    assert labels.beyond == sum(
        label == OTHER != text for label, text in zip(told, texts, strict=True)
    )
    assert all(label in {OTHER, text.encode(errors="replace").decode()}
               for label, text in zip(told, texts, strict=True))  # fmt: skip
