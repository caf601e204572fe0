"""A rules file means what it says, or is refused in one line that says where and why."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simlab.alerts.rule import Rule, Search, Steps
from simlab.alerts.rules_file import load_rules, rules_toml, strategy_rules, write_rules
from simlab.config import shipped
from simlab.errors import ConfigError, OutputError

GOOD = {"name": '"slow"', "signal": '"duration"', "threshold": "2.0"}
EXAMPLES = (
    Rule(name="slow", signal="duration", threshold=2.0),
    Rule(
        name="all_told", signal="value", aggregate="mean", window="10 rows", direction="below",
        threshold=-1e-7, for_="1m30s", keep_firing_for="5m", severity="page", min_count=3,
        stale_after="1h", search=Search(threshold=Steps(low=-1, high=1e20, steps=3), for_=("0s",)),
    ),
    Rule(name="errors", signal="error_ratio", aggregate="ratio", window="1 batch", threshold=0.5),
    Rule(
        name="burn", signal="error_ratio", aggregate="ratio", window="1h", short_window="5m",
        threshold=0.072, group="errors", cooldown="3h", by="warehouse_id", evaluate="15s",
    ),
    Rule(
        name="z", signal="value", aggregate="zscore", window="14d", smooth="75m", floor=0.8,
        direction="outside", threshold=4.0, evaluate="5m",
    ),
    Rule(name="record", signal="value", aggregate="record", window="28d", margin=0.05),
    Rule(name="gone", signal="duration", aggregate="absent", window="10m", for_="1m"),
    Rule(name="tried", signal="age", threshold=1.0, search=Search(for_=("0s", "1.5h"))),
)  # fmt: skip


def rules_file(folder: Path, *, body: str | None = None, **keys: str) -> Path:
    """A file of one good rule, changed and completed by `keys`; or of `body`."""
    path = folder / "rules.toml"
    lines = [f"{key.rstrip('_')} = {value}" for key, value in (GOOD | keys).items()]
    path.write_text("\n".join(["schema = 1", "[[rule]]", *lines]) if body is None else body)
    return path


def refusal(path: Path) -> str:
    """The message with which the file is refused, without the file's name in front."""
    with pytest.raises(ConfigError) as caught:
        load_rules(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def test_the_shipped_file_holds_the_strategys_three_rules_to_the_letter() -> None:
    rules = load_rules(shipped("rules", "strategy"))
    told = [
        (r.name, r.signal, r.aggregate, r.window, r.direction, r.threshold, r.for_, r.severity)
        for r in rules
    ]
    assert told == [
        ("slow_batch", "duration", "last", "1 row", "above", 2.0, "0s", "ticket"),
        ("error_rate", "error_ratio", "ratio", "100 batches", "above", 0.05, "0s", "page"),
        ("cpu_high", "cpu_percent", "last", "1 row", "above", 85.0, "5m", "ticket"),
    ]
    assert all(rule.search for rule in rules)


def test_a_rule_is_held_against_its_threshold_or_its_margin_on_its_side() -> None:
    record = Rule(name="r", signal="value", aggregate="record", window="28d", margin=0.05)
    low = msgspec.structs.replace(record, direction="below")
    assert (record.limit, record.side, low.limit, low.side) == (0.05, "above", -0.05, "below")
    assert record.at(limit=0.2) == msgspec.structs.replace(record, margin=0.2)
    assert low.at(limit=-0.2) == msgspec.structs.replace(low, margin=0.2)
    slow = EXAMPLES[0]
    assert slow.at(limit=3.0, for_="1m") == msgspec.structs.replace(slow, threshold=3.0, for_="1m")
    assert slow.at(limit=3.0).for_ == slow.for_


def test_on_a_grid_firing_is_kept_from_the_first_false_evaluation_on() -> None:
    """As Prometheus counts `keep_firing_for`: a step after the last true one."""
    kept = msgspec.structs.replace(EXAMPLES[0], keep_firing_for="5m")
    assert kept.keep_us == 300_000_000
    assert msgspec.structs.replace(kept, evaluate="15s").keep_us == 315_000_000
    assert msgspec.structs.replace(EXAMPLES[0], evaluate="15s").keep_us == 0


def test_the_extended_rules_begin_with_the_strategys_and_watch_more() -> None:
    extended = load_rules(shipped("rules", "extended"))
    assert extended[:3] == load_rules(shipped("rules", "strategy"))
    assert {"silent", "late", "warehouse_failing"} < {rule.name for rule in extended}


def test_what_a_rule_leaves_out_is_as_the_contract_has_it(tmp_path: Path) -> None:
    (rule,) = load_rules(rules_file(tmp_path))
    assert rule == Rule(
        name="slow", signal="duration", aggregate="last", window="1 row", direction="above",
        threshold=2.0, for_="0s", keep_firing_for="0s", severity="ticket", min_count=None,
        evaluate="row", stale_after="5m", search=None,
    )  # fmt: skip


def test_durations_are_told_in_microseconds_and_windows_in_observations() -> None:
    rule = EXAMPLES[1]
    assert rule.for_us == 90_000_000
    assert rule.keep_us == 300_000_000
    assert rule.stale_after_us == 3_600_000_000
    assert (rule.window_count, rule.needed_count) == (10, 3)
    assert msgspec.structs.replace(rule, min_count=None).needed_count == 10


def test_rules_come_back_from_their_text_the_same(tmp_path: Path) -> None:
    assert load_rules(rules_file(tmp_path, body=rules_toml(EXAMPLES))) == EXAMPLES


@settings(deadline=None)
@given(
    threshold=st.floats(-1.7e308, 1.7e308),
    low=st.floats(-1e300, 0, exclude_max=True),
    seconds=st.integers(0, 10**9 - 1),
)
def test_any_number_and_duration_comes_back_from_the_text_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, threshold: float, low: float, seconds: int
) -> None:
    search = Search(threshold=Steps(low=low, high=1.0, steps=2))
    rule = Rule(name="r", signal="value", threshold=threshold, for_=f"{seconds}s", search=search)
    path = rules_file(tmp_path_factory.mktemp("rules"), body=rules_toml([rule]))
    assert load_rules(path) == (rule,)


