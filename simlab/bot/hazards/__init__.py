"""Trouble made on purpose in wall time, with real means: each is bounded, and undone."""
