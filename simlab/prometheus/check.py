"""An export put before Prometheus' own tools."""

from pathlib import Path

from simlab.prometheus.export import RECORDING, RULES, UNPROVEN, Export
from simlab.prometheus.folder import Target
from simlab.prometheus.routes import CONFIG, route_test
from simlab.prometheus.stack import PROMETHEUS
from simlab.prometheus.tool import Verdict, asked


def check(made: Export, target: Target, folder: Path) -> tuple[Verdict, ...]:
    """What promtool and amtool say of the files of an export; each is asked where it is installed.

    Alerts that go the same way by the same labels are tested once.
    """
    verdicts = [] if target == "alertmanager-test" else _of_rules(made, folder)
    if target == "stack":
        verdicts.insert(0, asked("promtool", "check", "config", PROMETHEUS, within=folder))
    verdicts.append(asked("amtool", "check-config", CONFIG, within=folder))
    routed = {tuple(sorted(alert.labels.items())): alert for alert in made.alerts}
    verdicts += [asked("amtool", *route_test(alert), within=folder) for alert in routed.values()]
    return tuple(verdicts)


def _of_rules(made: Export, folder: Path) -> list[Verdict]:
    files = [name for name in (RULES, RECORDING, UNPROVEN) if name in made.files]
    return [
        asked("promtool", "check", "rules", *files, within=folder),
        *(asked("promtool", "test", "rules", name, within=folder) for name in made.tests),
    ]