def test_the_text_leaves_out_what_is_as_the_defaults_have_it() -> None:
    assert rules_toml(EXAMPLES[:1]) == (
        'schema = 1\n\n[[rule]]\nname = "slow"\nsignal = "duration"\nthreshold = 2.0\n'
    )


AGGREGATES = (
    "absent, count, last, max, mean, min, p50, p95, p99, range, rate, ratio, record, robust_z, "
    "seasonal_z, zscore"
)
BURN_ONLY = "found '1m', expected it beside a ratio's window of time, above"
SIGNALS = (
    "age, batch_size, cpu_percent, disk_read_bytes, disk_write_bytes, duration, "
    "error_ratio, mem_usage_mb, queue_wait, retry_ratio, throughput, value"
)


@pytest.mark.parametrize(
    ("key", "found", "expected"),
    [
        ("signal", '"durations"', f"found 'durations', expected one of {SIGNALS}"),
        ("aggregate", '"p90"', f"found 'p90', expected one of {AGGREGATES}"),
        ("direction", '"over"', "found 'over', expected one of above, below, outside"),
        ("severity", '"critical"', "found 'critical', expected one of page, ticket"),
        ("evaluate", '"100ms"', "found '100ms', expected 'row' or a step of 1s or more"),
        ("evaluate", '"grid"', "'grid' is not a duration; write it like '90s', '5m' or '1d12h'"),
        ("by", '"batch_id"', "found 'batch_id', expected warehouse_id"),
        ("margin", "0.1", "found 0.1, expected none: it is for the aggregate 'record'"),
        ("floor", "0.1", "found 0.1, expected it with robust_z, seasonal_z, zscore"),
        ("group", '"a b"', "found 'a b', expected a letter, then letters, digits, _ . or -"),
        ("smooth", '"0s"', "found '0s', expected a time above 0"),
        ("short_window", '"1m"', BURN_ONLY),
        ("window", '"0s"', "found '0s', expected a time above 0"),
        ("window", '"5"', "found '5', expected such as '100 rows' or '10m'"),
        ("signal", "3", "Expected `str`, got `int`"),
        ("threshold", '"2"', "Expected `float | null`, got `str`"),
        ("threshold", "nan", "found nan, expected a finite number"),
        ("threshold", "inf", "found inf, expected a finite number"),
        ("window", '"100 batches"', "found '100 batches', expected such as '100 rows' for duration"),
        ("min_count", "2", "found 2, expected at most the window's 1"),
        ("min_count", "0", "Expected `int` >= 1, found 0"),
        (
            "aggregate",
            '"ratio"',
            "found 'ratio' of duration, expected it of error_ratio or retry_ratio alone",
        ),
        ("for_", '"5 min"', "'5 min' is not a duration; write it like '90s', '5m' or '1d12h'"),
        ("keep_firing_for", '""', "'' is not a duration; write it like '90s', '5m' or '1d12h'"),
        ("for_", "5", "Expected `str`, got `int`"),
        ("search", "{ thresholds = 3 }", ".thresholds: unknown key; did you mean threshold?"),
    ],
)  # fmt: skip
@pytest.mark.fault("rules", "hostile")
def test_a_setting_that_cannot_be_used_is_refused_at_its_path(
    tmp_path: Path, key: str, found: str, expected: str
) -> None:
    told = refusal(rules_file(tmp_path, **{key: found}))
    within = "" if expected.startswith(".") else ": "
    assert told == f"$.rule[0].{key.rstrip('_')}{within}{expected}"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            "{ threshold = { low = 1.0, high = 1, steps = 2 } }",
            ".threshold: found low 1.0, high 1.0, expected finite low < high",
        ),
        (
            "{ threshold = { low = 0, high = inf, steps = 2 } }",
            ".threshold.high: found inf, expected a finite number",
        ),
        (
            "{ threshold = { low = 0, high = 1, steps = 1 } }",
            ".threshold.steps: Expected `int` >= 2, found 1",
        ),
        ("{ for = [] }", ".for: Expected `array` of length >= 1, found 0"),
        (
            '{ for = ["0s", "5"] }',
            ".for[1]: '5' is not a duration; write it like '90s', '5m' or '1d12h'",
        ),
    ],
)
def test_a_search_that_cannot_be_tried_is_refused_at_its_path(
    tmp_path: Path, found: str, expected: str
) -> None:
    assert refusal(rules_file(tmp_path, search=found)) == f"$.rule[0].search{expected}"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            {"aggregate": '"count"'},
            "window: found '1 row', expected a time such as '10m' for count",
        ),
        (
            {"aggregate": '"record"'},
            "threshold: found 2, expected none: a record is held against its margin",
        ),
        (
            {"aggregate": '"absent"', "window": '"5m"'},
            "threshold: found 2, expected none: the window says it all",
        ),
        (
            {"direction": '"outside"', "threshold": "-1.0"},
            "threshold: found -1, expected 0 or more: outside is both sides",
        ),
        (
            {"signal": '"cpu_percent"', "by": '"warehouse_id"'},
            "by: found 'warehouse_id', expected none: cpu_percent is of no one warehouse",
        ),
        (
            {"aggregate": '"rate"', "window": '"10s"', "evaluate": '"15s"'},
            "window: found '10s', expected a multiple of the step 15s",
        ),
        (
            {"aggregate": '"seasonal_z"', "window": '"7d"', "evaluate": '"7m"'},
            "evaluate: found '7m', expected a step that divides a day",
        ),
    ],
)
def test_settings_that_cannot_be_together_are_refused_at_one_of_them(
    tmp_path: Path, keys: dict[str, str], expected: str
) -> None:
    assert refusal(rules_file(tmp_path, **keys)) == f"$.rule[0].{expected}"


