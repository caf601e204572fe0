"""Which days before are looked at for what is usual at a time of day."""

from typing import Final

SEASON_DAYS: Final = range(1, 8)
"""A week, so that each weekday has its say."""

LEAST_SEASON_DAYS: Final = 3
"""Of them so many must have the time of day that is looked at."""
