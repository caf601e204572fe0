"""The strategy's generator: 10,000 rows of synthetic logs, by default in data/fake_logs.json.

Four columns as the strategy has them, one JSON object a line: `timestamp` within the last
86,400 seconds, `duration` from 0.05 to 2.5 s, `status` and `warehouse_id`, evenly drawn.
"""

import argparse
import sys
from pathlib import Path

from simlab.clock import utc_now_us
from simlab.errors import SimlabError
from simlab.workload.generate import generate
from simlab.workload.loading import load_profile, starting, with_rows

DEFAULT_OUT = Path(__file__).resolve().parent.parent / "data" / "fake_logs.json"
DAY_US = 86_400_000_000


def main() -> None:
    """Write the rows where the arguments say, replacing what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    told = parser.parse_args()
    profile = with_rows(load_profile("strategy"), told.rows)
    last_day = starting(profile, utc_now_us() - DAY_US)
    made = generate(last_day, seed=told.seed, out=told.out, force=True)
    print(f"{made.path}: {made.rows:,} rows")


if __name__ == "__main__":
    try:
        main()
    except SimlabError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