def test_a_rule_without_what_it_is_held_against_is_refused(tmp_path: Path) -> None:
    body = 'schema = 1\n[[rule]]\nname = "r"\nsignal = "duration"\n'
    assert refusal(rules_file(tmp_path, body=body)) == (
        "$.rule[0].threshold: found none, expected what the value is held against"
    )


def test_the_path_counts_rules_from_zero(tmp_path: Path) -> None:
    good = rules_toml(EXAMPLES[:1])
    path = rules_file(tmp_path, body=good + good.removeprefix("schema = 1").replace("above", ""))
    assert refusal(path).startswith("$.rule[1].name: found 'slow', which is the name of $.rule[0]")


def test_an_error_ratio_without_its_ratio_over_batches_is_refused(tmp_path: Path) -> None:
    path = rules_file(tmp_path, signal='"error_ratio"')
    assert refusal(path) == "$.rule[0].aggregate: found 'last', expected 'ratio' for error_ratio"
    path = rules_file(tmp_path, signal='"error_ratio"', aggregate='"ratio"')
    assert refusal(path) == (
        "$.rule[0].window: found '1 row', expected such as '100 batches' for error_ratio"
    )
    path = rules_file(tmp_path, signal='"error_ratio"', window='"100 batches"')
    assert refusal(path) == "$.rule[0].aggregate: found 'last', expected 'ratio' for error_ratio"
    path = rules_file(
        tmp_path, signal='"error_ratio"', window='"100 batches"', aggregate='"ratio"', threshold="5"
    )
    assert refusal(path) == (
        "$.rule[0].threshold: found 5, expected a share from 0 to 1: 5 % is 0.05"
    )


