"""The directory that an export is."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

from simlab import __version__
from simlab.dataset.target import MARK, building, settle
from simlab.prometheus.export import RECORDING, RULES, UNPROVEN, Export
from simlab.prometheus.render import filled
from simlab.prometheus.routes import CONFIG, TEST, config, route_tests
from simlab.prometheus.unit_tests import MOST_SAMPLES

Target: TypeAlias = Literal["prometheus", "alertmanager-test"]

_WHAT: Final = {
    RULES: "the alerting rules",
    RECORDING: "what they need recorded",
    UNPROVEN: "alerts, and what they need recorded, that promtool cannot test",
    CONFIG: "an example of Alertmanager's routes",
    TEST: "whether each alert goes where it should, by amtool",
}


def write_export(made: Export, target: Target, path: Path, *, force: bool = False) -> None:
    """Write the files of an export, all or none.

    `prometheus` is all of them; `alertmanager-test` is the routes and their test.

    Raises:
        OutputError: something is there and `force` is not set, or it cannot be written.
    """
    files = _texts(made, target)
    with building(path, force=force) as work:
        folder = work / path.name
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        settle(folder, path)


def _texts(made: Export, target: Target) -> dict[str, str]:
    files = dict(made.files) if target == "prometheus" else {}
    files |= {CONFIG: config(), TEST: route_tests(made.alerts)}
    files["README.md"] = _readme(made, target, files)
    hashes = {
        name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
    }
    manifest = {"schema": 1, "kind": "export", "simlab": __version__, "sha256": hashes}
    return files | {MARK: json.dumps(manifest, indent=2) + "\n"}


def _readme(made: Export, target: Target, files: Mapping[str, str]) -> str:
    is_whole = target == "prometheus"
    told = {name: _WHAT.get(name, "tests for promtool, of one evaluation step") for name in files}
    commands = [f"sh {TEST}"]
    if is_whole:
        rules = " ".join(name for name in (RULES, RECORDING, UNPROVEN) if name in files)
        commands = [
            f"promtool check rules {rules}",
            *(f"promtool test rules {name}" for name in made.tests),
            *commands,
        ]
    return filled(
        "README.md.j2", title="Alerts for Prometheus" if is_whole else "Routes for Alertmanager",
        files=told, commands=commands, alerts=made.alerts if is_whole else (),
        tests=made.tests, unproven=made.unproven, most_samples=f"{MOST_SAMPLES:,}",
    )  # fmt: skip
