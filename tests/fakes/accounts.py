"""What the made-up replay says of its accounts: balances, positions, orders, trades."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from serve.answers.portfolio import Account, Portfolio
from serve.report import ACCOUNT_LABELS
from serve.resources import (
    orders,
    portfolio,
    positions,
    trades,
)
from serve.resources.orders import Order, Orders
from serve.resources.positions import Position, Positions
from serve.resources.trades import Trade, Trades
from serve.schema import Book
from tests.fakes.replay import START_USD, SYMBOLS, Replay, sessions

BOOKS: tuple[Book, ...] = ("rule", "hybrid", "models", "challenger")

CURVES = ("rule", "hybrid", "benchmark", "models", "challenger")
"""In the order of `Replay.equity_usd`."""


def _portfolio(replay: Replay) -> Portfolio:
    return Portfolio(session=replay.session, accounts=[_account(replay, book) for book in BOOKS])


def _account(replay: Replay, book: Book) -> Account:
    held = [p for p in held_by(replay, book) if p.market_value_usd is not None]
    value = round(sum(p.market_value_usd or 0 for p in held), 2)
    curve = curve_of(replay, book)
    equity = curve[-1] if curve else START_USD
    return Account(
        book=book,
        title=ACCOUNT_LABELS[book],
        cash_usd=round(equity - value, 2),
        positions_usd=value,
        equity_usd=equity,
        start_equity_usd=START_USD,
        total_return=equity / START_USD - 1 if curve else None,
        drawdown=1 - equity / max([START_USD, *curve]) if curve else None,
        open_positions=len(held),
        state="trading",
    )


def curve_of(replay: Replay, name: str) -> list[float]:
    """Equity at each close, US dollars."""
    return [float(v) for v in replay.equity_usd[CURVES.index(name), : replay.done]]


def held_by(replay: Replay, book: Book) -> list[Position]:
    """Open positions of the account."""
    if not replay.session:
        return []
    picks = SYMBOLS[1:6] if book == "rule" else SYMBOLS[4:8]
    found = []
    for k, symbol in enumerate(picks):
        entry, last, shares = 20.0 + 7 * k, round((20.0 + 7 * k) * (1 + 0.011 * (k - 1)), 2), 100 - 10 * k
        found.append(
            Position(
                book=book,
                symbol=symbol,
                shares=shares,
                entry_session=sessions(replay.done)[-min(k + 2, replay.done)],
                entry_price_usd=entry,
                last_price_usd=last,
                market_value_usd=round(last * shares, 2),
                unrealised_usd=round((last - entry) * shares, 2),
                unrealised_return=last / entry - 1,
                stop_price_usd=round(entry * 0.94, 2),
                target_price_usd=round(entry * 1.1, 2),
                held_sessions=k + 1,
                reason="engulfing up on 2.4x volume; ensemble 0.63"
                if book == "hybrid"
                else "engulfing up on 2.4x volume",
            )
        )
    return found


def _positions(replay: Replay, book: Book | None, limit: int) -> Positions:
    found = [p for one in BOOKS if book in (None, one) for p in held_by(replay, one)]
    return Positions(session=replay.session, positions=found[:limit])


def _orders(replay: Replay, book: Book | None, limit: int) -> Orders:
    return Orders(orders=[_order(p) for one in BOOKS if book in (None, one) for p in held_by(replay, one)][:limit])


def _order(position: Position) -> Order:
    return Order(
        order_id=f"{position.book}-{position.entry_session}-{position.symbol}",
        book=position.book,
        symbol=position.symbol,
        side="buy",
        shares=position.shares,
        kind="on_open",
        decided_session=position.entry_session - timedelta(days=1),
        status="filled",
        filled_session=position.entry_session,
        fill_price_usd=position.entry_price_usd,
        commission_usd=1.0,
        reason=position.reason,
    )


def closed_by(replay: Replay, book: Book) -> list[Trade]:
    """Closed trades of the account, latest first."""
    days = sessions(100)
    found = []
    for k in range(5, replay.done):
        gain = float(replay.gains[4 * k + BOOKS.index(book)])
        entry = 15.0 + (k * 7) % 60
        leave = round(entry * (1 + gain), 2)
        found.append(
            Trade(
                book=book,
                symbol=SYMBOLS[(k * 5 + BOOKS.index(book)) % len(SYMBOLS)],
                direction="long",
                shares=80,
                entry_session=days[k - 4],
                entry_price_usd=entry,
                exit_session=days[k],
                exit_price_usd=leave,
                profit_usd=round(80 * (leave - entry) - 2, 2),
                trade_return=(leave - entry) / entry,
                held_sessions=4,
                entry_reason="hammer on 1.9x volume, above its 20-session average",
                exit_reason="target reached" if gain > 0.03 else "stop reached" if gain < -0.03 else "5 sessions held",
            )
        )
    return found[::-1]


def _trades(replay: Replay, book: Book | None, limit: int) -> Trades:
    found = [t for one in BOOKS if book in (None, one) for t in closed_by(replay, one)]
    found.sort(key=lambda t: (t.exit_session, t.book), reverse=True)
    return Trades(total=len(found), trades=found[:limit])


ANSWERS: Mapping[Any, Callable[..., Any]] = {
    portfolio.read: _portfolio,
    positions.read: _positions,
    orders.read: _orders,
    trades.read: _trades,
}
"""Reader -> what the replay answers in its place."""
