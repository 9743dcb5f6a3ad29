"""Paper trading on daily bars: what a session's bar does to the orders and positions of a book.

Orders placed at the close of session t fill at the open of the next session at the earliest. Nothing here reads a clock
or makes an id: the same orders and bars give the same journal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date

from trading.book import Book, Position
from trading.ledger import Draft, Posting
from trading.orders import Fill, FillModel, Order, Quote, cents


@dataclass(frozen=True)
class CorporateAction:
    """What happened to a symbol before the open of a session.

    Attributes:
        kind: `split` with its factor (new shares for old), or `break`: the prices before and after can't be joined (a
            spin-off, a lost history), so the position is settled at the last close before it.
    """

    symbol: str
    kind: str
    numerator: int = 1
    denominator: int = 1
    reason: str = ""


@dataclass(frozen=True)
class PaperRules:
    """The assumptions of the simulated broker.

    Attributes:
        fills: prices and commissions.
        settle_after_silent_sessions: a position whose symbol prints no bar for so long is settled at its last close and
            reported as such (merged away, delisted or lost by the feed).
    """

    fills: FillModel = field(default_factory=FillModel)
    settle_after_silent_sessions: int = 5


class PaperSession:
    """One session of one book: call `run` or `place`, then read `drafts` and `fills`.

    The book is changed as the drafts are made, each exactly as a later fold of the journal changes it. A bar without
    volume is no bar: nothing traded, so nothing fills and its prices mark nothing.
    """

    def __init__(self, book: Book, session: date, quotes: Mapping[str, Quote], rules: PaperRules) -> None:
        self._book = book
        self._session = session
        self._quotes = {symbol: quote for symbol, quote in quotes.items() if quote.volume > 0}
        self._rules = rules
        self.drafts: list[Draft] = []
        self.fills: list[Fill] = []

    def run(self, actions: Sequence[CorporateAction]) -> None:
        """Corporate actions, then orders at the open, then exits, then the mark at the close."""
        for action in sorted(actions, key=lambda a: (a.symbol, a.kind)):
            self._act(action)
        for order in list(self._book.pending.values()):
            self._enter(order)
        for position in sorted(self._book.positions.values(), key=lambda p: p.symbol):
            self._leave(position)
        self._mark()

    def place(self, orders: Sequence[Order]) -> None:
        """The orders in the journal, waiting for the next session's open."""
        for order in orders:
            self._add(Draft(order.order_id, self._session, "order", self._payload(**asdict(order))))

    def _payload(self, **facts: object) -> dict[str, object]:
        return {"book": self._book.name, **facts}

    def _add(self, draft: Draft) -> None:
        self._book.apply(draft)
        self.drafts.append(draft)

    def _act(self, action: CorporateAction) -> None:
        position = self._book.positions.get(action.symbol)
        if position is not None and action.kind == "split":
            self._split(position, action)
        elif position is not None:
            self._sell(position, "settled", position.last_close_usd_e4, 0)
        for order in list(self._book.pending.values()):
            if order.symbol == action.symbol:
                self._cancel(order, f"{action.kind} of {action.symbol} before the open: {action.reason}")

    def _split(self, position: Position, action: CorporateAction) -> None:
        """The position in new shares, a fraction of one paid out at the last close; less than one new share is sold."""
        whole, rest = divmod(position.shares * action.numerator, action.denominator)
        if whole == 0:
            self._sell(position, "settled", position.last_close_usd_e4, 0)
            return
        price_after = position.last_close_usd_e4 * action.denominator // action.numerator
        paid_cents = price_after * rest // (action.denominator * 100)
        name = self._book.name
        payload = self._payload(
            symbol=position.symbol,
            numerator=action.numerator,
            denominator=action.denominator,
            shares_after=whole,
            cost_after_cents=position.cost_cents - paid_cents,
        )
        postings = (
            Posting(f"{name}:position:{position.symbol}", -paid_cents, whole - position.shares),
            Posting(f"{name}:cash", paid_cents),
        )
        self._add(Draft(f"split:{self._session}:{name}:{position.symbol}", self._session, "split", payload, postings))

    def _cancel(self, order: Order, reason: str) -> None:
        payload = self._payload(order_id=order.order_id, symbol=order.symbol, reason=reason)
        self._add(Draft(f"cancel:{order.order_id}", self._session, "cancel", payload))

    def _enter(self, order: Order) -> None:
        """The order filled at the open for the shares that the cash pays for, or cancelled with the reason."""
        if order.symbol in self._book.positions:
            self._cancel(order, "the symbol is held already")
            return
        quote = self._quotes.get(order.symbol)
        if quote is None:
            self._cancel(order, "no trade in the session that the order waited for")
            return
        model = self._rules.fills
        price = model.market_price(quote.open_usd_e4, "buy")
        shares = min(order.shares, self._affordable(price))
        if shares <= 0:
            self._cancel(order, "the cash does not pay for one share at the open")
            return
        commission = model.commission_cents(price, shares)
        cost = cents(price, shares)
        name = self._book.name
        fill = Fill(f"{order.order_id}:fill", order.order_id, order.symbol, "buy", shares, price, commission,
                    price - quote.open_usd_e4, "entry")  # fmt: skip
        payload = self._payload(**asdict(fill), shares_ordered=order.shares)
        postings = (
            Posting(f"{name}:position:{order.symbol}", cost, shares),
            Posting(f"{name}:commission", commission),
            Posting(f"{name}:cash", -cost - commission),
        )
        self._add(Draft(fill.fill_id, self._session, "fill", payload, postings))
        self.fills.append(fill)

    def _affordable(self, price_usd_e4: int) -> int:
        """The largest number of shares that cash pays for, commission included; zero if none."""

        def need_cents(shares: int) -> int:
            return cents(price_usd_e4, shares) + self._rules.fills.commission_cents(price_usd_e4, shares)

        at_most = self._book.cash_cents * 100 // price_usd_e4
        return bisect_right(range(1, at_most + 2), self._book.cash_cents, key=need_cents)

    def _leave(self, position: Position) -> None:
        """The position's exit in this bar, if its time is up or its bracket is hit."""
        quote = self._quotes.get(position.symbol)
        if quote is None:
            if position.silent_sessions + 1 >= self._rules.settle_after_silent_sessions:
                self._sell(position, "settled", position.last_close_usd_e4, 0)
            return
        model = self._rules.fills
        if position.held_sessions >= position.hold_sessions:
            price = model.market_price(quote.open_usd_e4, "sell")
            self._sell(position, "time", price, quote.open_usd_e4 - price)
            return
        leaving = model.bracket_exit(quote, position.stop_usd_e4, position.target_usd_e4)
        if leaving is not None:
            kind, price = leaving
            tape = min(quote.open_usd_e4, position.stop_usd_e4) if kind == "stop" else price
            self._sell(position, kind, price, tape - price)

    def _sell(self, position: Position, reason: str, price_usd_e4: int, slippage_usd_e4: int) -> None:
        """The whole position sold; the profit it reports is net of both commissions."""
        name = self._book.name
        commission = self._rules.fills.commission_cents(price_usd_e4, position.shares)
        proceeds = cents(price_usd_e4, position.shares)
        profit = proceeds - position.cost_cents
        leg = f"{position.entry_order_id}:{reason}"
        fill = Fill(f"{leg}:fill", leg, position.symbol, "sell", position.shares,
                    price_usd_e4, commission, slippage_usd_e4, reason)  # fmt: skip
        payload = self._payload(**asdict(fill), profit_cents=profit - commission - position.entry_commission_cents)
        postings = (
            Posting(f"{name}:cash", proceeds - commission),
            Posting(f"{name}:commission", commission),
            Posting(f"{name}:position:{position.symbol}", -position.cost_cents, -position.shares),
            Posting(f"{name}:realised", -profit),
        )
        self._add(Draft(fill.fill_id, self._session, "fill", payload, postings))
        self.fills.append(fill)

    def _mark(self) -> None:
        """Equity at the close: cash plus every position at its last print."""
        held = sorted(self._book.positions)
        closes = {symbol: self._quotes[symbol].close_usd_e4 for symbol in held if symbol in self._quotes}
        equity = self._book.cash_cents + sum(
            cents(closes.get(position.symbol, position.last_close_usd_e4), position.shares)
            for position in self._book.positions.values()
        )
        payload = self._payload(closes_usd_e4=closes, cash_cents=self._book.cash_cents, equity_cents=equity)
        self._add(Draft(f"mark:{self._session}:{self._book.name}", self._session, "mark", payload))
