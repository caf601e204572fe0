"""The directory that an export is."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Literal, TypeAlias

from simlab import __version__
from simlab.alerts.rule import Rule
from simlab.dataset.target import MARK, building, settle
from simlab.prometheus.export import RECORDING, RULES, UNPROVEN, Export
from simlab.prometheus.names import STEP_US
from simlab.prometheus.render import filled
from simlab.prometheus.routes import CONFIG, TEST, config, route_tests
from simlab.prometheus.stack import (
    BOT_RULES,
    DASHBOARD,
    PROMETHEUS,
    Stack,
    stack_files,
    start_commands,
)
from simlab.prometheus.unit_tests import MOST_SAMPLES

Target: TypeAlias = Literal["prometheus", "alertmanager-test", "stack"]

_WHAT: Final = {
    RULES: "the alerting rules",
    RECORDING: "what they need recorded",
    UNPROVEN: "alerts, and what they need recorded, that promtool cannot test",
    CONFIG: "an example of Alertmanager's routes",
    TEST: "whether each alert goes where it should, by amtool",
    PROMETHEUS: "what Prometheus scrapes, and where it finds the rules and Alertmanager",
    BOT_RULES: "the bot's rules, for `simlab run --rules`",
    DASHBOARD: "a dashboard for Grafana, over the same metrics",
}


def write_export(
    made: Export,
    target: Target,
    path: Path,
    *,
    force: bool = False,
    rules: Sequence[Rule] = (),
    stack: Stack | None = None,
) -> None:
    """Write the files of an export, all or none.

    `prometheus` is all of them; `alertmanager-test` is the routes and their test; `stack` is all
    of them and what starts Prometheus, Alertmanager and Grafana with them.

    Args:
        made: what was exported.
        target: what for.
        path: the directory.
        force: replace what is there.
        rules: the bot's, for a stack.
        stack: who listens where, for a stack; the usual ports by default.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be written.
    """
    bundle = (stack or Stack()) if target == "stack" else None
    files = _texts(made, target, rules, bundle)
    with building(path, force=force) as work:
        folder = work / path.name
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        settle(folder, path)


def _texts(
    made: Export, target: Target, rules: Sequence[Rule], stack: Stack | None
) -> dict[str, str]:
    files = {} if target == "alertmanager-test" else dict(made.files)
    if stack is not None:
        files |= stack_files(stack, rules, made.files)
    files |= {CONFIG: config(), TEST: route_tests(made.alerts)}
    files["README.md"] = _readme(made, target, files, stack)
    hashes = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
    }
    manifest = {"schema": 1, "kind": "export", "simlab": __version__, "sha256": hashes}
    return files | {MARK: json.dumps(manifest, indent=2) + "\n"}


_TITLES: Final = {
    "prometheus": "Alerts for Prometheus",
    "alertmanager-test": "Routes for Alertmanager",
    "stack": "Monitoring for one bot",
}


def _readme(made: Export, target: Target, files: Mapping[str, str], stack: Stack | None) -> str:
    is_whole = target != "alertmanager-test"
    told = {name: _WHAT.get(name, "tests for promtool, of one evaluation step") for name in files}
    commands = [f"sh {TEST}"]
    if is_whole:
        rules = " ".join(name for name in (RULES, RECORDING, UNPROVEN) if name in files)
        commands = [
            *([f"promtool check config {PROMETHEUS}"] if stack is not None else []),
            f"promtool check rules {rules}",
            *(f"promtool test rules {name}" for name in made.tests),
            *commands,
        ]
    return filled(
        "README.md.j2", title=_TITLES[target], files=told, commands=commands, step_us=STEP_US,
        start=() if stack is None else start_commands(stack),
        prometheus="" if stack is None else stack.prometheus, alerts=made.alerts if is_whole else (),
        tests=made.tests, unproven=made.unproven, most_samples=f"{MOST_SAMPLES:,}",
    )  # fmt: skip
