"""`simlab top`: what a bot does now, in a terminal."""

from typing import Annotated

import typer

from simlab.cli.console import interruptible, show, show_json
from simlab.cli.options import Json, Rules, length_s, rules_or_strategy

_DEFAULT = "http://127.0.0.1:9100/metrics"
_SHORTEST_S, _LONGEST_S = 0.1, 3600.0


def top(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A bot's metrics endpoint, a run directory, or a log that is being written.",
        ),
    ] = _DEFAULT,
    every: Annotated[
        str, typer.Option(metavar="DURATION", help="From one look to the next, 100ms to 1h.")
    ] = "1s",
    last: Annotated[
        str, typer.Option(metavar="DURATION", help="How far back trends go, 1m to 30d.")
    ] = "15m",
    rules: Rules = None,
    once: Annotated[
        bool, typer.Option("--once", help="Print one look and end, as in a pipe.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Watch a bot live: its KPIs against their limits, what fires, the last alerts; q quits."""
    from rich.console import Console

    from simlab.clock import US_PER_S
    from simlab.report.top.board import Board
    from simlab.report.top.facts import facts_of
    from simlab.report.top.live import watch
    from simlab.report.top.look import look
    from simlab.report.top.open import opened
    from simlab.report.top.screen import lines_of

    every_s = _within(every, "--every", _SHORTEST_S, _LONGEST_S)
    span_us = round(_within(last, "--last", 60.0, 30 * 86_400.0) * US_PER_S)
    known = rules_or_strategy(rules)
    with interruptible():
        watched = opened(source, known, span_us=span_us)
        board = Board(watched.name, known, tells_alerts=watched.tells_alerts)
        console = Console(highlight=False)
        if as_json:
            show_json(facts_of(look(watched, board, apart_s=every_s)))
        elif once or not console.is_terminal or console.is_dumb_terminal:
            width = console.width if console.is_terminal else 120
            show(*lines_of(look(watched, board, apart_s=every_s), width=width))
        elif watch(watched, board, every_s=every_s, console=console) == "interrupted":
            raise typer.Exit(130)


def _within(text: str, option: str, least_s: float, most_s: float) -> float:
    """A length of time within bounds [s].

    Raises:
        ConfigError: it is no length of time, or beyond them.
    """
    from simlab.errors import ConfigError
    from simlab.report.numbers import human_s

    length = length_s(text, option)
    assert length is not None
    if not least_s <= length <= most_s:
        raise ConfigError(f"{option} {text}: expected from {human_s(least_s)} to {human_s(most_s)}")
    return length
