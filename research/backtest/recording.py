"""What a backtest's journal says of an account, as the record that figures and report are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np

from research.backtest.recorded import Recorded
from research.backtest.running import Backtested
from research.backtest.uncertain import guesses, settled
from trading.arrays import Floats
from trading.bars.panel import Panel
from trading.decisions.arms import ARMS, Arm
from trading.decisions.book_view import Decision
from trading.engine.account import Account
from trading.engine.fold import take
from trading.errors import BadDataError
from trading.ledger.double_entry import Draft, draft_of
from trading.market.benchmark import BENCHMARK, equal_weight
from trading.money import E4, cents
from trading.performance.record import AccountRecord, Trades

SPY = "SPY"
CLOSING = frozenset({"sell", "buy_to_cover"})


@dataclass(frozen=True)
class _Trade:
    """One closing fill; see `Trades`."""

    symbol: str
    direction: int
    decided: date
    opened: date
    closed: date
    shares: int
    cost_usd: float
    profit_usd: float
    exit_kind: str
    patterns: str
    catalyst: int
    trend: str
    volatility: str
    driver: str
    decided_by: str


def account_record(done: Backtested, recorded: Recorded, name: str, decides_by: Arm) -> AccountRecord:
    """What happened in the account `name`.

    Args:
        done: the backtest.
        recorded: what it ran on, for the benchmark.
        name: of the account.
        decides_by: the system that it follows.

    Raises:
        BadDataError: when no session was traded.
    """
    if not done.sessions:
        raise BadDataError("no session was traded, so there is nothing to report")
    drafts = [draft for draft in (draft_of(entry.body) for entry in done.entries) if _account_of(draft) == name]
    start_usd = sum(draft.payload["amount_cents"] for draft in drafts if draft.kind == "deposit") / 100
    account, long_usd, short_usd = _folded(name, drafts, done.sessions)
    trades = _trades(drafts, done, name, decides_by)
    benchmark_name, benchmark_usd = _benchmark(recorded, done.sessions, start_usd)
    equity = [account.equity_cents[session] / 100 for session in done.sessions]
    return AccountRecord(
        name=name,
        sessions=np.array(done.sessions, dtype="datetime64[D]"),
        equity_usd=np.array([start_usd, *equity]),
        benchmark_name=benchmark_name,
        benchmark_usd=np.array([start_usd, *benchmark_usd]),
        long_usd=long_usd,
        short_usd=short_usd,
        traded_usd=_by_session(drafts, done.sessions, _traded_usd),
        costs_usd=_by_session(drafts, done.sessions, _costs_usd),
        trades=_columns(trades),
        open_trades=len(account.held()),
        refused=dict(sorted(Counter(_obstacles(drafts)).items())),
        models={model: str(since) for model, since in done.decided_from.items()}
        if ARMS[decides_by].asks == "champion"
        else {},
        settled=tuple(settled(drafts)),
        guesses=tuple(guesses(drafts)),
    )


def _champions(done: Backtested) -> dict[str, str]:
    return {model: str(since) for model, since in done.decided_from.items()}


def _account_of(draft: Draft) -> str:
    return str(draft.payload["book"])


def _folded(name: str, drafts: Sequence[Draft], sessions: Sequence[date]) -> tuple[Account, Floats, Floats]:
    """The account at the end, and its long and short value in USD at each close."""
    account, values = Account(name), {}
    for draft in drafts:
        take(account, draft)
        if draft.kind == "mark" and draft.payload["ends_session"]:
            held = account.values_cents
            values[draft.session] = (int(held[held > 0].sum()) / 100, -int(held[held < 0].sum()) / 100)
    long_usd, short_usd = np.array([values[session] for session in sessions], dtype=np.float64).T
    return account, long_usd, short_usd


def _by_session(drafts: Sequence[Draft], sessions: Sequence[date], value_usd: Any) -> Floats:
    sums: dict[date, float] = dict.fromkeys(sessions, 0.0)
    for draft in drafts:
        sums[draft.session] += value_usd(draft)
    return np.array(list(sums.values()))


def _traded_usd(draft: Draft) -> float:
    told = draft.payload
    if draft.kind != "fill" or told["reason"] == "settled":
        return 0.0
    price_usd_e4, shares = int(told["price_usd_e4"]), int(told["shares"])
    return cents(price_usd_e4, shares) / 100


def _costs_usd(draft: Draft) -> float:
    """Commission, fees and slippage of a fill; borrowing and interest as booked."""
    told = draft.payload
    if draft.kind == "fill":
        slippage = told["slippage_usd_e4"] * told["shares"] / E4
        return float((told["commission_cents"] + told["fees_cents"]) / 100 + slippage)
    if draft.kind in {"borrow", "interest"}:
        return -sum(p.amount_cents for p in draft.postings if p.account.endswith(":cash")) / 100
    return 0.0


def _obstacles(drafts: Sequence[Draft]) -> list[str]:
    """Why orders were refused, or ended unfilled; a bracket's other leg is no order that came to nothing."""
    told = [draft.payload for draft in drafts if draft.kind == "refuse"]
    told += [d.payload for d in drafts if d.kind == "cancel" and d.payload["leg"] not in {"stop", "target", "time"}]
    return [str(payload["reason"]) for payload in told]


