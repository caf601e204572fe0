"""A profile is checked whole: one line names the file, the path, and what would be right."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.config import shipped_names
from simlab.errors import ConfigError
from simlab.workload.arrivals import rows_expected
from simlab.workload.kinds import KINDS
from simlab.workload.load import load_of
from simlab.workload.loading import load_profile, parse_profile, starting, with_rows
from simlab.workload.profile import Profile
from simlab.workload.utilisation import peak_utilisation, rates_per_hour, utilisation

from .cases import START, S, case, table, trouble

GOOD = """
schema = 1
name = "good"
start = 2026-01-05T00:00:00Z
duration = "1d"
[arrivals]
per_minute = 10
[service]
dist = "exponential"
scale = 0.5
"""


def refusal(text: str, folder: Path) -> str:
    """What is said of a profile, without the file's name."""
    path = folder / "bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    told = str(caught.value)
    assert told.startswith(f"{path}: ")
    assert "\n" not in told
    return told.removeprefix(f"{path}: ")


SHIPPED = ["black-friday", "busy-day", "flat", "month-of-trouble", "quiet-day", "strategy"]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_profile_loads_under_its_name(name: str) -> None:
    assert name in shipped_names("profiles")
    assert load_profile(name).name == name
    assert load_profile(name).description


def test_six_profiles_are_shipped_and_no_other() -> None:
    assert shipped_names("profiles") == SHIPPED


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "strategy"])
def test_the_bots_of_a_shipped_profile_have_enough_to_do_and_keep_up_in_the_busiest_hour(
    name: str,
) -> None:
    assert 0.3 <= utilisation(load_profile(name)) <= 0.7
    assert peak_utilisation(load_profile(name)) < 0.9


def test_black_friday_is_several_busy_days_with_its_peak_in_the_evening() -> None:
    friday, busy = load_profile("black-friday"), load_profile("busy-day")
    assert rates_per_hour(friday).sum() > 3 * rates_per_hour(busy).sum()
    assert 18 <= rates_per_hour(friday).argmax() <= 21
    assert friday.workers > busy.workers
    assert len(load_of(friday, seed=7).troubles) > len(load_of(busy, seed=7).troubles)


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_in_the_month_of_trouble_each_kind_of_incident_and_look_alike_comes(seed: int) -> None:
    month = load_profile("month-of-trouble")
    assert {trouble.kind for trouble in load_of(month, seed=seed).troubles} == set(KINDS)
    assert 1_000_000 < rows_expected(month) < 2_000_000


