"""What a crash would lose with each stack: the column beside its speed."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from simlab.bench.durability import lost_on_full_disk, lost_on_kill
from simlab.bench.loss import Loss


class Losses(Struct, frozen=True, kw_only=True):
    """What one stack lost.

    Attributes:
        full_speed: killed at random moments of a tight loop; all kills together.
        paced: likewise at a steady rate, as bots work.
        full_disk: on a disk that was full for a while; None where no small disk can be had.
    """

    full_speed: Loss
    paced: Loss
    full_disk: Loss | None

    def __add__(self, other: "Losses") -> "Losses":
        disks = [each for each in (self.full_disk, other.full_disk) if each is not None]
        return Losses(
            full_speed=self.full_speed + other.full_speed,
            paced=self.paced + other.paced,
            full_disk=sum(disks[1:], disks[0]) if disks else None,
        )


def measure_losses(
    stacks: Sequence[str], *, kills: int, seed: int, report: Callable[[int], None] | None = None
) -> dict[str, Losses]:
    """What each stack loses, but for the one that keeps nothing.

    Args:
        stacks: by their names.
        kills: how many at full speed, and again paced.
        seed: of the moments.
        report: told how many stacks are done.

    Raises:
        SimlabError: a stack failed.
    """
    told: dict[str, Losses] = {}
    for name in keepers(stacks):
        told[name] = Losses(
            full_speed=lost_on_kill(name, kills=kills, paced=False, seed=seed),
            paced=lost_on_kill(name, kills=kills, paced=True, seed=seed),
            full_disk=lost_on_full_disk(name),
        )
        if report is not None:
            report(len(told))
    return told


def keepers(stacks: Sequence[str]) -> list[str]:
    """The stacks that keep lines at all."""
    return [name for name in stacks if name != "off"]
