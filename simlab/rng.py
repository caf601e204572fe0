"""Named random streams: the same draw for the same seed, name and index, whoever makes it."""

import zlib

import numpy as np


def stream(seed: int, name: str, index: int = 0) -> np.random.Generator:
    """A generator of its own for one named purpose in one slice of the work.

    Streams with another name or index are independent of it, so adding a column never shifts
    another and the number of workers never changes a draw.

    Args:
        seed: the dataset's seed, 0 or more.
        name: what is drawn, such as `"service.1"`.
        index: which slice it is drawn for, 0 or more.
    """
    key = (index, zlib.crc32(name.encode()))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))
