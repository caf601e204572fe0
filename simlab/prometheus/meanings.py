"""What each rule means in PromQL, in one way or two."""

from dataclasses import replace

from simlab.alerts.rule import Rule
from simlab.prometheus.meaning import Meaning, held
from simlab.prometheus.names import ERROR_RATIO, GAUGES, RULE_VALUE, STEP_US
from simlab.prometheus.over_counters import over_counters
from simlab.prometheus.over_gauge import over_gauge
from simlab.prometheus.pace import UNKNOWN_PACE_US, gauge_width_us, step_of
from simlab.prometheus.promql import Aggregated, Instant, Matcher, Selector


def meanings(rule: Rule, *, pace_us: int | None) -> tuple[Meaning, ...]:
    """The rule by the bot's own value, and by what Prometheus can compute; one or both.

    Args:
        rule: any rule.
        pace_us: from one observation of its signal to the next [µs]; None when no data tell.
    """
    computed = _computed(rule, pace_us)
    if rule.signal == "value":
        assert computed is not None
        return (computed,)
    told = _told(rule)
    if computed is None or _gauge_of(rule).metric == rule.signal:
        return (told,)  # the gauge is the signal itself
    return (told, computed)


def _told(rule: Rule) -> Meaning:
    """The bot's value held against the limit."""
    value = Instant(_gauge_of(rule))
    told = value if rule.by is None else Aggregated("max", value, by=(rule.by,))
    return Meaning(kind="bot", condition=held(rule.side, told, rule.limit))


def _gauge_of(rule: Rule) -> Selector:
    """The gauge of the bot that holds the rule's windowed value."""
    single = rule.aggregate == "last" and rule.window_count == 1 and rule.direction != "outside"
    if single and rule.signal in GAUGES and rule.smooth is None:
        return Selector(rule.signal)
    if rule.signal == "error_ratio" and rule.by is None:
        hundred = (rule.aggregate, rule.window_count, rule.needed_count) == ("ratio", 100, 100)
        if hundred:
            return Selector(ERROR_RATIO)
    return Selector(RULE_VALUE, (Matcher("rule", "=", rule.name),))


def _computed(rule: Rule, pace_us: int | None) -> Meaning | None:
    if rule.signal not in GAUGES:
        return over_counters(rule, pace_us=UNKNOWN_PACE_US if pace_us is None else pace_us)
    pace = STEP_US if pace_us is None else pace_us
    meaning = over_gauge(
        rule, Selector(rule.signal), step_us=step_of(rule, pace),
        width_us=gauge_width_us(rule, pace), pace_us=pace,
    )  # fmt: skip
    # What the bot samples is scraped later than it is sampled.
    return meaning if rule.signal == "value" else replace(meaning, is_exact=False)
