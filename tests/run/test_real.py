"""A run in wall time comes near the one in virtual time, and only it needs a database."""

import subprocess
import sys
from pathlib import Path

import pytest

from simlab.run import run
from simlab.workload.source import source_of_profile

from .cases import injected, made, rules, short


def test_the_kpis_are_near_those_of_virtual_time(tmp_path: Path) -> None:
    """Outcomes are drawn, so they are the same; the median duration is that drawn, within a tenth."""
    source = source_of_profile(short(duration="5m"), seed=5)
    virtual = run(source, out=tmp_path / "virtual", rules=rules()).kpis
    real = run(source, out=tmp_path / "wall", rules=rules(), clock="wall", speed=60.0)
    for name in ("batch_success_rate", "retry_count"):
        assert real.kpis[name] == virtual[name]
    name = "inv_batch_seconds_p50"
    assert real.kpis[name] == pytest.approx(virtual[name], rel=0.1)
    assert set(real.kpis) - set(virtual) == {
        "lag_s", "overrun_ratio", "stock", "stock_moved", "stock_opening", "stock_reconciled",
    }  # fmt: skip
    assert real.kpis["stock"] == real.kpis["stock_opening"] + real.kpis["stock_moved"]
    assert real.real is not None
    assert real.real.overrun_ratio > 0.9
    assert not real.interrupted


def test_a_leak_and_a_burner_show_in_the_samples_of_the_real_process(tmp_path: Path) -> None:
    """Twice the profile's 60 MB are held at the end; at full strength 75 % of a core is burned."""
    leak = injected("memory_leak", "00:00", "4m", severity={"low": 1, "high": 1})
    burner = injected("cpu_saturation", "01:30", "2m", severity={"low": 1, "high": 1}, ramp="0s")
    changes = {"duration": "4m", "resources": {"mem_mb": 40}}
    calm = source_of_profile(short(**changes), seed=5)
    source = source_of_profile(short(leak, burner, **changes), seed=5)
    usual = run(calm, out=tmp_path / "calm", rules=rules(), clock="wall", speed=60.0).dataset
    ran = run(source, out=tmp_path / "a", rules=rules(), clock="wall", speed=60.0).dataset
    assert ran.samples is not None
    assert usual.samples is not None
    cpu, mem = ran.samples["cpu_percent"], ran.samples["mem_usage_mb"]
    assert float(cpu[7:13].max()) > float(usual.samples["cpu_percent"].median()) + 25  # type: ignore[arg-type]  # a number
    assert float(mem[-2]) - float(mem[0]) > 60


def test_a_virtual_run_imports_no_database(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from simlab.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'sqlalchemy', 'tenacity'} & set(sys.modules)), 'simlab.run' in sys.modules)"
    )
    arguments = ["run", "flat", "--for", "1m", "--out", str(tmp_path / "a")]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[] True"


def test_a_run_that_keeps_no_database_of_its_own_leaves_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mine.db'}"
    ran = made(tmp_path / "a", clock="wall", speed=300.0, for_s=60.0, db=url)
    assert not (ran.path / "inventory.db").exists()
    assert ran.real is not None
    again = made(tmp_path / "b", clock="wall", speed=300.0, for_s=60.0, db=url)
    assert again.real is not None
    assert again.real.stock.movements == ran.real.stock.movements
    assert again.real.stock.agrees
