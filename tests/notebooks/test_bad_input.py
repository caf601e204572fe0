"""In a notebook, what a user can mend is a line that says how."""

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

MISTAKES = {
    "import simlab, pathlib; simlab.read(pathlib.Path('nowhere'))": "no such file or directory",
    "import simlab; simlab.load_profile('busy-dya')": "busy-day",
    "import simlab; simlab.backtest(simlab.draw(simlab.load_profile('strategy'), seed=1), "
    "simlab.strategy_rules()[2:])": "found no rule that can be judged",
}


@pytest.mark.parametrize("cell", MISTAKES)
def test_a_mistake_is_told_in_a_line(cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    ran = shell.run_cell(cell)
    told = capsys.readouterr().out
    assert ran.error_in_exec is not None
    assert MISTAKES[cell] in told
    assert len(told.strip().splitlines()) == 1
