"""Alert rules and the one state machine that judges them, live and over a dataset.

A rule is `inactive`, `pending` or `firing`. It starts inactive and moves only when its signal
is observed, at time t with windowed value v. The *condition* is v above (below) the threshold,
strictly; an undefined v, NaN, is neither. A window that is not full is undefined.

1. *Silence.* When t is more than `stale_after` after the observation before, the rule first
   goes through the moment `stale_after` past that one: a firing rule resolves then, a pending
   one becomes inactive then. The window keeps its values.
2. *Condition true.* Inactive becomes pending since t. Pending for `for` or longer (t minus
   since) becomes firing, and the episode starts at t; with `for` 0 that is at once. Firing
   stays.
3. *Condition false.* Pending becomes inactive. Firing resolves at t when the last true
   observation lies `keep_firing_for` or longer back, else it stays; with 0 it resolves at once.

A row whose signal is null is no observation. Observations at one moment count in the order of
rows. An episode still firing when the data end stays open: nothing resolves it, and where an
end must be named it is the last observation's time. When time went on without an observation,
past `stale_after`, the silence ends it as in 1.

`live` walks this event by event, `replay` computes it over arrays; the tests prove them equal.
"""
