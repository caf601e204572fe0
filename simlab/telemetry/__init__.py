"""Where events go: the log, the metrics endpoint, and the readings of the real machine."""
