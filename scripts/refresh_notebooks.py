"""Run notebooks anew, in place: their outputs change only when results do.

    python scripts/refresh_notebooks.py [NOTEBOOK...]

All of `notebooks/` by default. What differs from run to run without meaning anything (times of
execution, addresses in memory, ids of widgets) is left out, so that a notebook whose results are
as they were is the same to the byte.
"""

import re
import sys
import time
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

HERE: Final = Path(__file__).resolve().parent.parent / "notebooks"
WIDGET: Final = "application/vnd.jupyter.widget-view+json"
KERNEL: Final = {"display_name": "Python 3", "language": "python", "name": "python3"}
TIMEOUT_S: Final = 120
COLOURS: Final = 128
_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")


def refreshed(path: Path) -> bool:
    """Run a notebook; whether its file changed.

    Raises:
        CellExecutionError: a cell failed; the file is as it was.
    """
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    NotebookClient(
        notebook, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": HERE}}
    ).execute()
    after = plainly(notebook)
    if after != before:
        path.write_text(after, encoding="utf-8")
    return after != before


def plainly(notebook: Any) -> str:
    """The text of a notebook without what changes by itself."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    count = 0
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = [_plain(output, count) for output in cell.outputs]
    return str(nbformat.writes(notebook)) + "\n"


def _plain(output: Any, count: int) -> Any:
    if output.output_type == "execute_result":
        output.execution_count = count
    if "data" in output:
        # Without it a front end shows the picture, and not that there is no such widget.
        output.data.pop(WIDGET, None)
        output.metadata = {}
        if "image/png" in output.data:
            output.data["image/png"] = _smaller(output.data["image/png"])
        for kind in ("text/plain", "text/html"):
            if kind in output.data:
                output.data[kind] = _ADDRESS.sub(" at 0x0", output.data[kind])
    return output


def _smaller(encoded: str) -> str:
    """A picture of few colours, which charts are, as a third of its bytes."""
    picture = Image.open(BytesIO(b64decode(encoded)))
    if picture.mode == "P":
        return encoded
    few = picture.convert("RGB").quantize(
        COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
    )
    packed = BytesIO()
    few.save(packed, "png", optimize=True)
    return b64encode(packed.getvalue()).decode("ascii")


def main(names: list[str]) -> int:
    """Refresh notebooks; how many failed."""
    failed = 0
    for path in map(Path, names) if names else sorted(HERE.glob("*.ipynb")):
        started = time.perf_counter()
        try:
            told = "changed" if refreshed(path) else "as it was"
        except CellExecutionError as error:
            failed += 1
            told = f"FAILED: {error.ename}: {error.evalue}"
        print(f"{path.name}: {told}, {time.perf_counter() - started:.1f} s", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
