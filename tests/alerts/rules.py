"""Rules of every kind, drawn at random beside observations that make them work."""

from typing import Any, get_args

from hypothesis import assume
from hypothesis import strategies as st

from simlab.alerts.rule import DAY_US, RATIO_SIGNALS, SAMPLE_SIGNALS, Aggregate, Rule, Signal
from simlab.errors import ConfigError

from .cases import SECOND
from .words import Seen

HOUR = 3600 * SECOND
seconds = st.sampled_from(["1s", "2s", "3s", "5s", "13s"])
delays = st.sampled_from(["0s", "0s", "1s", "2s", "5s"])
COUNTED_TOO = [name for name in get_args(Aggregate) if name not in ("count", "absent", "rate")]


@st.composite
def any_rules(draw: st.DrawFn, signals: list[Signal], *, name: str = "r") -> Rule:
    """A rule on one of the signals; what cannot be together is drawn again."""
    signal = draw(st.sampled_from(signals))
    aggregate = draw(st.sampled_from(_aggregates(signal)))
    unit = "batches" if signal == "error_ratio" else "rows"
    counts = aggregate in COUNTED_TOO and signal != "throughput" and draw(st.booleans())
    width = draw(st.integers(1, 6))
    settings: dict[str, Any] = {
        "name": name, "signal": signal, "aggregate": aggregate,
        "window": f"{width} {unit}" if counts else draw(seconds),
        "direction": draw(st.sampled_from(["above", "below", "outside"])),
        "for_": draw(delays), "keep_firing_for": draw(delays),
        "stale_after": draw(st.sampled_from(["1s", "2s", "6s", "5m"])),
        "evaluate": draw(st.sampled_from(["row", "row", "1s", "2s", "3s"])),
        "min_count": draw(st.none() | st.integers(1, width)),
        "smooth": draw(st.none() | st.none() | seconds),
    }  # fmt: skip
    settings |= _limit(draw, aggregate)
    if aggregate in ("zscore", "robust_z", "seasonal_z"):
        settings["floor"] = draw(st.none() | st.sampled_from([0.0, 0.5]))
    if aggregate == "ratio":
        settings["short_window"] = draw(st.none() | seconds)
    if signal not in SAMPLE_SIGNALS and signal != "value":
        settings["by"] = draw(st.none() | st.just("warehouse_id"))
    settings |= draw(
        st.sampled_from(
            [{}, {}, {"group": "g"}, {"group": "g", "cooldown": "3s"}, {"cooldown": "4s"}]
        )
    )
    try:
        return Rule(**settings)
    except ConfigError:
        assume(False)  # these settings cannot be together
        raise


def _aggregates(signal: Signal) -> list[Aggregate]:
    if signal in RATIO_SIGNALS:
        return ["ratio", "ratio", "ratio", "absent"]
    if signal == "throughput":
        return ["mean"]
    return [name for name in get_args(Aggregate) if name != "ratio"]


def _limit(draw: st.DrawFn, aggregate: Aggregate) -> dict[str, float]:
    if aggregate == "absent":
        return {}
    if aggregate == "record":
        return {"margin": draw(st.sampled_from([0.0, 0.25, 1.0]))}
    if aggregate == "ratio":
        return {"threshold": draw(st.sampled_from([0.1, 0.2, 0.5, 1.0]))}
    return {"threshold": draw(st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.0]))}


@st.composite
def observed(draw: st.DrawFn, *, binary: bool = False, odd: bool = False) -> list[Seen]:
    """Observations some seconds apart, ties and gaps among them."""
    steps = draw(st.lists(st.sampled_from([0, 0, 1, 1, 2, 3, 7, 40]), max_size=30))
    values = (
        st.sampled_from([0.0, 1.0])
        if binary
        else st.sampled_from([0.0, 0.1, 0.3, 1.0, 2.0, 3.0, -2.0])
    )
    if odd:
        values = values | st.floats(allow_nan=True, allow_infinity=True)
    time_us, seen = draw(st.integers(0, 5)) * SECOND, []
    for step in steps:
        time_us += step * SECOND
        seen.append(Seen(time_us, draw(values)))
    return seen


@st.composite
def days_observed(draw: st.DrawFn) -> list[Seen]:
    """Observations at some hours of eleven days, most of them on the hour."""
    seen = []
    for hour in range(0, 11 * 24, 6):
        shift_us = draw(st.sampled_from([0, 0, 0, -1, SECOND]))
        if draw(st.integers(0, 6)):
            seen.append(
                Seen(DAY_US + hour * HOUR + shift_us, draw(st.sampled_from([0.0, 1.0, 3.0])))
            )
    return seen
