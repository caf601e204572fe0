"""Choose alert thresholds for a batch bot from evidence, and know what its telemetry costs.

What people call from Python, gathered here and imported when first used:

    import simlab
    from pathlib import Path

    day = simlab.draw(simlab.load_profile("busy-day"), seed=7)
    rules = simlab.strategy_rules()
    simlab.backtest(day, rules)
    print(simlab.explain(day, rules))
    simlab.tune(day, rules)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simlab.alerts.rules_file import load_rules, strategy_rules
    from simlab.dataset.as_pandas import as_pandas
    from simlab.dataset.effect import effect
    from simlab.dataset.kpis import kpis
    from simlab.dataset.labels import read_labels
    from simlab.dataset.parts import parts_at
    from simlab.dataset.read import read
    from simlab.report.explained import explain
    from simlab.tuning.backtest import backtest
    from simlab.tuning.drift import drift
    from simlab.tuning.streamed import backtest_parts
    from simlab.tuning.tune import tune
    from simlab.workload.catalogue import profiles
    from simlab.workload.draw import draw
    from simlab.workload.fit.fit import fit
    from simlab.workload.fit.text import write_fitted
    from simlab.workload.generate import generate
    from simlab.workload.loading import load_profile
    from simlab.workload.plan import plan

__version__ = "0.1.0"
__all__ = [
    "as_pandas",
    "backtest",
    "backtest_parts",
    "draw",
    "drift",
    "effect",
    "explain",
    "fit",
    "generate",
    "kpis",
    "load_profile",
    "load_rules",
    "parts_at",
    "plan",
    "profiles",
    "read",
    "read_labels",
    "strategy_rules",
    "tune",
    "write_fitted",
]

_HOMES = {
    "as_pandas": "simlab.dataset.as_pandas",
    "backtest": "simlab.tuning.backtest",
    "backtest_parts": "simlab.tuning.streamed",
    "draw": "simlab.workload.draw",
    "drift": "simlab.tuning.drift",
    "effect": "simlab.dataset.effect",
    "explain": "simlab.report.explained",
    "fit": "simlab.workload.fit.fit",
    "generate": "simlab.workload.generate",
    "kpis": "simlab.dataset.kpis",
    "load_profile": "simlab.workload.loading",
    "load_rules": "simlab.alerts.rules_file",
    "parts_at": "simlab.dataset.parts",
    "plan": "simlab.workload.plan",
    "profiles": "simlab.workload.catalogue",
    "read": "simlab.dataset.read",
    "read_labels": "simlab.dataset.labels",
    "strategy_rules": "simlab.alerts.rules_file",
    "tune": "simlab.tuning.tune",
    "write_fitted": "simlab.workload.fit.text",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for, so that `import simlab` is quick."""
    if name not in _HOMES:
        raise AttributeError(f"module 'simlab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
