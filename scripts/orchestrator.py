"""A short orchestrator: pages people and rolls a bot back, by the alerts in its log.

    python scripts/orchestrator.py runs/real

`simlab watch` does this and more from the command line. Here is what to begin with for your own:
replace `page` and `roll_back`.
"""

import argparse
import sys
from pathlib import Path

from simlab.clock import monotonic_s
from simlab.errors import SimlabError
from simlab.events import Alert
from simlab.report.inert import visible
from simlab.watch.follow import follow

COOLDOWN_S = 600.0
"""No second rollback for so long after one."""


def page(alert: Alert) -> None:
    """Tell people. An alert may come twice after a restart, with the same id."""
    if alert.state == "firing":
        value = "no data" if alert.value is None else f"{alert.value:g}"
        print(
            f"page: {visible(alert.rule)} is firing, {value} beyond {alert.threshold:g} ({visible(alert.alert_id)})"
        )
    else:
        print(f"page: {visible(alert.rule)} is over ({visible(alert.alert_id)})")


def roll_back(alert: Alert) -> None:
    """Put the last version back."""
    print(f"rolling back for {visible(alert.alert_id)}")


def main() -> None:
    """Follow the log until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log", type=Path, help="a log, its directory, or a run directory")
    parser.add_argument("--from-start", action="store_true", help="take what is there already")
    parser.add_argument("--once", action="store_true", help="end where the log ends")
    told = parser.parse_args()
    last_s = -COOLDOWN_S
    for alert in follow(told.log, since="start" if told.from_start else "end", once=told.once):
        if alert.held:  # its group has paged already
            continue
        page(alert)
        asked = alert.state == "firing" and alert.action_hint == "rollback"
        if asked and monotonic_s() - last_s >= COOLDOWN_S:
            roll_back(alert)
            last_s = monotonic_s()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except SimlabError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
