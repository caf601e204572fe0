"""The protocol on real series: choose on the first half in time, judge on the second.

An episode is true if and only if its start lies in a labelled window; a window is caught if an
episode starts in it; starts under 60 minutes after the last firing row are no starts.
"""

import os
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from simlab.alerts.replay import replay
from simlab.alerts.rule import Rule
from simlab.dataset.labels import read_labels
from simlab.dataset.read import read
from simlab.dataset.schema import Dataset
from simlab.tuning.interval import whole
from simlab.tuning.match import Truth, match, truth

Times: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]

HOME: Final = Path(
    os.environ.get("SIMLAB_REAL_SERIES")
    or Path(__file__).parents[1].parent / "shared" / "data" / "real-series"
)
GROUPS: Final = ("TravelTime", "Twitter", "exchange", "occupancy", "speed")
APART_US: Final = 3_600_000_000
US_PER_DAY: Final = 86_400_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class File:
    """One labelled series.

    Attributes:
        group: of what kind it is.
        dataset: with its incidents.
        middle_us: where the second half starts, included.
        end_us: just after the last row.
        labels: those that begin in the second half are judged.
    """

    name: str
    group: str
    dataset: Dataset
    middle_us: int
    end_us: int
    labels: Truth

    @property
    def time_us(self) -> Times:
        """When each row was."""
        return self.dataset.rows["timestamp"].dt.timestamp("us").to_numpy()

    @property
    def value(self) -> NDArray[np.float64]:
        """What each row says."""
        return self.dataset.rows["value"].cast(float).to_numpy()


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What was caught and what was raised for nothing; adds up over files."""

    windows: int = 0
    caught: int = 0
    true: int = 0
    false: int = 0
    days: float = 0.0
    firing_rows: int = 0
    normal_rows: int = 0
    delays_s: tuple[float, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally(
            windows=self.windows + other.windows,
            caught=self.caught + other.caught,
            true=self.true + other.true,
            false=self.false + other.false,
            days=self.days + other.days,
            firing_rows=self.firing_rows + other.firing_rows,
            normal_rows=self.normal_rows + other.normal_rows,
            delays_s=self.delays_s + other.delays_s,
        )

    @property
    def recall(self) -> float:
        """Windows caught, a share."""
        return self.caught / self.windows if self.windows else float("nan")

    @property
    def precision(self) -> float:
        """Episodes that were true, a share."""
        raised = self.true + self.false
        return self.true / raised if raised else float("nan")

    @property
    def false_per_day(self) -> float:
        """False alarms by all days judged."""
        return self.false / self.days

    @property
    def firing_ratio(self) -> float:
        """Rows outside of labels at which something fires, a share."""
        return self.firing_rows / self.normal_rows

    def line(self, name: str) -> str:
        """A row of the table."""
        delay_h = statistics.median(self.delays_s) / 3600 if self.delays_s else float("nan")
        return (
            f"{name:<37} {self.caught:3d}/{self.windows:<3d} {self.recall:5.2f} "
            f"{self.precision:9.2f} {self.false_per_day:12.3f} {self.firing_ratio:8.2%} "
            f"{delay_h:7.1f} h"
        )


HEAD: Final = f"{'':<37} caught recall precision false/day   firing   delay"


def files() -> list[File]:
    """The series with their labels, sorted by name."""
    return [_file(path) for path in sorted((HOME / "series").glob("*.csv"))]


def judged_rules(file: File, rules: Sequence[Rule]) -> Tally:
    """Rules that are one alert, by the evaluator that everything else uses."""
    found = replay(rules, file.dataset)
    start_us = found["start"].dt.timestamp("us").to_numpy()
    end_us = found["end"].dt.timestamp("us").to_numpy()
    fires = np.zeros(file.time_us.size + 1, dtype=np.int64)
    np.add.at(fires, np.searchsorted(file.time_us, start_us), 1)
    np.add.at(fires, np.searchsorted(file.time_us, end_us), -1)
    return _tally(file, start_us[~found["held"].to_numpy()], np.cumsum(fires)[:-1] > 0)


def judged_rows(file: File, fires: Mask) -> Tally:
    """A detector that says for each row whether it fires."""
    firing_us = file.time_us[fires]
    starts = np.diff(firing_us, prepend=-APART_US) >= APART_US
    return _tally(file, firing_us[starts], fires)


def first_range(file: File) -> Mask:
    """Beyond the range of the first half."""
    known = file.value[file.time_us < file.middle_us]
    fires: Mask = (file.value > known.max()) | (file.value < known.min())
    return fires


def three_sigma(file: File) -> Mask:
    """Beyond three standard deviations from the first half's mean."""
    known = file.value[file.time_us < file.middle_us]
    fires: Mask = np.abs(file.value - known.mean()) > 3 * known.std()
    return fires


def rolling_z(file: File) -> Mask:
    """Beyond three standard deviations of the last 288 rows from their mean."""
    rolled = pd.Series(file.value).rolling(288)
    fires: Mask = (np.abs(file.value - rolled.mean()) > 3 * rolled.std(ddof=0)).to_numpy()
    return fires


def ewma(file: File) -> Mask:
    """Roberts' control chart (1959): weight .2, limits at three of the average's sigmas."""
    known = file.value[file.time_us < file.middle_us]
    average = pd.Series(file.value).ewm(alpha=0.2, adjust=False).mean().to_numpy()
    fires: Mask = np.abs(average - known.mean()) > 3 * known.std() * np.sqrt(0.2 / 1.8)
    return fires


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    return sum(tallies, Tally())


def _file(path: Path) -> File:
    dataset = replace(read(path), incidents=read_labels(HOME / "labels" / path.name))
    span = whole(dataset)
    middle_us = (span.start_us + span.until_us) // 2
    assert dataset.incidents is not None
    return File(
        name=path.stem,
        group=next(group for group in GROUPS if path.stem.startswith(group)),
        dataset=dataset,
        middle_us=middle_us,
        end_us=span.until_us,
        labels=truth(dataset.incidents, from_us=middle_us, until_us=span.until_us),
    )


def _tally(file: File, start_us: Times, fires: Mask) -> Tally:
    starts = start_us[start_us >= file.middle_us]
    matched = match(starts, file.labels)
    delay_s = matched.delay_s[file.labels.incidents.judged]
    caught_s = delay_s[~np.isnan(delay_s)]
    true = int(np.count_nonzero(matched.incident >= 0))
    normal = (file.time_us >= file.middle_us) & (match(file.time_us, file.labels).incident < 0)
    return Tally(
        windows=delay_s.size,
        caught=caught_s.size,
        true=true,
        false=starts.size - true,
        days=(file.end_us - file.middle_us) / US_PER_DAY,
        firing_rows=int(np.count_nonzero(fires & normal)),
        normal_rows=int(np.count_nonzero(normal)),
        delays_s=tuple(caught_s.tolist()),
    )
