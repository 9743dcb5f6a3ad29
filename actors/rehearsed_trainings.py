"""Trainings on machines that a rehearsal brings: on two of CPUs, and a session of the scheduler on a simulated GPU.

python -m actors.rehearsed_trainings workers|session

Both work on a record of random walks in a data folder of their own, on the head that `ray up` made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import ray
from pydantic import SecretStr

from actors.bootstrap import spawn
from actors.local import dismiss_actors
from actors.rehearsed_scheduler import LookBack, RehearsedScheduler
from actors.wiring import NAMESPACE, Training, Wiring, now
from adapters.postgres.machine_events import MachineEvents
from adapters.postgres.training_record import SessionRow, TrainingRecord
from adapters.record import alone
from adapters.settings import read_settings
from adapters.spend.costs import E6, lives
from tune.training_plan import SessionRules

MARK = "trained: "
HOME = Path("/var/lib/inplay-rehearsal")
SYMBOLS, SESSIONS = 30, 200
LIMIT_S = 400.0
RULES = SessionRules(
    budget_usd_per_month=58.0, hours=0.5, wait_s=240.0, gone_s=120.0, if_dearer=True, any_day=True
)  # fmt: skip


def bars(path: Path) -> None:
    """The file holds bars of random walks, from which nothing can be learned."""
    days, rng = pd.bdate_range("2012-01-03", periods=SESSIONS), np.random.default_rng(3)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (SESSIONS, SYMBOLS)), axis=0)).round(2)
    opens = (close * np.exp(rng.normal(0, 0.005, close.shape))).round(2)
    columns = {
        "symbol": np.tile([f"S{number:02}" for number in range(SYMBOLS)], SESSIONS),
        "date": np.repeat(days, SYMBOLS), "open": opens.ravel(),
        "high": (np.maximum(opens, close) * 1.01).round(2).ravel(),
        "low": (np.minimum(opens, close) * 0.99).round(2).ravel(),
        "close": close.ravel(), "volume": rng.integers(100_000, 900_000, close.size),
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_parquet(path, index=False)


def workers() -> dict[str, Any]:
    """`inplay train --workers 2`, as it is typed. Returns: what it told."""
    file = HOME / "bars.parquet"
    bars(file)
    _inplay("import", "bars", str(file))
    told: dict[str, Any] = json.loads(_inplay("train", "--workers", "2", "--json").splitlines()[-1])
    chosen = ("ensemble", "role", "rows", "device", "seconds")
    return {name: told[name] for name in chosen}


def _inplay(*words: str) -> str:
    command = [sys.executable, "-P", "-W", "ignore", "-m", "cli.main", *words]
    settings = {"INPLAY_HOME": str(HOME / "data"), "INPLAY_RAY_ADDRESS": "auto"}
    done = subprocess.run(
        command, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True, check=True, timeout=LIMIT_S
    )
    return done.stdout


def session() -> dict[str, Any]:
    """The session that the scheduler's actor holds. Returns: it, and all machines, as they are on record."""
    settings = read_settings(home=HOME / "data")
    with alone(settings, now=now()) as record:
        url = SecretStr(str(record.pool.conninfo))
        wiring = Wiring(settings.home, url, 10_000_000, training=Training(RULES, settings.spend_folder))
        scheduler = spawn(RehearsedScheduler, wiring, LookBack(record))
        found, reason = _held(TrainingRecord(record.pool))
        condition = scheduler.aside(RehearsedScheduler.condition).get(LIMIT_S)
        dismiss_actors()
        machines = lives(MachineEvents(record.pool).load(now() - timedelta(days=1)))
    return {
        "plan": reason, "scheduler": list(condition), "session": None if found is None else _facts(found),
        "machines": [
            {
                "name": one.start.label, "role": one.start.role, "size": one.start.size,
                "stopped": one.stopped_at is not None, "cost_usd": one.cost_usd(one.start.at, now()),
            }
            for one in machines
        ],
    }  # fmt: skip


def _held(record: TrainingRecord) -> tuple[SessionRow | None, str]:
    """The session once it has ended, and the last plan's reason; no session when none opened in time."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        found = record.sessions("gpu", 1)
        if found and found[0].state != "open":
            break
        time.sleep(1)
    plan = record.last_plan("gpu")
    return (found[0] if found else None), plan.reason if plan else ""


def _facts(found: SessionRow) -> dict[str, Any]:
    return {
        "state": found.state, "detail": found.detail, "device": found.device, "ensemble": found.ensemble_id,
        "machines_gone": found.machines_gone, "cost_usd": (found.cost_usd_e6 or 0) / E6,
        "gpu_busy_share": found.gpu_busy_share, "gpu_busy_source": found.gpu_busy_source,
    }  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1] == "session":
        ray.init(address="auto", namespace=NAMESPACE, log_to_driver=False, logging_level="error")
    sys.stdout.write(MARK + json.dumps({"workers": workers, "session": session}[sys.argv[1]]()) + "\n")
