"""How attempts end: by their luck, their length and what is declared."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from simlab.dataset.schema import ERROR_TYPES, STATUSES
from simlab.workload.arrivals import Floats
from simlab.workload.profile import ErrorType, Profile

Codes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

SUCCESS, ERROR, RETRY = (STATUSES.index(name) for name in ("success", "error", "retry"))
NO_ERROR: Final = len(ERROR_TYPES)
"""The code of an attempt that did not fail."""
TIMEOUT: Final = ERROR_TYPES.index("timeout")
_FINER: Final = 2.0**20


def statuses(
    profile: Profile,
    chance: Floats,
    *,
    number: int,
    timed_out: Mask,
    error: Floats | float = 0.0,
    retry: Floats | float = 0.0,
) -> Codes:
    """How each attempt `number` ends, as codes of `STATUSES`.

    The lowest chances fail for good, the next lowest are retried, and so is an attempt that the
    bot gave up; a last attempt that would be retried fails.

    Args:
        profile: with the probabilities that hold without trouble.
        chance: each attempt's luck, from 0 to 1.
        number: 1 for first attempts.
        timed_out: which of them took as long as the bot waits.
        error: what trouble adds to the probability of failing for good.
        retry: and to that of being retried.
    """
    error = profile.outcome.error + error
    failed = chance < error
    again = (chance < error + (profile.outcome.retry + retry)) > failed
    codes = np.where(failed, ERROR, again * np.uint8(after_retry(profile, number)))
    codes[timed_out] = after_retry(profile, number)
    return codes.astype(np.uint8)


def after_retry(profile: Profile, number: int) -> int:
    """What becomes of an attempt `number` that could be retried."""
    last = number == profile.outcome.max_attempts and profile.shape == "batches"
    return ERROR if last else RETRY


def declared_types(profile: Profile, status: Codes, chance: Floats) -> Codes:
    """A declared error type for each attempt that failed; `NO_ERROR` for the others."""
    types = np.full(len(status), NO_ERROR, np.uint8)
    failed = np.flatnonzero(status)
    types[failed] = error_types(profile.outcome.error_types, chance[failed])
    return types


def error_types(weights: Mapping[ErrorType, float], chance: Floats) -> Codes:
    """An error type for each attempt that failed, by weight.

    The luck that made it fail also picks the type, by digits that did not matter there: what
    lies below 2^-20.
    """
    share, codes = cumulated(tuple(weights.items()))
    finer = np.mod(chance * _FINER, 1.0)
    return codes[np.searchsorted(share, finer, side="right")]


@lru_cache(maxsize=64)
def cumulated(weights: tuple[tuple[ErrorType, float], ...]) -> tuple[Floats, Codes]:
    """Error types' distribution function, without its end at 1, and their codes."""
    share = np.cumsum([weight for _, weight in weights])
    codes = [ERROR_TYPES.index(name) for name, _ in weights]
    return share[:-1] / share[-1], np.array(codes, np.uint8)
