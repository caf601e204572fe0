"""A real Prometheus takes what the endpoint gives, hostile labels and all."""

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from simlab.telemetry.endpoint import serving
from simlab.telemetry.metrics import Metrics

from .cases import START_US, attempt

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs: [{{job_name: bot, static_configs: [{{targets: ["{target}"]}}]}}]
"""


def asked(port: int, query: str) -> list[dict[str, Any]]:
    """What an instant query gives; nothing while the server is not up yet."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/query?query={quote(query)}") as answer:
            result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
            return result
    except URLError:
        return []


@pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")
def test_prometheus_scrapes_all_series_and_reads_labels_as_they_were(tmp_path: Path) -> None:
    metrics = Metrics(rules=["slow"])
    errors = [f'"{number}"\n\\ é' for number in range(200)]
    for error in errors:
        metrics.emit(attempt(START_US, status="error", error=error))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(metrics.registry, port=0) as url:
        config = tmp_path / "prometheus.yml"
        config.write_text(
            CONFIG.format(target=url.removeprefix("http://").removesuffix("/metrics"))
        )
        server = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        )  # fmt: skip
        try:
            until = time.monotonic() + 30
            while not (told := asked(port, "inv_errors_total")) and time.monotonic() < until:
                time.sleep(0.2)
            assert {each["metric"]["error_type"] for each in told} == set(errors)
            assert [each["value"][1] for each in asked(port, "up")] == ["1"]
            quantiles = asked(port, "inv_batch_seconds")
            assert {each["metric"]["quantile"] for each in quantiles} == {"0.5", "0.95", "0.99"}
            assert all(abs(float(each["value"][1]) - 1) <= 0.01 for each in quantiles)
        finally:
            server.terminate()
            server.wait(10)
