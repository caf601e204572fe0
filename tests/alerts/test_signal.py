"""A rule sees of a dataset what its definition says."""

import math

import polars as pl
import pytest

from simlab.alerts.rule import Rule
from simlab.alerts.signal import observations
from simlab.dataset.schema import ROWS, SAMPLES, Dataset, empty
from simlab.errors import InputError

from .cases import attempt, dataset, sample, series


def rule(signal: str, *, window: str = "1 row", aggregate: str = "last", **keys: object) -> Rule:
    settings = {"signal": signal, "window": window, "aggregate": aggregate, "threshold": 1.0}
    return Rule(name="r", **settings | keys)  # type: ignore[arg-type]  # by name


EVENTS = (
    attempt(1, duration=0.5, status="retry", batch_size=3, queue_wait=None),
    sample(2, cpu_percent=70.0, disk_read_bytes=4096),
    attempt(3, duration=1.5, status="error", batch_size=4, queue_wait=0.25),
    attempt(3, duration=2.5, status="success", batch_size=5, queue_wait=1.0),
    sample(4, cpu_percent=90.0, disk_read_bytes=0),
)


@pytest.mark.parametrize(
    ("signal", "times", "values"),
    [
        ("duration", [1, 3, 3], [0.5, 1.5, 2.5]),
        ("queue_wait", [3, 3], [0.25, 1.0]),
        ("age", [3, 3], [1.75, 3.5]),
        ("batch_size", [1, 3, 3], [3, 4, 5]),
        ("cpu_percent", [2, 4], [70, 90]),
        ("mem_usage_mb", [2, 4], [200, 200]),
        ("disk_read_bytes", [2, 4], [4096, 0]),
        ("disk_write_bytes", [2, 4], [0, 0]),
    ],
)
def test_a_row_tells_a_signal_unless_it_is_null_there(
    signal: str, times: list[int], values: list[float]
) -> None:
    time_us, value = observations(rule(signal), dataset(EVENTS))
    assert [str(time_us.dtype), str(value.dtype)] == ["int64", "float64"]
    assert time_us.tolist() == times
    assert value.tolist() == values


def test_the_error_ratio_is_observed_at_finished_batches_alone() -> None:
    errors = rule("error_ratio", aggregate="ratio", window="1 batch")
    time_us, value = observations(errors, dataset(EVENTS))
    assert time_us.tolist() == [3, 3]
    assert value.tolist() == [1.0, 0.0]


def test_the_retry_ratio_is_observed_at_every_row() -> None:
    retries = rule("retry_ratio", aggregate="ratio", window="1 row")
    assert observations(retries, dataset(EVENTS))[1].tolist() == [1.0, 0.0, 0.0]


def test_a_null_in_a_series_is_no_observation_and_a_nan_is_one() -> None:
    time_us, value = observations(rule("value"), series([1, 2, 3], [1.0, None, math.nan]))
    assert time_us.tolist() == [1, 3]
    assert value[0] == 1.0
    assert math.isnan(value[1])


FOUR = pl.DataFrame(
    [[5], [1.0], ["success"], [1], [None], [None], [None], [None], [None]], schema=ROWS
)


LACKING = (
    ("cpu_percent", Dataset(name="d", rows=FOUR), "and there are no samples"),
    (
        "cpu_percent",
        Dataset(name="d", rows=FOUR, samples=empty(SAMPLES)),
        "and none of 0 samples tells it",
    ),
    ("age", Dataset(name="d", rows=FOUR), "and none of 1 rows tells it"),
    ("duration", Dataset(name="d", rows=empty(ROWS)), "and none of 0 rows tells it"),
    ("value", Dataset(name="d", rows=FOUR[:, :2]), "found timestamp, duration, no value"),
)


@pytest.mark.parametrize(("signal", "data", "expected"), LACKING)
def test_a_signal_the_data_do_not_tell_is_refused_in_one_line(
    signal: str, data: Dataset, expected: str
) -> None:
    with pytest.raises(InputError) as caught:
        observations(rule(signal), data)
    assert str(caught.value) == (
        f"d: rule 'r' needs {signal}, {expected}; leave the rule out, or give data that tell it"
    )


def test_an_error_ratio_without_a_finished_batch_is_refused() -> None:
    errors = rule("error_ratio", aggregate="ratio", window="3 batches")
    with pytest.raises(InputError, match="none of 1 rows tells it"):
        observations(errors, dataset([attempt(0, status="retry")]))
