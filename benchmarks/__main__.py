"""`python -m benchmarks [name …] [--json]`."""

from __future__ import annotations

import argparse
import importlib
from typing import cast

from benchmarks.measure import Table

NAMES = (
    "batch_analysis", "cluster", "daily_cycle", "daily_schedule", "daily_update", "distributed_fits", "engine",
    "false_alarms", "features", "fills", "footprint", "gates", "imports", "live_feed", "pattern_log", "scoring",
    "storage", "watching",
)  # fmt: skip


def main() -> None:
    """Every benchmark that was asked for has printed its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed against peers, as ratios.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(NAMES)}; all without one")
    parser.add_argument("--json", action="store_true", help="one JSON object a benchmark, each on a line")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark of the name {', '.join(unknown)}; there are {', '.join(NAMES)}")
    for name in given.names or NAMES:
        table = cast("Table", importlib.import_module(f"benchmarks.{name}").run())
        print(table.json() if given.json else table.text() + "\n", flush=True)


if __name__ == "__main__":
    main()