def test_an_unknown_key_is_named_with_what_it_may_have_been_meant_to_be(tmp_path: Path) -> None:
    told = refusal(rules_file(tmp_path, treshold="3"))
    assert told == "$.rule[0].treshold: unknown key; did you mean threshold?"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "$.schema: missing"),
        ("schema = 1", "$.rule: found none, expected one [[rule]] table or more"),
        ("schema = 2", "$.schema: found 2, expected 1"),
        ("schema = 1\nrules = 3", "$.rules: unknown key; did you mean rule?"),
        ("schema = 1\n[rule]", "$.rule: Expected `array`, got `object`"),
        ("schema = 1\n[[rule]]", "$.rule[0].name: missing"),
        ("schema = ", "not TOML: Invalid value (at end of document)"),
    ],
)
@pytest.mark.fault("rules", "hostile")
def test_a_file_that_is_no_rules_file_is_refused(tmp_path: Path, body: str, expected: str) -> None:
    assert refusal(rules_file(tmp_path, body=body)) == expected


@pytest.mark.parametrize("name", ["", "any rule", "1st", "new\\nline", "<b>", "a" * 101])
@pytest.mark.fault("rules", "hostile")
def test_a_name_that_would_not_do_in_a_log_or_a_label_is_refused(tmp_path: Path, name: str) -> None:
    assert refusal(rules_file(tmp_path, name=f'"{name}"')).startswith("$.rule[0].name: ")


def test_a_rule_made_in_python_is_held_to_the_same_limits() -> None:
    with pytest.raises(ConfigError, match=r"^\$\.window: found '10', expected"):
        Rule(name="r", signal="duration", threshold=1.0, window="10")
    with pytest.raises(ConfigError, match=r"^\$\.threshold: found nan"):
        msgspec.structs.replace(EXAMPLES[0], threshold=float("nan"))


def test_written_rules_are_the_rules_read_back_and_replace_nothing_unasked(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    write_rules(strategy_rules(), path)
    assert load_rules(path) == strategy_rules()
    with pytest.raises(OutputError, match="exists already"):
        write_rules(strategy_rules()[:1], path)
    write_rules(strategy_rules()[:1], path, force=True)
    assert load_rules(path) == strategy_rules()[:1]
