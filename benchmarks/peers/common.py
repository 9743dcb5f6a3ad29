"""What the peers' processes share. They run in an environment without inplay, so nothing of it is imported here."""

import json
import resource
import time
from collections.abc import Callable

import pandas as pd

FAST, SLOW, SHARES = 10, 30, 100
CASH_USD = 10_000_000_000


def read(path: str) -> pd.DataFrame:
    """The bars, by symbol and session."""
    frame = pd.read_parquet(path)
    frame["date"] = pd.to_datetime(frame["date"])
    return frame


def report(version: str, trial: Callable[[], tuple[int, float]], repeats: int, notes: list[str], *, warm: bool) -> None:
    """The trial's wall times, trades and profit are on standard output as one line of JSON."""
    if warm:
        trial()
    walls, trades, profit_usd = [], 0, 0.0
    for _ in range(repeats):
        started = time.perf_counter()
        trades, profit_usd = trial()
        walls.append(time.perf_counter() - started)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"version": version, "walls_s": walls, "trades": trades, "profit_usd": profit_usd, "notes": notes}
    print(json.dumps({**told, "peak_mb": peak_mb}))
