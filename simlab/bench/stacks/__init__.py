"""Ways to tell of events, one file each."""
