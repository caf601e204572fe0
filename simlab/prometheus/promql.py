"""The part of PromQL in which rules are exported, as expressions that say their own text.

**Windows are open to the left**, (t - width, t], as the rules' are. Prometheus 3 has them so,
Prometheus 2 takes in a sample that lies just at the left end. A range of one millisecond less means
the same in both, since times in Prometheus are whole milliseconds: five minutes are `[299999ms]`.
"""

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from simlab.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

OverTimeName: TypeAlias = Literal["last", "sum", "avg", "min", "max", "count", "stddev", "quantile"]
RateName: TypeAlias = Literal["rate", "increase"]

_UNITS_MS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


@dataclass(frozen=True)
class Matcher:
    """What a label must be, or must not be."""

    label: str
    operator: Literal["=", "!="]
    value: str

    def __str__(self) -> str:
        """The matcher as PromQL has it."""
        return f"{self.label}{self.operator}{quoted(self.value)}"


@dataclass(frozen=True)
class Selector:
    """Series by their name and labels."""

    metric: str
    matchers: tuple[Matcher, ...] = ()

    def __str__(self) -> str:
        """The selector as PromQL has it."""
        inner = ",".join(map(str, self.matchers))
        return f"{self.metric}{{{inner}}}" if inner else self.metric


class Expression:
    """What Prometheus evaluates at a moment: for each set of labels a value, or none."""

    __slots__ = ()

    def parts(self) -> "Iterator[Expression]":
        """The expression itself and all that it is made of."""
        yield self
        for field in fields(self):  # type: ignore[arg-type] # every kind of it is a dataclass
            inner = getattr(self, field.name)
            if isinstance(inner, Expression):
                yield from inner.parts()

    def selectors(self) -> "Iterator[Selector]":
        """The series that it looks at."""
        for part in self.parts():
            selector = getattr(part, "selector", None)
            if isinstance(selector, Selector):
                yield selector


@dataclass(frozen=True)
class Instant(Expression):
    """The latest sample of each series, not older than Prometheus' lookback of 5 minutes."""

    selector: Selector

    def __str__(self) -> str:
        """The text."""
        return str(self.selector)


@dataclass(frozen=True)
class OverTime(Expression):
    """A function of each series' samples in (t - offset - width, t - offset].

    `share` is which quantile, 0 to 1.
    """

    function: OverTimeName
    selector: Selector
    width_us: int
    offset_us: int = 0
    share: float | None = None

    def __str__(self) -> str:
        """The text."""
        first = "" if self.share is None else f"{number(self.share)}, "
        offset = f" offset {duration(self.offset_us)}" if self.offset_us else ""
        window = f"{self.selector}[{range_of(self.width_us)}]{offset}"
        return f"{self.function}_over_time({first}{window})"


@dataclass(frozen=True)
class Rate(Expression):
    """How fast each counter rose in (t - width, t], or by how much, carried on to its ends."""

    function: RateName
    selector: Selector
    width_us: int

    def __str__(self) -> str:
        """The text."""
        return f"{self.function}({self.selector}[{range_of(self.width_us)}])"


@dataclass(frozen=True)
class MedianDeviation(Expression):
    """The median distance of the samples in (t - width, t] from their own median, at t.

    PromQL takes the series at the multiples of `step_us`, each time its latest sample of a step.
    """

    selector: Selector
    width_us: int
    step_us: int

    def __str__(self) -> str:
        """The text; `@ end()` is the moment of evaluation, also within the subquery."""
        latest = OverTime("last", self.selector, self.step_us)
        window = f"{self.selector}[{range_of(self.width_us)}]"
        apart = f"abs({latest} - quantile_over_time(0.5, {window} @ end()))"
        steps = f"[{range_of(self.width_us)}:{duration(self.step_us)}]"
        return f"quantile_over_time(0.5, {apart}{steps})"


@dataclass(frozen=True)
class Absolute(Expression):
    """The distance from 0."""

    inner: Expression

    def __str__(self) -> str:
        """The text."""
        return f"abs({self.inner})"


@dataclass(frozen=True)
class ClampMin(Expression):
    """The value, and no less than `least`."""

    inner: Expression
    least: float

    def __str__(self) -> str:
        """The text."""
        return f"clamp_min({self.inner}, {number(self.least)})"