def test_the_flat_profile_is_the_busy_day_without_incidents() -> None:
    busy, flat = load_profile("busy-day"), load_profile("flat")
    calm = msgspec.structs.replace(
        busy, name="flat", description=flat.description, incident=(), lookalike=()
    )
    assert flat == calm


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[arrivals]", "per_min = 3\n[arrivals]"), "$.per_min: unknown key; known are schema, "),
        (("[arrivals]", "[arrival]\n[arrivals]"), "$.arrival: unknown key; did you mean arrivals?"),
        (("per_minute", "per_min"), "$.arrivals.per_min: unknown key; did you mean per_minute?"),
        (("scale", "scael"), "$.service.scael: unknown key; did you mean scale?"),
        (("per_minute = 10", "per_minute = -1"),
         "$.arrivals.per_minute: Expected `float` > 0.0, found -1"),
        (("per_minute = 10", "per_minute = nan"),
         "$.arrivals.per_minute: found nan, expected a finite number"),
        (("per_minute = 10", "per_minute = inf"),
         "$.arrivals.per_minute: found inf, expected a finite number"),
        (("per_minute = 10", 'per_minute = "10"'),
         "$.arrivals.per_minute: Expected `float | null`, got `str`"),
        (("per_minute = 10", "hourly = [1]"), "$.arrivals.hourly: Expected `array` of length >= 24"),
        (("per_minute = 10", ""), "$.arrivals.per_minute: missing: how many batches fall due a"),
        (("exponential", "exponetial"),
         "$.service.dist: found 'exponetial', expected one of empirical, exponential, gamma, "),
        (('dist = "exponential"', ""), "$.service.dist: missing"),
        (("scale = 0.5", ""), "$.service.scale: missing; dist 'exponential' needs it"),
        (("scale = 0.5", "scale = 0"), "$.service.scale: Expected `float` > 0.0, found 0"),
        (("scale = 0.5", "scale = 1\nlow = 1"),
         "$.service.low: dist 'exponential' takes scale, not low"),
        (("scale = 0.5", 'scale = 1\nlimit = "0s"'), "$.service.limit: '0s' is not between"),
        (("scale = 0.5", 'scale = 1\nlimit = "2h"'), "$.service.limit: '2h' is not between"),
        (('"exponential"\nscale = 0.5', '"uniform"\nlow = 2\nhigh = 1'),
         "$.service.high: 1.0 is not above low, 2.0"),
        (('"1d"', '"soon"'), "$.duration: found 'soon', expected a length of time like '90s'"),
        (('"1d"', '"1d\\n"'), "$.duration: found '1d\\n', expected a length of time like '90s'"),
        (('"1d"', '"0s"'), "$.duration: '0s' is no time at all"),
        (('"1d"', '"99999w"'), "$.duration: 99999w is over a century"),
        (('"1d"', "5"), "$.duration: Expected `str | null`, got `int`"),
        (('duration = "1d"', ""), "$.duration: missing: set it like '1d', or set rows"),
        (('duration = "1d"', 'duration = "1d"\nrows = 3'),
         "$.rows: rows, duration and arrivals.per_minute are all set"),
        (('duration = "1d"', "rows = 0"), "$.rows: Expected `int` >= 1, found 0"),
        (('duration = "1d"', "rows = 99999999999999999999"), "$.rows: "),
        (('duration = "1d"', "rows = 5_000_000_000"), "$.rows: 5000000000 rows at that rate would"),
        (("schema = 1", "schema = 2"), "$.schema: found 2, expected 1"),
        (("schema = 1", ""), "$.schema: missing"),
        (('"good"', '"../good"'), "$.name: found '../good', expected a letter or digit, then"),
        (('"good"', '""'), "$.name: found '', expected a letter or digit, then"),
        (("2026-01-05T00:00:00Z", '"hello"'), "$.start: found 'hello', expected a moment like "),
        (("2026-01-05T00:00:00Z", "2026-01-05"), "$.start: Expected `datetime`, got `date`"),
        (("2026-01-05T00:00:00Z", "0001-01-01T00:00:00+10:00"),
         "$.start: found 0001-01-01T00:00:00+10:00, expected a moment from 1970 to 2999"),
        (("2026-01-05T00:00:00Z", "9999-12-31T23:59:59-10:00"), "$.start: found 9999-"),
        (("2026-01-05", "2026-13-05"), "not TOML: "),
        (("schema = 1", "schema ="), "not TOML: "),
        (("schema = 1", "schema = " + "1" * 5_000), "not TOML: "),
        (("schema = 1", "schema = " + "[" * 5_000 + "]" * 5_000), "not TOML that can be read: nested"),
        (("schema = 1", "schema = 1\nschema = 1"), "not TOML: "),
        (("[arrivals]", "arrivals = 3\n[other]"), "$.arrivals: Expected `object`, got `int`"),
        (("[arrivals]", "warehouses = 0\n[arrivals]"), "$.warehouses: Expected `int` >= 1, found 0"),
        (("[arrivals]", "workers = 1.5\n[arrivals]"), "$.workers: Expected `int`, got `float`"),
        (("per_minute = 10", f"per_minute = 1{'0' * 400}"), "$.arrivals.per_minute: "),
        (("per_minute = 10", f"per_minute = 1\nweekday = {[0] * 7}"),
         "$.arrivals: its factors are all 0: nothing would ever fall due"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_path(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    assert change[0] in GOOD
    found = refusal(GOOD.replace(*change), tmp_path)
    assert found.startswith(told)
    assert "[...]" not in found


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[outcome]\nretry = 1.5", "$.outcome.retry: Expected `float` <= 1.0, found 1.5"),
        ("[outcome]\nretry = 0.6\nerror = 0.6", "$.outcome: retry + error is 1.2; probabilities"),
        ("[outcome]\nmax_attempts = 0", "$.outcome.max_attempts: Expected `int` >= 1, found 0"),
        ('[outcome]\nbackoff = "1d"', "$.outcome.backoff: the last pause would be 172800 s"),
        ("[outcome.error_types]\ntimeuot = 1",
         "$.outcome.error_types.timeuot: unknown key; did you mean timeout?"),
        ("[outcome.error_types]\ntimeout = 0", "$.outcome.error_types: no error type has a weight"),
        ('[resources]\ninterval = "1ms"', "$.resources.interval: '1ms' is not from 1s to 1d"),
        ('[resources]\ninterval = "999999999w"', "$.resources.interval: "),
        ("[resources]\ncpu_idle = 101", "$.resources.cpu_idle: Expected `float` <= 100.0"),
        ("[batch.size]\nmean = 0.5", "$.batch.size.mean: Expected `float` >= 1.0, found 0.5"),
        ("[batch.size]\ndispersion = 0", "$.batch.size.dispersion: Expected `float` >= 0.1"),
        ("[batch.size]\nmeen = 3", "$.batch.size.meen: unknown key; did you mean mean?"),
        ("[batch]\nsizes = 3", "$.batch.sizes: unknown key; did you mean size?"),
        ('[[incident]]\nkind = "error_burts"\nper_day = 1',
         "$.incident[0].kind: found 'error_burts', expected one of bad_deploy, bot_down, "),
        ('[[lookalike]]\nkind = "error_burst"\nper_day = 1',
         "$.lookalike[0].kind: found 'error_burst', expected one of backup_cpu, error_blip, load_peak"),
        ('[[incident]]\nkind = "error_burst"', "$.incident[0]: set one of per_day and at"),
        ('[[incident]]\nkind = "error_burst"\nper_day = 1\nat = 2026-01-05T01:00:00Z',
         "$.incident[0]: set one of per_day and at"),
        ("[[incident]]\nper_day = 1", "$.incident[0].kind: missing"),
        ('[incident]\nkind = "error_burst"', "$.incident: Expected `array`, got `object`"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_the_optional_tables_too(
    tmp_path: Path, more: str, told: str
) -> None:
    assert refusal(f"{GOOD}\n{more}\n", tmp_path).startswith(told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("per_day = -1", ".per_day: Expected `float` >= 0.0, found -1"),
        ("at = 2026-01-04T23:59:59Z", ".at: 2026-01-04T23:59:59+00:00 is outside the profile's"),
        ("at = 2026-01-06T00:00:00Z", ".at: 2026-01-06T00:00:00+00:00 is outside the profile's"),
        ("at = 9999-12-31T23:59:59-05:00", ".at: "),
        ("per_day = 1\nwarehouses = [51]", ".warehouses: 51 is not one of the 50 warehouses"),
        ("per_day = 1\nwarehouses = [0]", ".warehouses[0]: Expected `int` >= 1, found 0"),
        ("per_day = 1\nwarehouses = []", ".warehouses: Expected `array` of length >= 1, found 0"),
        ("per_day = 1\nwarehouses = 1.1", ".warehouses: Expected `float` <= 1.0, found 1.1"),
        ('per_day = 1\nwarehouses = "al"', ".warehouses: found 'al', expected one of all, a numb"),
        ("per_day = 1\nseverity = { low = 1, high = 0.5 }", ".severity: low is above high"),
        ("per_day = 1\nseverity = { lo = 1 }", ".severity.lo: unknown key; did you mean low?"),
        ('per_day = 1\nduration = { median = "0s" }', ".duration.median: '0s' is not between"),
        ('per_day = 1\nduration = { median = "1y" }', ".duration.median: found '1y', expected a"),
        ('per_day = 1\nramp = "2 m"', ".ramp: found '2 m', expected a length of time"),
    ],
)  # fmt: skip
def test_an_incident_that_cannot_be_is_refused_at_its_path(
    tmp_path: Path, more: str, told: str
) -> None:
    good = '[[incident]]\nkind = "error_burst"\nper_day = 1\n'
    text = f'{GOOD}{good}[[incident]]\nkind = "error_burst"\n{more}\n'
    assert refusal(text, tmp_path).startswith(f"$.incident[1]{told}")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"incident": [trouble("error_burst")]}, "$.shape: 'rows' draws independent rows"),
        ({"outcome": {"retry": 0.1}}, "$.outcome.max_attempts: set it to 1"),
    ],
)
def test_independent_rows_have_neither_incidents_nor_further_attempts(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        case(shape="rows", **changes)


def test_a_file_that_is_not_there_or_not_text_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    for name, told in [
        ("none.toml", "no such file"),
        ("folder.toml", "cannot be read: Is a directory"),
        ("latin.toml", "not UTF-8 text, at byte 8"),
    ]:
        with pytest.raises(ConfigError) as caught:
            load_profile(str(tmp_path / name))
        assert str(caught.value) == f"{tmp_path / name}: {told}"


def test_an_unknown_name_is_told_the_names_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'busyday': neither a file nor .*busy-day, flat"):
        load_profile("busyday")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "bom.toml").write_text(GOOD, encoding="utf-8-sig")
    assert load_profile(str(tmp_path / "bom.toml")).name == "good"


