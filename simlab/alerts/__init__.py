"""Alert rules and the one state machine that judges them, live and over a dataset.

**The value.** A rule watches a signal. It is judged at each observation of it or, with
`evaluate = "15s"`, at the multiples of that step since 1970 from the first observation on, as
Prometheus does. `smooth` averages the signal over a time first. What the rule is judged by is its
aggregate over a window: the last observations, or those in (t - window, t], t being the moment. A
window that holds fewer than `min_count` observations is undefined, NaN; by default that is the
whole of a counted window, and 1 of a window of time. With x the latest value (on a grid: no older
than `stale_after`):

- `last` is x; `mean`, `min`, `max`, `range` (max - min), `count`, `p50`, `p95`, `p99` are the window's (quantiles are
  linear in between); `ratio` is the share of 1, counted in integers; with `short_window` the
  lesser of two windows' shares. A mean of `throughput` is finished batches a minute.
- `zscore` is (x - mean) / max(sd, `floor`), with the population's standard deviation sd, x in the window.
  `robust_z` is (x - median) / max(1.4826 MAD, `floor`).
- `seasonal_z` is r / max(sd of r over the window, `floor`), r being x less the median of the values
  just a day, two, … seven days before, of which three must be known.
- `record` is how far x lies beyond the range of what came before it in the window, as a share of
  that range; it is held against `margin`. On a grid what came before ends a step earlier.
- `rate` is (x - the value a window ago) / window [1/s].
- `absent` has no value: it is true from the moment that the window has held no row, to the next.

What divides by 0 is infinite, and 0 / 0 undefined. A rule whose direction is `outside` is judged
by the distance from 0, either way; a record by whichever side it is beyond.

**The machine.** A rule is `inactive`, `pending` or `firing`. It starts inactive and moves only
when it is judged, at time t with value v. The *condition* is v above (below) the limit, strictly;
an undefined v is neither.

1. *Silence.* When t is more than `stale_after` after the observation before, the rule first
   goes through the moment `stale_after` past that one: a firing rule resolves then, a pending
   one becomes inactive then. The window keeps its values. On a grid there is no silence: an
   undefined value is a false condition.
2. *Condition true.* Inactive becomes pending since t. Pending for `for` or longer (t minus
   since) becomes firing, and the episode starts at t; with `for` 0 that is at once. Firing
   stays.
3. *Condition false.* Pending becomes inactive. Firing resolves at t when the last true
   observation lies `keep_firing_for` or longer back, else it stays; with 0 it resolves at once.
   On a grid, as in Prometheus, it is the first false evaluation that must lie so far back.

A row whose signal is null is no observation. Observations at one moment count in the order of
rows. An episode still firing when the data end stays open: nothing resolves it, and where an
end must be named it is the last observation's time. When time went on without an observation,
past `stale_after`, the silence ends it as in 1.

**The alert.** Rules of one `group` are one alert. An episode that starts while the group fires, or
no more than its `cooldown` after, is *held back*: it is told, and raises no page. With `by` each
warehouse has a window, a machine and an alert of its own.

`live` walks this event by event, `replay` computes it over arrays; the tests prove them equal.
"""
