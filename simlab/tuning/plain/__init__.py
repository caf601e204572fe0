"""Rules for a plain series, `timestamp,value`: no threshold is known, often no label either.

One family of rules serves all series, and one number a series is chosen: `spacing` looks at the
times, `frozen` measures what the rules freeze, `family` has the rules, `evidence` counts what they
do on the first part for each K, `prior` says what they did on other series, and `propose` weighs
the two and chooses. docs/background/real-series.md has the figures.
"""