NASTY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats()
    | st.text(max_size=8)
    | st.datetimes()
    | st.datetimes().map(lambda moment: moment.date()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PLACES = [
    (key, inner)
    for key, value in table(
        incident=[trouble("error_burst")], batch={"size": {"mean": 3}}, resources={"mem_mb": 3}
    ).items()
    for inner in (None, *(value if isinstance(value, dict) else ()))
]


@given(st.sampled_from(PLACES), NASTY, st.text(max_size=6) | st.just("a` - at `$.start[3].b"))
@pytest.mark.fault("profile", "hostile")
def test_whatever_stands_anywhere_a_profile_loads_or_is_refused_in_one_line(
    place: tuple[str, str | None], nasty: Any, key: str
) -> None:
    told = table(incident=[trouble("error_burst")], resources={"mem_mb": 3})
    for change in ({place[0]: nasty}, {key: nasty}):
        broken = {**told, **change}
        if place[1] is not None:
            inner = {place[1]: nasty} if key != place[1] else {key: nasty}
            broken = {**told, place[0]: {**told.get(place[0], {}), **inner, key: nasty}}
        loaded, told_of_it = attempted(broken)
        if loaded is None:
            assert told_of_it.startswith("broken.toml: $")
            assert len(told_of_it.splitlines()) == 1
        else:
            assert load_of(loaded, seed=1).profile == loaded


def attempted(broken: dict[str, Any]) -> tuple[Profile | None, str]:
    """The profile, or none and what is said of it."""
    try:
        return parse_profile(broken, where="broken.toml"), ""
    except ConfigError as error:
        return None, str(error)


def test_moments_without_a_zone_are_utc_and_others_are_turned_into_it() -> None:
    east = START.replace(hour=6).astimezone(UTC).isoformat().replace("06:00:00+00", "08:00:00+02")
    profile = case(start=START.replace(tzinfo=None), incident=[trouble("error_burst")])
    assert profile.start == START
    assert profile.start.tzinfo is UTC
    assert case(start=datetime.fromisoformat(east)).start == START.replace(hour=6)


def test_the_hash_is_of_what_a_profile_says_not_of_how() -> None:
    explicit = case(batch={"size": {"dist": "negative_binomial", "mean": 40, "dispersion": 3}})
    assert explicit.sha256 == case().sha256
    assert case(workers=1_000).sha256 == case().sha256
    assert case(workers=5).sha256 != case().sha256
    again = parse_profile(msgspec.to_builtins(case()), where="again")
    assert again.sha256 == case().sha256


def test_with_rows_the_rate_stays_and_the_duration_goes() -> None:
    longer = with_rows(case(), 5_000)
    assert (longer.rows, longer.duration, longer.per_minute) == (5_000, None, 600)


def test_with_rows_spread_rows_keep_their_duration() -> None:
    spread = with_rows(load_profile("strategy"), 50)
    assert (spread.rows, spread.limit_s) == (50, 86_400)
    assert spread.per_minute == pytest.approx(50 / 1_440)


@pytest.mark.parametrize("rows", [0, -1, 10**30])
def test_a_number_of_rows_that_cannot_be_is_refused(rows: int) -> None:
    with pytest.raises(ConfigError, match=f"^rows: found {rows}, expected 1 to"):
        with_rows(case(), rows)


def test_rows_that_would_take_over_a_century_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"^rows: 1000000 rows at that rate would take over"):
        with_rows(case(arrivals={"per_minute": 1e-3}), 1_000_000)


def test_a_load_can_begin_at_another_moment() -> None:
    moved = starting(case(), case().start_us + 5 * S)
    assert moved.start == START + timedelta(seconds=5)
    assert moved.start_us == case().start_us + 5 * S


@pytest.mark.parametrize("by", [timedelta(hours=-1), timedelta(minutes=21)])
def test_a_load_cannot_move_away_from_under_its_fixed_incidents(by: timedelta) -> None:
    profile = case(incident=[trouble("error_burst")])
    with pytest.raises(ConfigError, match=r"^start 2026-.*: \$\.incident\[0\]\.at: .* is outside"):
        starting(profile, profile.start_us + int(by.total_seconds()) * S)


@pytest.mark.parametrize("start_us", [-1, 32_503_680_000 * S, 10**30])
def test_a_beginning_out_of_the_calendar_is_refused(start_us: int) -> None:
    with pytest.raises(ConfigError, match=r"^start: expected a moment from 1970 to 2999"):
        starting(case(), start_us)