@dataclass(frozen=True)
class Arithmetic(Expression):
    """Two values of the same labels, or a value and a number, made one."""

    operator: Literal["-", "*", "/"]
    left: Expression
    right: Expression | float

    def __str__(self) -> str:
        """The text."""
        left, right = _inside(self.left, _level(self)), _inside(self.right, _level(self) + 1)
        return f"{left} {self.operator} {right}"


@dataclass(frozen=True)
class Compare(Expression):
    """What is left of the values that compare so with a number; NaN compares with nothing."""

    operator: Literal[">", ">=", "<", "=="]
    left: Expression
    right: float

    def __str__(self) -> str:
        """The text."""
        return f"{_inside(self.left, _level(self))} {self.operator} {number(self.right)}"


@dataclass(frozen=True)
class Both(Expression):
    """The left values whose labels the right has a value for too."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        """The text."""
        return f"{_inside(self.left, _level(self))}\nand\n{_inside(self.right, _level(self) + 1)}"


@dataclass(frozen=True)
class Either(Expression):
    """The left values, and those of the right whose labels the left has none for."""

    left: Expression
    right: Expression

    def __str__(self) -> str:
        """The text."""
        return f"{_inside(self.left, _level(self))}\nor\n{_inside(self.right, _level(self) + 1)}"


@dataclass(frozen=True)
class Aggregated(Expression):
    """Values made one for each set of the labels that `by` names, or that `without` leaves.

    `share` is which quantile, 0 to 1, for `quantile` alone.
    """

    function: Literal["sum", "max", "count", "quantile"]
    inner: Expression
    by: tuple[str, ...] = ()
    without: tuple[str, ...] | None = None
    share: float | None = None

    def __str__(self) -> str:
        """The text."""
        grouping = ""
        if self.without is not None:
            grouping = f" without ({', '.join(self.without)}) "
        elif self.by:
            grouping = f" by ({', '.join(self.by)}) "
        first = "" if self.share is None else f"{number(self.share)}, "
        return f"{self.function}{grouping}({first}{self.inner})"


@dataclass(frozen=True)
class Labelled(Expression):
    """The same values with one label more."""

    inner: Expression
    label: str
    value: str

    def __str__(self) -> str:
        """The text."""
        label, value = quoted(self.label), quoted(self.value)
        return f'label_replace({self.inner}, {label}, {value}, "", "")'


@dataclass(frozen=True)
class Absent(Expression):
    """1 when no series has a sample in (t - width, t]; true before the first one too."""

    selector: Selector
    width_us: int

    def __str__(self) -> str:
        """The text."""
        return f"absent_over_time({self.selector}[{range_of(self.width_us)}])"


def quoted(text: str) -> str:
    r"""A string of PromQL, which is one of YAML and JSON too.

    >>> print(quoted('a"b'))
    "a\"b"
    """
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def number(value: float) -> str:
    """A number, to the bit.

    >>> number(2.0), number(0.1), number(1e-7)
    ('2', '0.1', '1e-07')
    """
    return repr(float(value)).removesuffix(".0")


def duration(length_us: int) -> str:
    """A length of time in whole milliseconds, such as `5m` or `1d12h`.

    >>> duration(90_000_000)
    '1m30s'
    """
    rest_ms, told = length_us // (US_PER_S // 1000), ""
    for unit, unit_ms in _UNITS_MS:
        count, rest_ms = divmod(rest_ms, unit_ms)
        told += f"{count}{unit}" if count else ""
    return told or "0s"


def range_of(width_us: int) -> str:
    """The range of a window that is open to the left: one millisecond less.

    >>> range_of(300_000_000)
    '299999ms'
    """
    return f"{width_us // (US_PER_S // 1000) - 1}ms"


def _level(part: Expression | float) -> int:
    """How strongly an expression holds together; operators of one level go from left to right."""
    match part:
        case Either():
            return 1
        case Both():
            return 2
        case Compare():
            return 3
        case Arithmetic(operator="-"):
            return 4
        case Arithmetic():
            return 5
    return 6


def _inside(part: Expression | float, level: int) -> str:
    """An operand, in brackets if it holds together less strongly than that."""
    text = str(part) if isinstance(part, Expression) else number(part)
    return f"({text})" if _level(part) < level else text
