"""Bars a second of the whole engine, ledger included, against nautilus_trader, backtesting.py and vectorbt.

All trade the same strategy on the same bars of 505 stocks, in this run, each in a process of its own; the peers in an
environment of their own (`benchmarks/.peers`, made from `benchmarks/peers/requirements.lock`). Reading the bars and
starting up count for nobody; making the signals counts for everybody.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.crossing import Crossing, history_of, read_bars, shared_bars
from benchmarks.measure import Table, Timing, timed
from trading.engine.account import Account
from trading.engine.engine import Engine
from trading.engine.fees import FREE
from trading.engine.fills import FillModel
from trading.engine.rules import AccountRules, EngineRules
from trading.engine.run import BarHistory
from trading.engine.run import run as trade
from trading.ledger.double_entry import GENESIS

HERE = Path(__file__).parent
LOCK = HERE / "peers" / "requirements.lock"
HOME = HERE / ".peers"
PEERS = ("nautilus_trader", "backtesting", "vectorbt")
REPEATS = 3
PEER_TIMEOUT_S = 900
RULES = EngineRules(
    AccountRules(),
    FillModel(half_spread_tiers=(), half_spread_min_usd_e4=0, impact_bp=0, volume_share_bp=10_000, fees=FREE),
)
CASH_CENTS = 10**12
"""USD 10 billion: enough for 100 shares of everything, so that no order of one stock depends on another."""


@dataclass
class EngineTable(Table):
    """The table with the figures that sum it up.

    Attributes:
        bars_per_s: of the engine, the median of the repeats.
        peers: bars a second by name; None for one that could not be installed or run, and the notes say why.
    """

    bars_per_s: float = 0.0
    peers: dict[str, float | None] = field(default_factory=dict)
    ratio_to_nautilus: float | None = None
    ratio_to_vectorbt: float | None = None


def lived(history: BarHistory) -> tuple[Engine, str]:
    """The strategy has traded through the history; the hash of its journal's last entry."""
    engine = Engine(Account("benchmark", history.instruments), RULES)
    engine.deposit(history.steps[0], CASH_CENTS)
    trade(engine, Crossing(history.instruments), history)
    digest = GENESIS
    for body in engine.log.bodies(1):
        digest = hashlib.sha256((digest + body).encode()).hexdigest()
    return engine, digest


def prepared_peers() -> str:
    """The peers' environment holds what the lock names; returns why not, empty if it does."""
    python, stamp = HOME / "bin" / "python", HOME / "installed.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return ""
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(HOME)],
        [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return (done.stderr.strip() or done.stdout.strip()).splitlines()[-1][:200]
    stamp.write_text(wanted)
    return ""


def peer(name: str, bars: Path) -> tuple[dict[str, Any] | None, str]:
    """What the peer's process reports, or None and why."""
    script = HERE / "peers" / f"{name}_run.py"
    try:
        done = subprocess.run(
            [str(HOME / "bin" / "python"), str(script), str(bars)],
            capture_output=True, text=True, check=False, timeout=PEER_TIMEOUT_S, env={**os.environ, "PYTHONPATH": ""},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, f"it took more than {PEER_TIMEOUT_S} s"
    if done.returncode:
        return None, (done.stderr.strip() or "it ended without a word").splitlines()[-1][:200]
    return json.loads(done.stdout.splitlines()[-1]), ""


def run() -> Table:
    """The table of this benchmark; `ratio` says how many times as fast as each contender the engine is."""
    table = EngineTable("engine", "a moving-average cross over daily bars, one core each, the engine's ledger included")
    path = shared_bars()
    if path is None:
        table.notes.append("skipped: set INPLAY_SHARED to the folder that holds its data/")
        return table
    frame = read_bars(path)
    history = history_of(frame)
    timing = timed(lambda: lived(history), repeats=REPEATS)
    engine, digest = lived(history)
    profit_usd = (engine.account.cash_cents + engine.account.positions_cents - CASH_CENTS) / 100
    table.bars_per_s = len(frame) / timing.median_s
    table.add(
        "inplay",
        timing,
        bars_per_s=table.bars_per_s,
        trades=len(engine.account.trades),
        profit_usd=profit_usd,
        ratio=1.0,
    )
    table.notes.append(f"{len(frame):,} bars; {len(engine.log):,} journal entries, hashed; the last is {digest[:16]}")
    why = prepared_peers()
    bars = HOME / "bars.parquet"
    if not why:
        frame.to_parquet(bars)
    for name in PEERS:
        told, reason = (None, why) if why else peer(name, bars)
        _add_peer(table, name, told, reason, len(frame))
    nautilus, vectorbt = table.peers["nautilus_trader"], table.peers["vectorbt"]
    table.ratio_to_nautilus = table.bars_per_s / nautilus if nautilus else None
    table.ratio_to_vectorbt = table.bars_per_s / vectorbt if vectorbt else None
    return table


def _add_peer(table: EngineTable, name: str, told: dict[str, Any] | None, reason: str, bars: int) -> None:
    if told is None:
        table.peers[name] = None
        table.notes.append(f"{name} is missing: {reason}")
        return
    walls = told["walls_s"]
    timing = Timing(statistics.median(walls), min(walls), max(walls), len(walls), told["peak_mb"])
    speed = bars / timing.median_s
    table.peers[name] = speed
    table.add(
        f"{name} {told['version']}", timing, bars_per_s=speed, trades=told["trades"], profit_usd=told["profit_usd"],
        ratio=table.bars_per_s / speed,
    )  # fmt: skip
    table.notes.extend(f"{name}: {note}" for note in told["notes"])


if __name__ == "__main__":
    started = time.perf_counter()
    print(run().text(), f"\n{time.perf_counter() - started:.0f} s")
