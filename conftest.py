"""`pytest --benchmark` runs the benchmarks; plain `pytest` runs everything else."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

BENCHMARKS = "benchmarks"

# People's runs explore at random; CI tries the same examples each time, so that what it says is
# about the change. Shared machines stall, so no example has a deadline.
settings.register_profile("explore", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "explore")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that the command line of CI names."""
    group = parser.getgroup("simlab")
    group.addoption("--benchmark", action="store_true", help="run benchmarks/ and nothing else")


@pytest.hookimpl(tryfirst=True)  # before pytest-benchmark reads its options
def pytest_configure(config: pytest.Config) -> None:
    """Choose between benchmarks and tests."""
    if config.getoption("--benchmark"):
        # As `--workers 1` works: on one thread. Polars looks at it when it is imported.
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
        config.option.benchmark_only = True
        config.option.nbval_lax = False
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args[:] = [str(config.rootpath / BENCHMARKS)]
    elif not config.option.benchmark_only:
        config.option.benchmark_disable = True


@pytest.hookimpl(optionalhook=True)  # there is no such hook without pytest-benchmark
def pytest_benchmark_update_json(
    config: pytest.Config, benchmarks: object, output_json: dict[str, Any]
) -> None:
    """Leave the time of each single round out of the file, unless `--benchmark-save-data` asks."""
    del benchmarks
    if not config.option.benchmark_save_data:
        for told in output_json["benchmarks"]:
            told["stats"].pop("data", None)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a line listed at the end of the run, where people look."""
    return lambda line: record_property("figure", line)


@pytest.hookimpl(trylast=True)  # below pytest-benchmark's tables
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the figures that benchmarks gave."""
    reports = [r for how in ("passed", "failed") for r in terminalreporter.getreports(how)]
    figures = [text for r in reports for name, text in r.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
    for text in figures:
        terminalreporter.write_line(str(text))
