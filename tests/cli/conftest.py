"""Inputs that several tests of the command line read."""

from pathlib import Path

import pytest

from .cases import PROFILE, told, written


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile's file."""
    return written(tmp_path_factory.mktemp("profile") / "tiny.toml", PROFILE)


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory, profile: Path) -> Path:
    """A run directory that the command line made."""
    out = tmp_path_factory.mktemp("ran") / "a"
    told("run", profile, "--out", out)
    return out


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that are told no place write under the current directory."""
    monkeypatch.chdir(tmp_path)
