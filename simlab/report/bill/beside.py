"""The bill's tables of what is measured beside stacks' speed: crashes, work, the parts."""

from collections.abc import Mapping

from simlab.bench.bot_share import BotShare
from simlab.bench.crashes import Losses
from simlab.bench.instructions import Instructions
from simlab.bench.loss import Loss
from simlab.bench.parts import FAILS_EVERY, PartsBill
from simlab.bench.stacks.whole import READ_EVERY_S
from simlab.report.bill.cells import NO_DIFFERENCE, in_percent, table_of, with_half
from simlab.report.numbers import UNDEFINED, number
from simlab.report.tables import Table


def lost_table(losses: Mapping[str, Losses]) -> Table:
    """What each stack lost when it was killed, and on a full disk."""
    rows = [
        (
            name,
            _of(told.full_speed),
            _of(told.paced),
            number(told.full_speed.doubled + told.paced.doubled),
            UNDEFINED if told.full_disk is None else _of(told.full_disk),
        )
        for name, told in losses.items()
    ]
    undefined = any(told.full_disk is None for told in losses.values())
    note = f" {UNDEFINED}: no small disk could be mounted here." if undefined else ""
    return table_of(
        ["Stack", "Killed", "Killed, paced", "Doubled", "Disk full"],
        rows,
        "Killed: by SIGKILL at random moments, at full speed and at 200 events a second. Disk "
        f"full: for 8,000 events, then with room again.{note}",
    )


def _of(loss: Loss) -> str:
    return f"{loss.lost:,}/{loss.acked:,}"


def bot_table(shares: Mapping[str, BotShare]) -> Table:
    """What each stack adds to batches that the bot really applies."""
    rows = [
        (name, with_half(told.batch_us), in_percent(told.wall), in_percent(told.cpu))
        for name, told in shares.items()
    ]
    return table_of(
        ["Stack", "A batch [µs]", "Adds to its time [%]", "to its CPU time [%]"],
        rows,
        "Batches of 40 items one after the other, with telemetry and without in turn. What may be "
        "0 by its interval cannot be seen beside the work.",
    )


def instructions_table(told: Mapping[str, Instructions]) -> Table:
    """How many instructions an event takes; no interval, since no chance is in it."""
    rows = [(name, f"{each.per_event:,.0f}", str(each.threads)) for name, each in told.items()]
    return table_of(
        ["Stack", "Instructions", "Threads"],
        rows,
        "Of the thread that tells of the event, by callgrind: the same within 1 % whatever else "
        "runs. Where there are more threads than one, those do the rest.",
    )


def parts_table(parts: PartsBill) -> Table:
    """What each part adds, and what they come to together."""
    rows = [
        (
            part.part,
            with_half(part.cpu_ns) if part.is_seen else NO_DIFFERENCE,
            with_half(part.called_ns) if part.is_seen else "",
        )
        for part in parts.parts
    ]
    rows += [
        ("parts together", with_half(parts.together_ns), ""),
        ("all at once", with_half(parts.whole_ns), ""),
        ("all less parts", with_half(parts.rest_ns), ""),
        ("noise floor", f"±{number(float(f'{parts.floor_ns:.2g}'))}", ""),
    ]
    reads = round(1 / READ_EVERY_S)
    return table_of(
        ["Part", "CPU", "Caller"],
        rows,
        "Each part switched off in turn. Resources are read once a second in life, here "
        f"{reads} times; Sentry has a report of one event in {FAILS_EVERY:,}, so a report costs "
        f"{FAILS_EVERY:,} times its line. Parts get in each other's way where they come to more "
        "than all at once.",
    )
