"""`pytest --benchmark` runs the benchmarks; plain `pytest` runs everything else."""

import pytest

BENCHMARKS = "benchmarks"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that the command line of CI names."""
    group = parser.getgroup("simlab")
    group.addoption("--benchmark", action="store_true", help="run benchmarks/ and nothing else")


@pytest.hookimpl(tryfirst=True)  # before pytest-benchmark reads its options
def pytest_configure(config: pytest.Config) -> None:
    """Choose between benchmarks and tests."""
    if config.getoption("--benchmark"):
        config.option.benchmark_only = True
        config.option.nbval_lax = False
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args[:] = [str(config.rootpath / BENCHMARKS)]
    elif not config.option.benchmark_only:
        config.option.benchmark_disable = True