def _trades(drafts: Sequence[Draft], done: Backtested, name: str, decides_by: Arm) -> list[_Trade]:
    decisions = {
        f"order:{d.session}:{d.book}:{d.candidate.symbol}": d for d in done.decisions if d.book == name and d.shares
    }
    opened: dict[str, date] = {}
    ordered = {d.payload["order_id"]: d.session for d in drafts if d.kind == "order"}
    found = []
    for draft in drafts:
        if draft.kind != "fill":
            continue
        told = draft.payload
        if told["side"] not in CLOSING:
            opened.setdefault(told["order_id"], draft.session)
            continue
        entry = told["entry_order_id"]
        decision = decisions.get(entry)
        context = _context(decision, done, decides_by)
        found.append(_closed(draft, opened.get(entry, draft.session), ordered.get(entry, draft.session), context))
    return found


def _context(decision: Decision | None, done: Backtested, decides_by: Arm) -> dict[str, Any]:
    """What was known at the decision; unknown where the position was opened before the backtest."""
    if decision is None:
        unknown = dict.fromkeys(("trend", "volatility", "driver"), "unknown")
        source = "ensemble" if ARMS[decides_by].asks else "rule"
        return {"patterns": "", "catalyst": -1, "decided_by": source, **unknown}
    regime = done.regimes[decision.session]
    return {
        "patterns": " ".join(decision.candidate.patterns),
        "catalyst": done.catalysts[decision.session].get(decision.candidate.symbol, -1),
        "trend": regime.trend or "unknown",
        "volatility": regime.volatility or "unknown",
        "driver": regime.driver or "unknown",
        "decided_by": decision.verdict.source,
    }


def _closed(draft: Draft, opened: date, decided: date, context: dict[str, Any]) -> _Trade:
    told = draft.payload
    cost_cents = next(p.amount_cents for p in draft.postings if ":position:" in p.account)
    return _Trade(
        symbol=told["symbol"], direction=1 if told["side"] == "sell" else -1, decided=decided, opened=opened,
        closed=draft.session, shares=told["shares"], cost_usd=abs(cost_cents) / 100,
        profit_usd=told["profit_cents"] / 100, exit_kind=told["reason"], **context,
    )  # fmt: skip


def _columns(trades: Sequence[_Trade]) -> Trades:
    def column(name: str, kind: str) -> Any:
        return np.array([getattr(trade, name) for trade in trades], dtype=kind)

    kinds = {"direction": "int8", "catalyst": "int8", "shares": "int64", "cost_usd": "float64", "profit_usd": "float64"}
    kinds |= dict.fromkeys(("decided", "opened", "closed"), "datetime64[D]")
    return Trades(**{field.name: column(field.name, kinds.get(field.name, "str")) for field in fields(_Trade)})


def _benchmark(recorded: Recorded, sessions: Sequence[date], start_usd: float) -> tuple[str, list[float]]:
    """SPY where it was printed in every session of the backtest, else the universe in equal weights."""
    panel = Panel.from_arrow(recorded.bars)
    spy = panel.take(np.flatnonzero(panel.row_symbols == SPY))
    name = BENCHMARK
    if np.isin(np.array(sessions, dtype="datetime64[D]"), spy.sessions).all():
        name, panel = f"{SPY} buy and hold", spy
    return name, equal_weight(panel, recorded.splits, recorded.breaks, sessions, start_usd)
