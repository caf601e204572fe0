"""Another attempt follows a failure that may be gone in a moment, while any are left."""

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simlab.bot.failures import FailedError, InvalidError, UpstreamError, failure_of
from simlab.bot.retry import pause_after
from simlab.dataset.schema import ERROR_TYPES


@given(st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_the_pause_is_the_profiles_while_attempts_are_left(
    number: int, most: int, transient: bool
) -> None:
    failure = FailedError("locked", transient=transient)
    pause = pause_after(failure, number=number, most=most, pause_us=lambda n: 2_000_001 * 2**n)
    assert pause == (2_000_001 * 2**number if transient and number < most else None)


@pytest.mark.parametrize(
    ("error", "error_type", "transient"),
    [
        (TimeoutError(), "timeout", True),
        (UpstreamError(502), "upstream", True),
        (ConnectionRefusedError(), "upstream", True),
        (UpstreamError(401), "auth", False),
        (InvalidError("line 1"), "validation", False),
        (OSError(errno.ENOSPC, "no space"), "disk_full", False),
        (OSError(errno.EIO, "broken"), "crash", False),
        (ZeroDivisionError(), "crash", False),
    ],
)
def test_only_what_may_be_gone_in_a_moment_is_worth_another_attempt(
    error: Exception, error_type: str, transient: bool
) -> None:
    failure = failure_of(error)
    assert (failure.error_type, failure.transient) == (error_type, transient)
    assert failure.error_type in ERROR_TYPES
