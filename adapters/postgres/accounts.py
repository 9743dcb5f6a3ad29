"""The accounts as a reader sees them: a fold of the journal that is kept and carried on, entry by entry.

Positions and trades come from the same `Account` that trades, so the two never disagree. A request costs what was
appended since the one before.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from typing import Literal

from adapters.postgres.pool import Pool, transaction
from adapters.postgres.projection import book_of
from trading.decisions.restrictions import standing
from trading.engine.account import Account
from trading.engine.fold import take
from trading.ledger.double_entry import GENESIS, Draft, draft_of
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import Past
from trading.risk.trade_history import TradeHistory


@dataclass(frozen=True)
class AccountView:
    """One account at the close of its latest session; amounts in cents.

    Attributes:
        session: None before the first mark, and the amounts are those of the deposit then.
        peak_cents: the highest equity of any close so far.
        waiting_orders: orders for the next session's open.
    """

    book: str
    session: date | None
    cash_cents: int
    positions_cents: int
    equity_cents: int
    start_cents: int
    peak_cents: int
    open_positions: int
    waiting_orders: int


@dataclass(frozen=True)
class HeldPosition:
    """A position as it stands.

    Attributes:
        shares: negative when short; cost and value likewise.
        stop_usd_e4: of its latest bracket, zero without one; the target likewise.
        held_sessions: sessions with a bar, the entry's counted.
    """

    symbol: str
    shares: int
    cost_cents: int
    value_cents: int
    last_close_usd_e4: int
    stop_usd_e4: int
    target_usd_e4: int
    entry_session: date
    held_sessions: int


@dataclass(frozen=True)
class PositionView:
    """An open position and why it was opened."""

    book: str
    position: HeldPosition
    entry_price_usd_e4: int
    reason: str


@dataclass(frozen=True)
class TradeView:
    """What one closing fill made of a position, or of the part of it that it closed.

    Attributes:
        direction: of the position.
        entry_price_usd_e4: per share as bought; after a split it is of more shares than were bought.
        profit_cents: net of the fees of both sides.
        cost_cents: what the shares cost, or a short sale brought, fees excluded.
        held_sessions: the entry's session counted.
        exit_reason: `stop`, `target`, `time`, `exit` by an order, `settled`.
    """

    book: str
    symbol: str
    direction: Literal["long", "short"]
    shares: int
    entry_session: date
    entry_price_usd_e4: int
    exit_session: date
    exit_price_usd_e4: int
    profit_cents: int
    cost_cents: int
    held_sessions: int
    entry_reason: str
    exit_reason: str


@dataclass(frozen=True)
class _Opening:
    """The fill that made a position out of nothing."""

    price_usd_e4: int
    session: date
    reason: str


class Accounts:
    """Reader of the journal for the HTTP interface. May be shared by threads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = threading.Lock()
        self._start_over()

    def accounts(self) -> list[AccountView]:
        """Every account, by name."""
        with self._turn:
            self._carry_on()
            return [self._account(account) for _, account in sorted(self._books.items())]

    def positions(self, book: str | None, limit: int) -> list[PositionView]:
        """Open positions by book and symbol, at most `limit`."""
        with self._turn:
            self._carry_on()
            views = [
                self._position(account, number)
                for name, account in sorted(self._books.items())
                if book in {None, name}
                for number in account.held().tolist()
            ]
            return views[:limit]

    def trades(self, book: str | None, limit: int) -> tuple[int, list[TradeView]]:
        """How many trades are closed, and the latest `limit` of them, latest first."""
        with self._turn:
            self._carry_on()
            chosen = [trade for trade in self._trades if book in {None, trade.book}]
            return len(chosen), chosen[: -limit - 1 : -1]

    def restrictions(self, limits: DecisionRules) -> dict[str, str]:
        """What its own past forbids each account at the latest close, in words; empty where it forbids nothing."""
        with self._turn:
            self._carry_on()
            return {name: self._restriction(account, limits) for name, account in self._books.items()}

    def _restriction(self, account: Account, limits: DecisionRules) -> str:
        equity = account.equity_cents
        past = Past(sessions=sorted(equity), equity_cents=equity, history=self._histories[account.name])
        found = standing(past, limits)
        return found.drawdown.reason

    def last_hash(self) -> str:
        """The hash of the journal's last entry."""
        with self._turn:
            self._carry_on()
            return self._hash

    def _start_over(self) -> None:
        self._seq, self._hash = 0, GENESIS
        self._books: dict[str, Account] = {}
        self._reasons: dict[str, str] = {}
        self._openings: dict[tuple[str, str], _Opening] = {}
        self._trades: list[TradeView] = []
        self._histories: dict[str, TradeHistory] = {}

    def _carry_on(self) -> None:
        """Entries that were appended meanwhile are in the fold; a journal that began anew is folded anew."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT hash FROM journal WHERE seq = %s", [self._seq])
            same = cursor.fetchone()
            if self._seq and (same is None or same[0] != self._hash):
                self._start_over()
            cursor.execute("SELECT seq, body, hash FROM journal WHERE seq > %s ORDER BY seq", [self._seq])
            for seq, body, digest in cursor:
                self._apply(draft_of(body))
                self._seq, self._hash = int(seq), str(digest)

    def _apply(self, draft: Draft) -> None:
        name, told = book_of(draft), draft.payload
        account = self._books.setdefault(name, Account(name))
        self._histories.setdefault(name, TradeHistory()).take(draft.kind, draft.session, told)
        if draft.kind == "order":
            self._reasons[told["order_id"]] = told["reason"]
        if draft.kind != "fill":
            take(account, draft)
            return
        number = account.instruments.number(told["symbol"])
        account.widen()
        held = int(account.shares[number])
        if held == 0:
            reason = self._reasons[told["order_id"]]
            self._openings[name, told["symbol"]] = _Opening(told["price_usd_e4"], draft.session, reason)
        elif (held > 0) == (told["side"] in {"sell", "sell_short"}):
            self._trades.append(self._trade(account, draft, held))
        take(account, draft)

    def _trade(self, account: Account, draft: Draft, held: int) -> TradeView:
        told = draft.payload
        opening = self._openings[account.name, told["symbol"]]
        given_up = next(p.amount_cents for p in draft.postings if ":position:" in p.account)
        return TradeView(
            book=account.name,
            symbol=told["symbol"],
            direction="long" if held > 0 else "short",
            shares=told["shares"],
            entry_session=opening.session,
            entry_price_usd_e4=opening.price_usd_e4,
            exit_session=draft.session,
            exit_price_usd_e4=told["price_usd_e4"],
            profit_cents=told["profit_cents"],
            cost_cents=abs(given_up),
            held_sessions=self._held_sessions(account, told["symbol"]) + 1,
            entry_reason=opening.reason,
            exit_reason=told["reason"],
        )

    def _held_sessions(self, account: Account, symbol: str) -> int:
        """Closed sessions since the entry: those with a bar if a bracket counted them, else all of them."""
        bracket = account.bracket_of(account.instruments.number(symbol))
        if bracket:
            return bracket["held_sessions"]
        return sum(session >= self._openings[account.name, symbol].session for session in account.equity_cents)

    def _position(self, account: Account, number: int) -> PositionView:
        symbol = account.instruments.symbols[number]
        opening, bracket = self._openings[account.name, symbol], account.bracket_of(number)
        held = HeldPosition(
            symbol=symbol,
            shares=int(account.shares[number]),
            cost_cents=int(account.cost_cents[number]),
            value_cents=int(account.values_cents[number]),
            last_close_usd_e4=int(account.last_usd_e4[number]),
            stop_usd_e4=bracket.get("stop_usd_e4", 0),
            target_usd_e4=bracket.get("target_usd_e4", 0),
            entry_session=opening.session,
            held_sessions=self._held_sessions(account, symbol),
        )
        return PositionView(account.name, held, opening.price_usd_e4, opening.reason)

    def _account(self, account: Account) -> AccountView:
        positions_cents = account.positions_cents
        return AccountView(
            book=account.name,
            session=max(account.equity_cents, default=None),
            cash_cents=account.cash_cents,
            positions_cents=positions_cents,
            equity_cents=account.cash_cents + positions_cents,
            start_cents=account.deposits_cents,
            peak_cents=max(account.equity_cents.values(), default=account.cash_cents),
            open_positions=len(account.held()),
            waiting_orders=len(account.orders.plain_rows()),
        )
