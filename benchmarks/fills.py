"""An independent check of fills and equity: each trade of the engine beside the same strategy in backtesting.py.

Both trade the moving-average cross of `benchmarks.crossing` on the same real bars, whole shares, at the next open and
without costs. Every fill (session, side, shares, price) and each symbol's final equity must be the same to the cent.
What isn't is explained by a rule that one of the two has and the other has not, worked out to the cent, or it stands as
unexplained and the check fails. The peer trades twice: by exact sums, as the engine's strategy, and by means of floats,
as most would write it, where the rounding of a mean decides whether equal averages crossed.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.crossing import FAST, SLOW, history_of, read_bars, shared_bars
from benchmarks.engine import CASH_CENTS, HERE, HOME, PEER_TIMEOUT_S, lived, prepared_peers
from benchmarks.measure import Table
from trading.engine.engine import Engine
from trading.engine.run import BarHistory
from trading.money import E4

SETTLED = "settled at the last close after five sessions without a bar; the peer holds on"
TIE = "both averages were exactly equal; the rounding of the peer's means makes a cross of it, or none"
Ties = Mapping[str, AbstractSet[str]]
"""By symbol, sessions at whose open a cross of two averages that were equal one or two bars before may fill."""


@dataclass(frozen=True, order=True)
class Fill:
    """One fill; `reason` is the engine's own word and no part of what is compared."""

    session: str
    side: str
    shares: int
    price_usd_e4: int
    reason: str = field(default="", compare=False)

    @property
    def cash_cents(self) -> int:
        """What the account got for it, negative for a purchase; 100 shares at 1/10,000 USD are whole cents."""
        return (1 if self.side == "sell" else -1) * self.shares * self.price_usd_e4 * 100 // E4


@dataclass(frozen=True)
class Traded:
    """What one symbol came to: its fills in order, and profit with what is held at its last close."""

    fills: tuple[Fill, ...]
    profit_cents: int


@dataclass(frozen=True)
class Difference:
    """Fills that only one side has, and by how much its profit is above the other's because of them."""

    symbol: str
    ours: tuple[Fill, ...]
    peers: tuple[Fill, ...]
    profit_cents: int
    cause: str


@dataclass
class FillsTable(Table):
    """The table with the figures that sum it up.

    Attributes:
        unexplained_cents: sum of the symbols' differences without a cause, without sign.
        unexplained_fills: likewise.
        differences: each symbol's, with the fills that only one side has, and the cause.
    """

    unexplained_cents: int = 0
    unexplained_fills: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)


def ours(engine: Engine, history: BarHistory) -> dict[str, Traded]:
    """What the engine did, by symbol, read from its journal."""
    fills: dict[str, list[Fill]] = {symbol: [] for symbol in history.instruments.symbols}
    for draft in engine.log.drafts():
        if draft.kind == "fill":
            told = draft.payload
            fills[told["symbol"]].append(
                Fill(str(draft.session), told["side"], told["shares"], told["price_usd_e4"], told["reason"])
            )
    last = {symbol: _last_close(history, number) for number, symbol in enumerate(history.instruments.symbols)}
    return {symbol: Traded(tuple(made), _profit_cents(made, last[symbol])) for symbol, made in fills.items()}


def _last_close(history: BarHistory, number: int) -> int:
    closes = history.close_usd_e4[history.volume[:, number] > 0, number]
    return int(closes[-1]) if len(closes) else 0


def _profit_cents(fills: Sequence[Fill], last_close_usd_e4: int) -> int:
    held = sum(fill.shares if fill.side == "buy" else -fill.shares for fill in fills)
    return sum(fill.cash_cents for fill in fills) + held * last_close_usd_e4 * 100 // E4


def peers(told: Mapping[str, Any]) -> dict[str, Traded]:
    """What the peer says that it did, by symbol."""
    return {
        one["symbol"]: Traded(
            tuple(sorted(Fill(day, side, shares, round(price * E4)) for day, side, shares, price in one["fills"])),
            round(one["final_usd"] * 100),
        )
        for one in told["symbols"]
    }


def ties_of(history: BarHistory) -> Ties:
    """Sessions whose fills may follow from a tie, by whole numbers and hence without rounding."""
    days = np.array([str(step.session) for step in history.steps])
    found = {}
    for number, symbol in enumerate(history.instruments.symbols):
        there = np.flatnonzero(history.volume[:, number] > 0)
        total = np.concatenate([[0], np.cumsum(history.close_usd_e4[there, number])])
        at = np.arange(SLOW, len(there) + 1)  # bars seen
        equal = at[(total[at] - total[at - FAST]) * SLOW == (total[at] - total[at - SLOW]) * FAST]
        fills = np.concatenate([equal, equal + 1])
        found[symbol] = frozenset(days[there[fills[fills < len(there)]]].tolist())
    return found


def difference(symbol: str, one: Traded, other: Traded, ties: AbstractSet[str] = frozenset()) -> Difference | None:
    """What the engine (`one`) and the peer did differently with a symbol, with the cause; None without any.

    Args:
        symbol: that both traded.
        one: by the engine.
        other: by the peer.
        ties: see `Ties`; none where the peer compares exact sums.
    """
    extra, lacking = Counter(one.fills) - Counter(other.fills), Counter(other.fills) - Counter(one.fills)
    profit_cents = one.profit_cents - other.profit_cents
    if not extra and not lacking and not profit_cents:
        return None
    only_ours = tuple(sorted(extra.elements()))
    only_peers = tuple(sorted(lacking.elements()))
    cause = _cause(only_ours, only_peers, profit_cents, ties)
    return Difference(symbol, only_ours, only_peers, profit_cents, cause)


