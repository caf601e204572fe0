"""Write constraints.txt: what is installed now, by name and version alone."""

import re
from importlib.metadata import distributions
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "constraints.txt"
OURS = {"simlab", "pip", "setuptools", "wheel"}


def pins() -> list[str]:
    """One line a package, sorted; names in the form in which they are compared."""
    found = {
        re.sub(r"[-_.]+", "-", dist.metadata["Name"]).lower(): dist.version
        for dist in distributions()
    }
    return [f"{name}=={version}" for name, version in sorted(found.items()) if name not in OURS]


if __name__ == "__main__":
    head = "# What simlab is tested with. Written by `make constraints`; used by every set-up.\n"
    OUT.write_text(head + "\n".join(pins()) + "\n", encoding="utf-8")
