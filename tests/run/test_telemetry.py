"""The strategy's own telemetry and the one that costs little tell the same."""

import re
from pathlib import Path

import pytest

from simlab.run import Ran

from .cases import made

QUANTILES = re.compile(r'inv_batch_seconds\{quantile="[0-9.]+"\} (\S+)')
SUMS = re.compile(r"(inv_batch_(?:duration_)?seconds_sum) (\S+)")


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Ran]:
    """One load, observed by both."""
    folder = tmp_path_factory.mktemp("stacks")
    return made(folder / "plain", telemetry="plain"), made(folder / "default", telemetry="default")


def lines(ran: Ran) -> list[bytes]:
    files = sorted((ran.path / "logs").glob("inventory.log*"))
    told = [line for file in files for line in file.read_bytes().splitlines()]
    odd = (b'"event":"run_finished"', b'"event":"telemetry_degraded"')  # the CPU used; what befell
    return [line for line in told if not any(each in line for each in odd)]


def exposition(ran: Ran) -> str:
    return (ran.path / "metrics.prom").read_text()


def test_both_write_the_same_lines_to_the_byte_into_the_same_files(
    stacks: tuple[Ran, Ran],
) -> None:
    plain, default = stacks
    assert lines(plain) == lines(default)
    files = [sorted(path.name for path in (ran.path / "logs").iterdir()) for ran in stacks]
    assert files[0] == files[1] == ["inventory.log", "inventory.log.2026-01-05"]


def test_both_expose_the_same_figures_quantiles_within_one_percent(
    stacks: tuple[Ran, Ran],
) -> None:
    plain, default = map(exposition, stacks)
    for found in (QUANTILES, SUMS):
        values = [[float(each[found.groups - 1] if found.groups > 1 else each)
                   for each in found.findall(text)] for text in (plain, default)]  # fmt: skip
        assert values[0]
        assert values[0] == pytest.approx(values[1], rel=0.0101)
    rest = [SUMS.sub("", QUANTILES.sub("", text)) for text in (plain, default)]
    without = [[line for line in text.splitlines() if "flush_seconds" not in line] for text in rest]
    assert without[0] == without[1]


def test_both_lose_nothing_and_bring_the_same_kpis_and_alerts(stacks: tuple[Ran, Ran]) -> None:
    plain, default = stacks
    assert plain.kpis == default.kpis
    assert plain.alerts == default.alerts > 0
    assert plain.dropped == default.dropped == {}


def test_a_sentry_that_is_not_there_leaves_the_run_as_it_was(
    stacks: tuple[Ran, Ran], tmp_path: Path
) -> None:
    """What could not be reported is counted under its name."""
    ran = made(tmp_path / "a", sentry_dsn="http://key@127.0.0.1:9/1")
    assert ran.kpis == stacks[1].kpis
    assert {*ran.dropped} == {"sentry"}
    assert lines(ran) == lines(stacks[1])


def test_a_dsn_that_is_none_is_said_and_the_run_goes_on(
    stacks: tuple[Ran, Ran], tmp_path: Path
) -> None:
    said: list[str] = []
    ran = made(tmp_path / "a", sentry_dsn="nonsense", announce=said.append)
    assert said == ["no Sentry: the DSN is none; expected https://KEY@HOST/PROJECT"]
    assert ran.kpis == stacks[1].kpis