def _cause(only_ours: Sequence[Fill], only_peers: Sequence[Fill], profit_cents: int, ties: AbstractSet[str]) -> str:
    """Named where every fill that differs follows from one rule and their cash is the whole difference in profit."""
    cash_cents = sum(one.cash_cents for one in only_ours) - sum(one.cash_cents for one in only_peers)
    if cash_cents != profit_cents:
        return ""
    if all(fill.session in ties for fill in (*only_ours, *only_peers)):
        return TIE
    settled = all(fill.reason == "settled" for fill in only_ours) and all(fill.side == "sell" for fill in only_peers)
    pairs = list(zip(only_ours, only_peers, strict=False))
    followed = len(only_ours) == len(only_peers) and all(left.session < right.session for left, right in pairs)
    return SETTLED if settled and followed else ""


def peer_fills(bars: Path, *, means: bool) -> tuple[dict[str, Any] | None, str]:
    """What the peer's process reports, or None and why."""
    command = [str(HOME / "bin" / "python"), str(HERE / "peers" / "backtesting_fills.py"), str(bars)]
    command += ["means"] if means else []
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PEER_TIMEOUT_S, env=environment)
    if done.returncode:
        return None, (done.stderr.strip() or "it ended without a word").splitlines()[-1][:200]
    return json.loads(done.stdout.splitlines()[-1]), ""


def compared(table: FillsTable, peer: str, left: Mapping[str, Traded], right: Mapping[str, Traded], ties: Ties) -> None:
    """The table has a row for the peer, and every difference between it and the engine.

    Raises:
        AssertionError: when one of them lacks a symbol that the other traded.
    """
    if left.keys() != right.keys():
        raise AssertionError(f"the contenders traded different symbols: {sorted(left.keys() ^ right.keys())[:5]}")
    looked = (difference(name, left[name], right[name], ties.get(name, frozenset())) for name in sorted(left))
    found = [odd for odd in looked if odd is not None]
    fills = sum(len(one.fills) for one in left.values())
    unexplained = [odd for odd in found if not odd.cause]
    table.unexplained_cents += sum(abs(odd.profit_cents) for odd in unexplained)
    table.unexplained_fills += sum(len(odd.ours) + len(odd.peers) for odd in unexplained)
    table.rows.append(
        {
            "work": peer,
            "fills": sum(len(one.fills) for one in right.values()),
            "profit_usd": f"{sum(one.profit_cents for one in right.values()) / 100:,.2f}",
            "fills_equal": fills - sum(len(odd.ours) for odd in found),
            "symbols_equal": len(left) - len(found),
            "engine_above_usd": f"{sum(odd.profit_cents for odd in found) / 100:,.2f}",
            "unexplained_usd": f"{sum(abs(odd.profit_cents) for odd in unexplained) / 100:,.2f}",
        }
    )
    table.differences.extend({"peer": peer, **_told(odd)} for odd in found)
    table.notes += [
        f"{peer}, {odd.symbol}: {odd.profit_cents / 100:+,.2f} USD, {odd.cause or 'unexplained'}" for odd in found
    ]


def _told(odd: Difference) -> dict[str, Any]:
    sides = {"ours": odd.ours, "peers": odd.peers}
    words = {
        name: [f"{one.session} {one.side} {one.shares} at {one.price_usd_e4 / E4:.4f}" for one in fills]
        for name, fills in sides.items()
    }
    return {"symbol": odd.symbol, **words, "profit_cents": odd.profit_cents, "cause": odd.cause}


def run() -> Table:
    """The table of this check.

    Raises:
        AssertionError: when a fill or a cent is unexplained.
    """
    table = FillsTable("fills", "each fill and the final equity of each symbol, engine and backtesting.py")
    path = shared_bars()
    why = "set INPLAY_SHARED to the folder that holds its data/" if path is None else prepared_peers()
    if path is None or why:
        table.notes.append(f"skipped: {why}")
        return table
    frame = read_bars(path)
    history = history_of(frame)
    engine, _ = lived(history)
    left = ours(engine, history)
    _add_ours(table, engine, left)
    bars = HOME / "bars.parquet"
    frame.to_parquet(bars)
    for means in (False, True):
        told, why = peer_fills(bars, means=means)
        if told is None:
            table.notes.append(f"skipped: backtesting.py is missing: {why}")
            return table
        name = f"backtesting {told['version']}{', float means' if means else ''}"
        compared(table, name, left, peers(told), ties_of(history) if means else {})
    if table.unexplained_cents or table.unexplained_fills:
        raise AssertionError(f"unexplained differences: {[one for one in table.differences if not one['cause']][:20]}")
    return table


def _add_ours(table: FillsTable, engine: Engine, left: Mapping[str, Traded]) -> None:
    cents = sum(one.profit_cents for one in left.values())
    if engine.account.cash_cents + engine.account.positions_cents - CASH_CENTS != cents:
        raise AssertionError("the account's equity isn't the sum of its fills; its ledger lies")
    fills = sum(len(one.fills) for one in left.values())
    table.rows.append({"work": "inplay", "fills": fills, "profit_usd": f"{cents / 100:,.2f}"})
