"""A monitoring bundle around exported rules: Prometheus, Alertmanager and Grafana for one bot."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simlab.alerts.rule import Rule
from simlab.alerts.rules_file import rules_toml
from simlab.errors import ConfigError
from simlab.prometheus.export import RECORDING, RULES, UNPROVEN
from simlab.prometheus.grafana import JOB, dashboard
from simlab.prometheus.names import STEP_US
from simlab.prometheus.render import filled
from simlab.prometheus.routes import CONFIG

PROMETHEUS: Final = "prometheus.yml"
BOT_RULES: Final = "rules.toml"
DASHBOARD: Final = "grafana-dashboard.json"

_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")
_MOST_PORT: Final = 65_535


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Who listens where, as `HOST:PORT`.

    Attributes:
        bot: its metrics endpoint, which is scraped.
        prometheus: what Grafana asks.
        alertmanager: who is told of alerts.

    Raises:
        ConfigError: one is no address.
    """

    bot: str = "127.0.0.1:9100"
    prometheus: str = "127.0.0.1:9090"
    alertmanager: str = "127.0.0.1:9093"

    def __post_init__(self) -> None:
        """Refuse what cannot be listened on."""
        for name in ("bot", "prometheus", "alertmanager"):
            address = getattr(self, name)
            found = _ADDRESS.fullmatch(address)
            if found is None or not 0 < int(found[2]) <= _MOST_PORT:
                raise ConfigError(
                    f"--{name} {address!r}: expected HOST:PORT, such as 127.0.0.1:9100"
                )


def stack_files(
    stack: Stack, rules: Sequence[Rule], rule_files: Mapping[str, str]
) -> dict[str, str]:
    """The texts of the bundle's own files, by name.

    Args:
        stack: who listens where.
        rules: the bot's.
        rule_files: those that were exported.
    """
    names = [name for name in (RECORDING, RULES, UNPROVEN) if name in rule_files]
    config = filled(
        "prometheus.yml.j2", step_us=STEP_US, rule_files=names, job=JOB, bot=stack.bot,
        alertmanager=stack.alertmanager,
    )  # fmt: skip
    drawn = json.dumps(dashboard(rules), indent=2, ensure_ascii=False) + "\n"
    return {PROMETHEUS: config, BOT_RULES: rules_toml(rules), DASHBOARD: drawn}


def start_commands(stack: Stack) -> tuple[str, str, str]:
    """How to start the bot, Prometheus and Alertmanager, on loopback where they are there."""
    host, _, port = stack.bot.rpartition(":")
    at = "" if host in {"127.0.0.1", "localhost"} else f" --metrics-host {host.strip('[]')}"
    return (
        f"simlab run busy-day --clock wall --rules {BOT_RULES} --metrics-port {port}{at}",
        (
            f"prometheus --config.file={PROMETHEUS} --storage.tsdb.path=prometheus-data"
            f" --web.listen-address={stack.prometheus}"
        ),
        (
            f"alertmanager --config.file={CONFIG} --storage.path=alertmanager-data"
            f" --web.listen-address={stack.alertmanager} --cluster.listen-address="
        ),
    )
