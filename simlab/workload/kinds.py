"""The kinds of trouble: what each does, how it grows, and how long it usually lasts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from simlab.workload.profile import ErrorType, Warehouses

Shape: TypeAlias = Literal["hump", "growth", "step"]
"""How strength goes: up and down again over the ramp; evenly from nothing to the end; or up over
the ramp, and there until the end."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What full strength of a kind does; less strength does proportionally less.

    `slowdown` multiplies durations by 1 + slowdown; `error` and `retry` are added to the
    probabilities of an attempt's outcome, and the attempts that fail for it do so with one of
    `error_types`, by weight; `stuck` is the share of attempts that hang until the bot gives up;
    `cpu` is added to the machine's CPU [%], and `mem` times the profile's memory to its memory;
    `arrivals` adds that share of the usual arrivals. While the bot is `down`, whatever its
    strength, nothing is processed and nothing is logged.
    """

    slowdown: float = 0.0
    error: float = 0.0
    retry: float = 0.0
    error_types: Mapping[ErrorType, float] = field(default_factory=dict)
    stuck: float = 0.0
    cpu: float = 0.0
    mem: float = 0.0
    arrivals: float = 0.0
    down: bool = False

    @property
    def on_attempts(self) -> bool:
        """Whether it changes how long attempts work or how they end."""
        return bool(self.slowdown or self.error or self.retry or self.stuck)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of trouble, with what a profile's entry says where it says nothing."""

    summary: str
    effect: Effect
    median: str = "20m"
    ramp: str = "2m"
    warehouses: Warehouses = "all"
    shape: Shape = "hump"


ONE: Final = 0.0
"""A share of the warehouses that is always one of them."""

KINDS: Final[Mapping[str, Kind]] = {
    "latency_spike": Kind(
        summary="attempts take up to eight times as long",
        effect=Effect(slowdown=7.0),
    ),
    "error_burst": Kind(
        summary="up to 40 % more attempts fail for good, 20 % more are retried",
        effect=Effect(
            error=0.4, retry=0.2, error_types={"upstream": 3.0, "auth": 1.0, "crash": 1.0}
        ),
        median="15m",
        ramp="1m",
    ),
    "retry_storm": Kind(
        summary="up to half of all attempts meet a lock and are retried",
        effect=Effect(retry=0.5, error_types={"locked": 1.0}),
        median="15m",
        ramp="1m",
    ),
    "stuck_batch": Kind(
        summary="up to 2 % of attempts hang until the bot gives them up",
        effect=Effect(stuck=0.02),
        median="10m",
        ramp="0s",
    ),
    "cpu_saturation": Kind(
        summary="up to 75 points more CPU, and attempts take 1.6 times as long",
        effect=Effect(slowdown=0.6, cpu=75.0),
        median="25m",
    ),
    "memory_leak": Kind(
        summary="memory grows, up to fourfold, and attempts slow down by half; then a restart",
        effect=Effect(slowdown=0.5, mem=3.0),
        median="3h",
        shape="growth",
    ),
    "disk_stall": Kind(
        summary="attempts take up to five times as long, 4 % more fail on a full disk",
        effect=Effect(slowdown=4.0, error=0.04, error_types={"disk_full": 1.0}),
        median="10m",
        ramp="30s",
    ),
    "warehouse_outage": Kind(
        summary="up to 90 % of attempts fail at one warehouse, or at those listed",
        effect=Effect(error=0.9, error_types={"upstream": 1.0}),
        median="30m",
        ramp="0s",
        warehouses=ONE,
    ),
    "bad_deploy": Kind(
        summary="a lasting step: up to 1.5 times as long, 3 % more fail; then a rollback",
        effect=Effect(slowdown=0.5, error=0.03, error_types={"validation": 2.0, "crash": 1.0}),
        median="4h",
        ramp="1m",
        shape="step",
    ),
    "slow_drift": Kind(
        summary="attempts grow slower and slower, up to 2.5 times as long",
        effect=Effect(slowdown=1.5),
        median="6h",
        shape="growth",
    ),
    "bot_down": Kind(
        summary="nothing is processed and nothing is logged; then the backlog comes",
        effect=Effect(down=True),
        median="15m",
        ramp="0s",
        shape="step",
    ),
    "load_peak": Kind(
        summary="up to 80 % more batches, as at the end of a month",
        effect=Effect(arrivals=0.8),
        median="40m",
        ramp="10m",
    ),
    "slow_warehouse": Kind(
        summary="one warehouse takes up to three times as long, and is healthy",
        effect=Effect(slowdown=2.0),
        median="2h",
        ramp="10m",
        warehouses=ONE,
    ),
    "backup_cpu": Kind(
        summary="up to 60 points more CPU, and batches as ever",
        effect=Effect(cpu=60.0),
        median="30m",
        ramp="1m",
    ),
    "error_blip": Kind(
        summary="half of all attempts fail, for seconds only",
        effect=Effect(error=0.5, error_types={"upstream": 1.0}),
        median="15s",
        ramp="0s",
    ),
}
