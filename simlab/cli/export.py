"""`simlab export`: rules as files for Prometheus, and its own word that they do as simlab says."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from simlab.cli.console import note, say, show, show_json
from simlab.cli.options import (
    Force,
    Json,
    Map,
    MaxRejected,
    Time,
    read_source,
    rules_or_strategy,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simlab.prometheus.alerting import Alerting
    from simlab.prometheus.export import Export
    from simlab.prometheus.stack import Stack
    from simlab.prometheus.tool import Verdict

_MOST_LINES = 12


def export(
    rules: Annotated[
        Path,
        typer.Argument(
            metavar="RULES", help="A rules file, or simlab's own of that name: strategy, extended."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the files go.")],
    to: Annotated[
        Literal["prometheus", "alertmanager-test", "stack"],
        typer.Option(
            help="What for: rules and their tests; only where Alertmanager sends each alert; or "
            "stack, all that starts Prometheus, Alertmanager and Grafana."
        ),
    ] = "prometheus",
    check: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Data to measure on and to test with: what backtest reads. "
            "Runs promtool and amtool where they are installed.",
        ),
    ] = None,
    bot: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="stack: where the bot's metrics are. [default: 127.0.0.1:9100]",
            show_default=False,
        ),
    ] = None,
    prometheus: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="stack: where Prometheus listens. [default: 127.0.0.1:9090]",
            show_default=False,
        ),
    ] = None,
    alertmanager: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="stack: where Alertmanager listens. [default: 127.0.0.1:9093]",
            show_default=False,
        ),
    ] = None,
    time: Time = None,
    mapping: Map = None,
    max_rejected: MaxRejected = 0.01,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write alert rules as Prometheus has them, with tests that prove them on your data."""
    from simlab.dataset.target import refuse_existing
    from simlab.prometheus.check import check as verdicts_on
    from simlab.prometheus.export import export as exported
    from simlab.prometheus.folder import write_export

    stack = _stack(to, bot=bot, prometheus=prometheus, alertmanager=alertmanager)
    given = rules_or_strategy(rules)
    refuse_existing(out, force=force)
    dataset = None
    if check is not None:
        dataset = read_source(check, time=time, maps=mapping, max_rejected=max_rejected)
    made = exported(given, dataset)
    write_export(made, to, out, force=force, rules=given, stack=stack)
    is_checked = check is not None or stack is not None
    verdicts = verdicts_on(made, to, out) if is_checked else ()
    if as_json:
        show_json(_as_json(made, verdicts, out))
    else:
        _tell(made, verdicts, out)
    _refuse_failed(verdicts, out)


def _stack(to: str, **addresses: str | None) -> "Stack | None":
    """Who listens where, for a stack; None for what is none.

    Raises:
        ConfigError: an address is none, or is given where there is no stack.
    """
    from simlab.errors import ConfigError
    from simlab.prometheus.stack import Stack

    given = {name: address for name, address in addresses.items() if address is not None}
    if to == "stack":
        return Stack(**given)
    if given:
        raise ConfigError(f"--{next(iter(given))}: of use with --to stack alone; found --to {to}")
    return None


def _tell(made: "Export", verdicts: "Sequence[Verdict]", out: Path) -> None:
    from simlab.report.terminal import text_table

    rows = [
        (alert.name, alert.labels["severity"], alert.labels["notify"], _agreement(alert))
        for alert in made.alerts
    ]
    columns = ("Alert", "Severity", "Told", "Against the rule itself")
    show(text_table(columns, rows, set(), title="Alerts for Prometheus"))
    if made.unproven:
        note(
            f"caution: promtool cannot test {', '.join(made.unproven)}: windows of too many samples"
        )
    routes = [verdict for verdict in verdicts if " routes test " in verdict.command]
    for verdict in verdicts:
        if verdict not in routes or not verdict.passed:
            say(f"{_word(verdict)}: {verdict.command}")
            for line in _last_lines(verdict) if not verdict.passed else ():
                say(f"    {line}")
    if passed := sum(verdict.passed is True for verdict in routes):
        say(f"SUCCESS: amtool config routes test, {passed} times")
    say(f"{out}: README.md says what is what and how to check it")


def _agreement(alert: "Alerting") -> str:
    return alert.annotations.get("agreement", alert.annotations["summary"])


def _word(verdict: "Verdict") -> str:
    words = {True: "SUCCESS", False: "FAILED", None: "not checked, not installed"}
    return words[verdict.passed]


def _last_lines(verdict: "Verdict") -> list[str]:
    """The first lines that say something, few enough to be read."""
    return [line for line in verdict.output.splitlines() if line.strip()][:_MOST_LINES]


def _as_json(made: "Export", verdicts: "Sequence[Verdict]", out: Path) -> dict[str, object]:
    return {
        "out": str(out),
        "alerts": [
            {"name": alert.name, "expr": alert.expression, "labels": dict(alert.labels),
             "annotations": dict(alert.annotations)}
            for alert in made.alerts
        ],
        "unproven": list(made.unproven),
        "checks": [
            {"command": one.command, "passed": one.passed, "output": one.output}
            for one in verdicts
        ],
    }  # fmt: skip


def _refuse_failed(verdicts: "Sequence[Verdict]", out: Path) -> None:
    """End with the answer no when a tool said so.

    Raises:
        CheckFailedError: one did.
    """
    from simlab.errors import CheckFailedError

    failed = [verdict.command for verdict in verdicts if verdict.passed is False]
    if failed:
        raise CheckFailedError(f"{out}: FAILED: {failed[0]}; the files are there to look into")
