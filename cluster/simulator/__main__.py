"""`python -m cluster.simulator`: the simulated DigitalOcean on this machine until interrupted."""

from __future__ import annotations

import argparse
import contextlib
import random
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from cluster.simulator.cloud import TOKEN, SimulatedCloud
from cluster.simulator.faults import SeededFaults
from cluster.simulator.server import serving
from cluster.simulator.specification import Specification


def main() -> None:
    """The cloud has answered until Ctrl-C; what it cost and what was left are printed then."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=8585)
    arguments.add_argument("--seed", type=int, default=0, help="of latencies, ids and faults")
    arguments.add_argument("--fault-rate", type=float, default=0.0, help="how many of the calls go wrong, 0 to 1")
    arguments.add_argument("--specification", type=Path, help="DigitalOcean's OpenAPI document, to judge by")
    asked = arguments.parse_args()
    faults = SeededFaults(random.Random(asked.seed + 1), rate=asked.fault_rate)  # noqa: S311  faults are no secret
    cloud = SimulatedCloud(
        now=lambda: datetime.now(UTC),
        generator=random.Random(asked.seed),  # noqa: S311  ids of a simulation are no secret
        faults=faults,
        specification=Specification.read(asked.specification) if asked.specification else None,
    )
    with serving(cloud, port=asked.port) as end_point:
        sys.stdout.write(f"export DIGITALOCEAN_END_POINT={end_point} DIGITALOCEAN_TOKEN={TOKEN}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    judged = f"{len(cloud.spec_violations)} violations of the specification" if asked.specification else "not judged"
    sys.stdout.write(
        f"{len(cloud.calls)} calls, at most {cloud.max_calls_per_min()} a minute, ${cloud.cost_usd():.2f},"
        f" {judged}, left: {cloud.left()}\n"
    )


if __name__ == "__main__":
    main()
