"""Named random streams: the same draw for the same seed, name and index, whoever makes it."""

import zlib
from functools import lru_cache
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_LEAST: Final = 1e-60
"""Of a proposal that would be negative, so that its logarithm can be taken before it is refused."""
_MIXERS: Final = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


def stream(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """A generator of its own for one named purpose in one slice of the work.

    Streams with another name or index are independent of it, so adding a column never shifts
    another and the number of workers never changes a draw.

    Args:
        seed: the dataset's seed, 0 or more.
        name: what is drawn, such as `"service.1"`.
        index: which slice it is drawn for, 0 or more.
    """
    return np.random.Generator(np.random.PCG64(_sequence(seed, name, index)))


def uniforms(seed: int, name: str, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """A number between 0 and 1 for each id, the same whichever other ids are asked for.

    It costs a few times what a stream does, and is for the few among many. The id-th output of
    SplitMix64 (Steele, Lea and Flood 2014), which begins at a state of the name's own; 52 bits
    of it, so that neither 0 nor 1 comes out.
    """
    mixed = ids.astype(np.uint64) * _GOLDEN + _state(seed, name)
    for shift, factor in _MIXERS:
        mixed = (mixed ^ (mixed >> shift)) * factor
    mixed ^= mixed >> np.uint64(31)
    return np.asarray(((mixed >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52)


class Variates(Protocol):
    """What the families of distributions are made from; numpy's `Generator` is one."""

    def random(self, size: int) -> npt.NDArray[np.float64]:
        """Uniform on [0, 1)."""

    def standard_normal(self, size: int) -> npt.NDArray[np.float64]:
        """Normal of mean 0 and variance 1."""

    def standard_exponential(self, size: int) -> npt.NDArray[np.float64]:
        """Exponential of mean 1."""

    def standard_gamma(self, shape: float, size: int) -> npt.NDArray[np.float64]:
        """Gamma of scale 1."""


class VariatesById:
    """Variates that hang on a name and on each one's id alone; each kind is asked for once."""

    def __init__(self, seed: int, name: str, ids: npt.NDArray[np.int64]) -> None:
        self._seed = seed
        self._name = name
        self._ids = ids

    def random(self, size: int) -> npt.NDArray[np.float64]:
        """One for each id; `size` is how many ids there are."""
        assert size == len(self._ids)
        return uniforms(self._seed, self._name, self._ids)

    def standard_normal(self, size: int) -> npt.NDArray[np.float64]:
        """By the transformation of Box and Muller (1958)."""
        angle = 2 * np.pi * self._also("angle").random(size)
        return np.asarray(np.sqrt(-2 * np.log(self.random(size))) * np.cos(angle))

    def standard_exponential(self, size: int) -> npt.NDArray[np.float64]:
        """By the inverse of the distribution function."""
        return np.asarray(-np.log(self.random(size)))

    def standard_gamma(self, shape: float, size: int) -> npt.NDArray[np.float64]:
        """By the rejection of Marsaglia and Tsang (2000), round after round for those left.

        A shape below 1 is that of one more, times a power of another uniform.
        """
        raised = shape + 1 if shape < 1 else shape
        drawn, left, number = np.empty(size), np.arange(size), 0
        while len(left):
            tried = VariatesById(self._seed, f"{self._name}.{number}", self._ids[left])
            cubes, accepted = _gamma_proposals(raised, tried, len(left))
            drawn[left[accepted]] = cubes[accepted]
            left, number = left[~accepted], number + 1
        if shape < 1:
            drawn *= self._also("power").random(size) ** (1 / shape)
        return drawn

    def _also(self, what: str) -> "VariatesById":
        """Others for the same ids."""
        return VariatesById(self._seed, f"{self._name}.{what}", self._ids)


def _gamma_proposals(
    shape: float, tried: VariatesById, size: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """A proposal each, and which are gamma variates of that shape, 1 or more."""
    d = shape - 1 / 3
    normal = tried.standard_normal(size)
    v = np.maximum(1 + normal / np.sqrt(9 * d), _LEAST) ** 3
    limit = normal**2 / 2 + d * (1 - v + np.log(v))
    chance = tried._also("accept").random(size)  # noqa: SLF001  # its own kind's part
    return d * v, (v > _LEAST**2) & (np.log(chance) < limit)


@lru_cache(maxsize=256)  # it is asked for at each slice, and takes longer than what it is for
def _state(seed: int, name: str) -> np.uint64:
    """Where SplitMix64 begins for a name."""
    return np.uint64(_sequence(seed, name, 0).generate_state(1, np.uint64)[0])


def _sequence(seed: int, name: str, index: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed, spawn_key=(index, zlib.crc32(name.encode())))
