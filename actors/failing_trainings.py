"""Trainings on a GPU that fail, each in another way, so that a rehearsal sees whether their machine is let go.

python -m actors.failing_trainings
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import ray

from actors.training import run_within
from trading.errors import InplayError
from tune.fits.distributed import Workers, fit_distributed
from tune.on_ray.placements import Placements

MARK = "failed: "
HELD_S = 120.0
LIMIT_S = 10.0


def refused() -> str:
    """A training on a GPU that is a number in Ray's books: the worker refuses it. Returns: what was said."""
    rows = np.arange(400, dtype=np.float32).reshape(200, 2)
    try:
        fit_distributed(
            {"rounds": 2, "max_depth": 2}, "reg:squarederror", rows, rows[:, 0].astype(np.float64), seed=1,
            workers=Workers(actors=1, cpus=1, gpus=1),
        )  # fmt: skip
    except InplayError as error:
        return str(error)
    return ""


def hold(placements: Placements) -> None:
    """What a training does on a GPU for longer than it may."""
    placements.run(last, bundles=[{"CPU": 1, "GPU": 1}])


def last() -> None:
    """Ends long after the limit."""
    time.sleep(HELD_S)


def cancelled() -> dict[str, Any]:
    """A training that holds the GPU is ended at its limit, by killing its process. Returns: what was said and seen."""
    placements = Placements()
    with ThreadPoolExecutor(1) as beside:
        ended = beside.submit(run_within, LIMIT_S, hold, placements, placements=placements)
        reserved = False
        while not ended.done():
            reserved = reserved or "CREATED" in placements.states().values()
            time.sleep(0.1)
    return {"said": str(ended.exception()), "reserved": reserved, "left": len(placements.states())}


if __name__ == "__main__":
    ray.init(address="auto", namespace="rehearsal", log_to_driver=False, logging_level="warning")
    sys.stdout.write(MARK + json.dumps({"refused": refused(), "cancelled": cancelled()}) + "\n")
