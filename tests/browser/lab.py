"""JupyterLab on loopback, on a copy of the notebooks, in headless Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "only-on-loopback"
STARTED_S = 90
RUN_MS = 180_000
READY = """() => {
    const shown = window.jupyterapp?.shell.currentWidget;
    return shown?.sessionContext?.isReady && shown.content.widgets.length > 5;
}"""


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a copy of the notebooks from a folder; its address, until the block ends."""
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    port = _free_port()
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
    env |= {name: str(folder / f".{name.lower()}") for name in places}
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1",
                f"--port={port}", "--ServerApp.port_retries=0", "--allow-root",
                f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}",
                "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None",
            ],
            env=env, cwd=folder, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", server, folder / "lab.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def opened(page: Any, address: str, notebook: str) -> None:
    """Open a notebook, and wait until its kernel is ready."""
    page.goto(f"{address}/lab/tree/notebooks/{notebook}?token={TOKEN}")
    page.wait_for_function(READY, timeout=STARTED_S * 1000)


def run_all(page: Any) -> None:
    """Run all cells, and wait until the last has run."""
    page.set_default_timeout(RUN_MS)
    # The command's promise is kept when the last cell has run; "Idle" comes and goes before.
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.set_default_timeout(30_000)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + STARTED_S
    while time.monotonic() < until and server.poll() is None:
        try:
            urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text(errors='replace')[-2000:]}")
