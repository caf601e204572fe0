"""What a histogram tells lies in the bucket of the truth, and is what Prometheus would say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.dataset.schema import Dataset
from simlab.report.metrics_view import DEFAULT_EDGES_S, as_metrics_show, histogram_quantile

DURATIONS = st.lists(st.floats(0.001, 60), min_size=1, max_size=60)


@given(DURATIONS, st.floats(0.01, 1))
def test_it_lies_in_the_bucket_of_the_value_at_that_rank(values: list[float], q: float) -> None:
    ascending = np.sort(values)
    truth = ascending[max(0, int(np.ceil(q * len(values) - 1e-12)) - 1)]
    told = histogram_quantile(ascending, DEFAULT_EDGES_S, q)
    edges = np.array([0.0, *DEFAULT_EDGES_S])
    if truth > edges[-1]:
        assert told == edges[-1]
        return
    place = int(np.searchsorted(edges, truth, side="left"))
    assert edges[place - 1] <= told <= edges[place]


def test_it_is_linear_in_the_bucket_as_prometheus_has_it() -> None:
    """Ten in (1, 2], of which the ninth is asked for: nine tenths into the bucket."""
    values = np.linspace(1.1, 2.0, 10)
    assert histogram_quantile(values, (1.0, 2.0, 4.0), 0.9) == pytest.approx(1.9)
    assert np.isnan(histogram_quantile(np.empty(0), (1.0,), 0.5))


def test_the_chart_has_the_true_quantile_beside_what_is_told(trouble: Dataset) -> None:
    ax = as_metrics_show(trouble.rows, every_s=3600)
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), float) for line in ax.lines}
    hours = trouble.rows["timestamp"].dt.hour().to_numpy()
    first = trouble.rows["duration"].to_numpy()[hours == 0]
    assert lines["p99"][0] == pytest.approx(np.quantile(first, 0.99))
    assert lines["mean"][0] == pytest.approx(first.mean())
    assert lines["better"][0] == histogram_quantile(first, sorted({*DEFAULT_EDGES_S, 2.0}), 0.99)
    assert len({line.get_linestyle() for line in ax.lines}) == 3  # told apart in grey too
