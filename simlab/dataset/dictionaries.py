"""Words that rows refer to: what stands for a stock item, a supplier, or a kind of error."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct


class Dictionaries(Struct, frozen=True, kw_only=True):
    """Drawn once a dataset and kept in its manifest; a foreign dataset has none.

    `skus` name stock items, `suppliers` those who deliver them; `error_texts` has for each
    error type what systems say of it, in several languages.
    """

    skus: tuple[str, ...] = ()
    suppliers: tuple[str, ...] = ()
    error_texts: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


NO_DICTIONARIES: Final = Dictionaries()
