"""Profiles learned from logs: what each part of a profile is, by the attempts that were seen."""
