"""An example of Alertmanager's routes, and where each alert must go by them."""

import shlex
from collections.abc import Sequence

from simlab.prometheus.alerting import Alerting
from simlab.prometheus.render import filled

CONFIG = "alertmanager.yml"
TEST = "test_routes.sh"


def config() -> str:
    """The text of Alertmanager's configuration."""
    return filled("alertmanager.yml.j2")


def receiver(alert: Alerting) -> str:
    """Who is told of an alert."""
    if alert.labels["notify"] == "no":
        return "nobody"
    return "pager" if alert.labels["severity"] == "page" else "tickets"


def route_test(alert: Alerting) -> tuple[str, ...]:
    """The arguments for `amtool` that tell whether an alert goes where it should."""
    told = {"alertname": alert.name, **alert.labels}
    return (
        "config", "routes", "test", f"--config.file={CONFIG}",
        f"--verify.receivers={receiver(alert)}",
        *(f"{name}={value}" for name, value in told.items()),
    )  # fmt: skip


def route_tests(alerts: Sequence[Alerting]) -> str:
    """The text of a script that tests all of them."""
    tests = [shlex.join(("amtool", *route_test(alert))) for alert in alerts]
    lines = [
        "#!/bin/sh",
        "# Does each alert go where it should? Made by `simlab export`.",
        "set -e",
    ]
    lines.append(f"amtool check-config {CONFIG}")
    return "\n".join([*lines, *tests]) + "\n"
