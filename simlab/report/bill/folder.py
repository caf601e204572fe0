"""The bill on disk: a page, a text, and the study itself to go on with."""

from pathlib import Path
from typing import Final

import msgspec

from simlab import __version__
from simlab.bench.findings import Findings
from simlab.bench.study import Study
from simlab.dataset.target import MARK, building, settle
from simlab.report.bill.page import bill_page, bill_text

JSON: Final = "report.json"


def write_bill(study: Study, found: Findings, out: Path, *, force: bool = False) -> None:
    """Write `report.html`, `report.md` and `report.json` into a directory, whole or not at all.

    Raises:
        OutputError: it exists and `force` is not set, is not simlab's to replace, or cannot be
            written.
    """
    with building(out, force=force) as folder:
        made = folder / out.name
        made.mkdir()
        (made / "report.html").write_text(bill_page(study, found), encoding="utf-8")
        (made / "report.md").write_text(bill_text(study, found), encoding="utf-8")
        (made / JSON).write_bytes(_json({"study": study, "findings": found}))
        (made / MARK).write_bytes(_json({"kind": "bench", "simlab": __version__}))
        settle(made, out)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
