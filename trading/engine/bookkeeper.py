"""Writes what happens to an account and lets it happen, both from the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from json.encoder import encode_basestring_ascii as in_quotes
from typing import Any

import numpy as np

from trading.arrays import Flags, Ints
from trading.engine.account import Account, Fills
from trading.engine.bars import CorporateAction, Step
from trading.engine.entries import Log, fill_heads, mark_head, order_heads
from trading.engine.fees import FeeSchedule
from trading.engine.open_orders import (
    LEG_NAMES,
)
from trading.engine.requests import BUY_TO_COVER, SELL, SIDES, OrderRequests
from trading.errors import ConfigurationError, LedgerError
from trading.ledger.double_entry import Draft, Posting
from trading.money import cents


class Bookkeeper:
    """The only writer of an account. Every method adds its entries to `log` and changes the account accordingly."""

    def __init__(self, account: Account, fees: FeeSchedule) -> None:
        self.account = account
        self.log = Log()
        self._fees = fees
        if not account.name.replace("_", "").replace("-", "").isalnum():
            raise ConfigurationError(f"{account.name!r} can't name an account: letters, digits, - and _ only")
        self._book = in_quotes(account.name)

    def draft(
        self, kind: str, command_id: str, step: Step, postings: Sequence[Posting] = (), **facts: Any
    ) -> None:  # fmt: skip
        """An entry of a rare kind is in the log."""
        payload = {"book": self.account.name, "at": step.at.isoformat(), **facts}
        self.log.add_draft(Draft(command_id, step.session, kind, payload, tuple(postings)))

    def deposit(self, step: Step, amount_cents: int) -> None:
        """The account has so much more cash."""
        self.log.add_draft(deposit(self.account.name, step.session, amount_cents))
        self.account.take_deposit(amount_cents)

    def orders(self, step: Step, requests: OrderRequests, terms: Ints, reference_usd_e4: Ints) -> None:
        """The orders are open."""
        quoted = self.account.instruments.quoted
        symbols = [quoted[number] for number in terms[0].tolist()]
        reasons = requests.reasons or [""] * len(requests)
        heads = order_heads(
            self._book,
            step,
            requests.ids,
            symbols=symbols,
            reasons=reasons,
            terms=terms,
            reference_usd_e4=reference_usd_e4,
        )
        self.log.add(heads, step)
        self.account.take_orders(requests.ids, terms, reference_usd_e4)

    def refuse(self, step: Step, order_id: str, reason: str, *, symbol: str, side: int, shares: int) -> None:
        """The order is on record as refused, with the reason."""
        named = SIDES[side] if 0 <= side < len(SIDES) else str(side)
        self.draft(
            "refuse", f"refuse:{order_id}", step,
            order_id=order_id, reason=reason, symbol=symbol, side=named, shares=shares,
        )  # fmt: skip
        self.account.take_refusals({order_id: reason})

    def cancel(self, step: Step, rows: Ints, reason: str, *, expired: bool = False) -> None:
        """What is left of the orders won't fill."""
        orders = self.account.orders
        symbols = self.account.instruments.symbols
        for row in rows.tolist():
            order_id, left = orders.ids[row], int(orders.left[row])
            symbol = symbols[orders.instrument[row]]
            self.draft(
                "cancel", f"cancel:{order_id}", step,
                order_id=order_id, symbol=symbol, reason=reason, shares=left, expired=expired,
                leg=LEG_NAMES[orders.role[row]],
            )  # fmt: skip
        self.account.take_cancels(rows)

    def trigger(self, step: Step, rows: Ints) -> None:
        """The stops were touched, though nothing filled."""
        orders = self.account.orders
        for row in rows.tolist():
            self.draft("trigger", f"trigger:{orders.ids[row]}", step, order_id=orders.ids[row])
        self.account.take_triggers(rows)

    def replace(
        self, step: Step, change_id: str, row: int, *, shares: int, limit_usd_e4: int, stop_usd_e4: int
    ) -> None:  # fmt: skip
        """The order has new terms."""
        orders = self.account.orders
        self.draft(
            "replace", change_id, step, order_id=orders.ids[row], shares=shares, limit_usd_e4=limit_usd_e4,
            stop_usd_e4=stop_usd_e4, symbol=self.account.instruments.symbols[orders.instrument[row]],
        )  # fmt: skip
        self.account.take_replacement(change_id, row, shares=shares, limit_usd_e4=limit_usd_e4, stop_usd_e4=stop_usd_e4)

    def costs(self, rows: Ints, size: Ints, price_usd_e4: Ints, *, sells: Flags) -> tuple[Ints, Ints]:
        """Commission and regulatory fees in cents of fills of open orders; a commission counts what was paid before."""
        orders = self.account.orders
        value = (orders.filled_value_e4[rows] + size * price_usd_e4 + 50) // 100
        filled = orders.shares[rows] - orders.left[rows] + size
        commission = np.maximum(self._fees.commission_cents(value, filled) - orders.paid_cents[rows], 0)
        return commission, self._fees.regulatory_cents(cents(price_usd_e4, size), size, sells)

    def fill(
        self, step: Step, rows: Ints, shares: Ints, *, price_usd_e4: Ints, slippage_usd_e4: Ints,
        reasons: Sequence[str], costs: tuple[Ints, Ints] | None = None,
    ) -> None:  # fmt: skip
        """The open orders have filled, at most one an instrument.

        Args:
            step: of the bar.
            rows: of the orders.
            shares: signed.
            price_usd_e4: paid or got.
            slippage_usd_e4: how much worse than the tape.
            reasons: `entry`, `exit`, `stop`, `target` or `time`, one a fill.
            costs: commission and fees in cents where a broker tells them; by the schedule without.
        """
        orders, size = self.account.orders, np.abs(shares)
        commission, fees = costs or self.costs(rows, size, price_usd_e4, sells=shares < 0)
        fills = self._figures(rows, orders.instrument[rows], shares, price_usd_e4, (commission, fees))
        quoted, ids = self.account.instruments.quoted, orders.ids
        heads = fill_heads(
            self._book, step, fills,
            ids=[ids[row] for row in rows.tolist()],
            entries=[ids[row] for row in orders.base[rows].tolist()],
            numbers=orders.fills[rows] + 1,
            symbols=[quoted[number] for number in fills.instrument.tolist()],
            sides=orders.side[rows], reasons=reasons, ordered=orders.shares[rows],
            remaining=orders.left[rows] - size, slippage=slippage_usd_e4,
        )  # fmt: skip
        self.account.take_fills(fills, step.session)
        self.log.add(heads, step)

    def settle(self, step: Step, number: int, reason: str, price_usd_e4: int | None = None) -> None:
        """The whole position is closed without an order, and its open orders are cancelled.

        Args:
            step: of the bar.
            number: of the instrument.
            reason: why, in words.
            price_usd_e4: at which; the last one that is known if None.
        """
        account = self.account
        mine = np.array([number])
        shares = -account.shares[mine]
        price = account.last_usd_e4[mine] if price_usd_e4 is None else np.array([price_usd_e4], dtype=np.int64)
        size, value = np.abs(shares), cents(price, np.abs(shares))
        commission = self._fees.commission_cents(value, size)
        fees = self._fees.regulatory_cents(value, size, shares < 0)
        fills = self._figures(np.array([-1]), mine, shares, price, (commission, fees))
        entry, nothing = account.opened_by[number], np.zeros(1, np.int64)
        side = np.where(shares < 0, SELL, BUY_TO_COVER)
        heads = fill_heads(
            self._book, step, fills, ids=[f"{entry}:settled"], entries=[entry], numbers=nothing + 1,
            symbols=[account.instruments.quoted[number]], sides=side, reasons=["settled"], ordered=size,
            remaining=nothing, slippage=nothing,
        )  # fmt: skip
        account.take_fills(fills, step.session)
        self.log.add(heads, step)
        rows = account.orders.plain_rows()
        self.cancel(step, rows[account.orders.instrument[rows] == number], reason)

    def _figures(self, rows: Ints, mine: Ints, shares: Ints, price: Ints, costs: tuple[Ints, Ints]) -> Fills:
        commission, fees = costs
        account = self.account
        before, size, sign = account.shares[mine], np.abs(shares), np.sign(shares)
        value = cents(price, size)
        cost, gain, profit = sign * value, np.zeros_like(value), np.zeros_like(value)
        closing = before * shares < 0
        if closing.any():
            whole = np.maximum(np.abs(before), 1)
            given_up = np.where(closing, relieved(account.cost_cents[mine], size, whole), 0)
            cost = np.where(closing, -given_up, cost)
            gain = np.where(closing, -sign * value - given_up, 0)
            paid = relieved(account.entry_fees_cents[mine], size, whole)
            profit = np.where(closing, gain - commission - fees - paid, 0)
        fills = Fills(
            rows=rows,
            instrument=mine,
            shares=shares,
            price_usd_e4=price,
            commission_cents=commission,
            fees_cents=fees,
            cost_cents=cost,
            gain_cents=gain,
            profit_cents=profit,
        )
        for column in vars(fills).values():
            if column.dtype != np.int64:
                raise LedgerError(f"a fill at {self.account.name} holds {column.dtype}; the ledger takes integers")
        if (fills.cash_cents + commission + fees + cost - gain).any():
            raise LedgerError(f"debits and credits of a fill at {self.account.name} differ")
        return fills

    def split(self, step: Step, action: CorporateAction) -> None:
        """The position in new shares, a fraction of one paid out at the last price; less than one new share is closed.

        Open orders are restated; a reverse split cancels them (FINRA Rule 5330).
        """
        account = self.account
        number = account.instruments.number(action.symbol)
        up, down = action.numerator, action.denominator
        rows = account.orders.plain_rows()
        rows = rows[account.orders.instrument[rows] == number]
        if len(rows) and up < down:
            self.cancel(step, rows, f"reverse split of {action.symbol} before the open")
            rows = rows[:0]
        held = int(account.shares[number])
        whole, rest = divmod(abs(held) * up, down)
        if held and whole == 0:
            self.settle(step, number, f"split of {action.symbol} left less than one share")
            return
        if not held and not len(rows):
            return
        paid = int(account.last_usd_e4[number]) * down // up * rest // (down * 100)
        sign = 1 if held >= 0 else -1
        change, shares = -sign * paid, sign * whole
        name = account.name
        postings = (
            Posting(f"{name}:cash", -change),
            Posting(f"{name}:position:{action.symbol}", change, shares - held),
        )
        self.draft(
            "split", f"split:{step.session}:{name}:{action.symbol}", step, postings, symbol=action.symbol,
            numerator=up, denominator=down, shares_after=shares, cost_change_cents=change,
            orders=account.restated_shares(number, up, down),
        )  # fmt: skip
        account.take_split(number, up, down, cost_change_cents=change, shares=shares)

    def dividend(self, step: Step, action: CorporateAction) -> None:
        """A long position got the dividend, a short one paid it."""
        account = self.account
        number = account.instruments.number(action.symbol)
        held = int(account.shares[number])
        size = cents(action.amount_usd_e4, abs(held))
        amount = size if held >= 0 else -size
        waiting = account.orders.plain_rows()
        if not held and not (account.orders.instrument[waiting] == number).any():
            return
        name = account.name
        postings = (Posting(f"{name}:cash", amount), Posting(f"{name}:dividends", -amount))
        self.draft(
            "dividend", f"dividend:{step.session}:{name}:{action.symbol}", step, postings, symbol=action.symbol,
            amount_usd_e4=action.amount_usd_e4, shares=held,
        )  # fmt: skip
        account.take_dividend(number, amount, action.amount_usd_e4)

    def charge(self, step: Step, kind: str, amount_cents: int, **facts: Any) -> None:
        """A fee or interest is paid out of the cash."""
        name = self.account.name
        postings = (Posting(f"{name}:cash", -amount_cents), Posting(f"{name}:{kind}", amount_cents))
        facts["amount_cents"] = amount_cents
        self.draft(kind, f"{kind}:{step.session}:{name}", step, postings, **facts)
        self.account.take_cash(-amount_cents)

    def warn(self, step: Step, what: str, **facts: Any) -> None:
        """Something that the reader must know is on record; it changes nothing."""
        self.draft("warning", f"warning:{step.at.isoformat()}:{self.account.name}:{what}", step, what=what, **facts)

    def mark(self, step: Step, instrument: Ints, closes: Ints, trails: tuple[Ints, Ints]) -> None:
        """Positions at their closes; equity is on record.

        Args:
            step: of the bar.
            instrument: those held that printed, by symbol.
            closes: theirs.
            trails: rows of trailing stops that moved, and where to.
        """
        account = self.account
        quoted = account.instruments.quoted
        account.last_usd_e4[instrument] = closes
        equity = account.cash_cents + account.positions_cents
        moved = {account.orders.ids[r]: p for r, p in zip(trails[0].tolist(), trails[1].tolist(), strict=True)}
        symbols = [quoted[number] for number in instrument.tolist()]
        head = mark_head(
            self._book, step, dict(zip(symbols, closes.tolist(), strict=True)), moved,
            cash_cents=account.cash_cents, equity_cents=equity,
        )  # fmt: skip
        self.log.add([head], step)
        account.take_mark(instrument, closes, trails, step.session, ends=step.last)


def deposit(book: str, session: date, amount_cents: int) -> Draft:
    """The entry that puts cash into an account."""
    postings = (Posting(f"{book}:cash", amount_cents), Posting(f"{book}:capital", -amount_cents))
    payload = {"book": book, "amount_cents": amount_cents}
    return Draft(f"deposit:{book}:{session}", session, "deposit", payload, postings)


def relieved(amount: Ints, part: Ints, whole: Ints) -> Ints:
    """What of an amount belongs to `part` of `whole`, rounded half away from zero; all of it for the whole."""
    each, rest = np.divmod(np.abs(amount), whole)
    return np.sign(amount) * (each * part + (2 * rest * part + whole) // (2 * whole))
