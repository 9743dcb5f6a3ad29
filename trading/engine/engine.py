"""The engine: what bars do to the orders and positions of an account.

An order that was placed after a bar fills on the next one at the earliest. Nothing here reads a clock, makes an id or
draws a number: the same orders and bars give the same journal, byte for byte. Per bar time it makes a fixed number of
array operations; single orders are walked through only where money, volume or a position is too short for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from trading.arrays import Flags, Ints
from trading.broker.orders import Replacement
from trading.engine.account import Account
from trading.engine.admission import faults, reference_prices, trailing_start, without_money
from trading.engine.bars import Bars, CorporateAction, Step
from trading.engine.bookkeeper import Bookkeeper
from trading.engine.closing import close_bar
from trading.engine.entries import Log
from trading.engine.matching import Matcher, repeats
from trading.engine.open_orders import (
    PLAIN,
)
from trading.engine.requests import MARKET, ON_OPEN, TRAILING_STOP, OrderRequests
from trading.engine.rules import EngineRules
from trading.errors import LedgerError


class Engine:
    """An account in a simulated market.

    Args:
        account: empty, or folded from its journal; it goes on where it stands.
        rules: all assumptions.
    """

    def __init__(self, account: Account, rules: EngineRules) -> None:
        self.account = account
        self.rules = rules
        self.books = Bookkeeper(account, rules.fills.fees)
        self._matcher = Matcher(self.books, rules)

    @property
    def log(self) -> Log:
        """Entries made and not taken yet."""
        return self.books.log

    def deposit(self, step: Step, amount_cents: int) -> None:
        """The account has so much more cash."""
        self.books.deposit(step, amount_cents)

    def step(self, bars: Bars, actions: Sequence[CorporateAction] = ()) -> None:
        """What companies did before the open, then orders, then brackets, then the close of these bars.

        Raises:
            LedgerError: when the session is closed already. Nothing was changed.
        """
        if bars.step.session in self.account.equity_cents:
            raise LedgerError(
                f"{bars.step.session} is closed in {self.account.name}; sessions come in order, each once"
            )
        for action in sorted(actions, key=lambda one: (one.symbol, one.kind)):
            self.account.instruments.add((action.symbol,))
            self.account.widen()
            self._act(_as_wide(bars, self.account.matrix.shape[1]), action)
        self.account.widen()
        sane = self._sane(_as_wide(bars, self.account.matrix.shape[1]))
        self._matcher.run(sane)
        close_bar(self.books, sane, self.rules.account)
        self.account.orders.drop_ended()

    def submit(
        self, requests: OrderRequests, step: Step, last_close_usd_e4: Ints | None = None
    ) -> dict[str, str]:  # fmt: skip
        """The orders wait for the next bar, or are on record as refused. An id that was seen before changes nothing.

        Args:
            requests: the orders; where money is short the first ones come first.
            step: after whose bar they are placed.
            last_close_usd_e4: of each instrument; what an order costs is judged by it unless it has a limit or stop.

        Returns:
            Reasons by id of those that were refused, now or when they came first.
        """
        self.account.widen()
        known = self.account.known
        answers = {order_id: known[order_id] for order_id in requests.ids if known.get(order_id)}
        fresh = [at for at, order_id in enumerate(requests.ids) if order_id not in known]
        if len(fresh) < len(requests) or len(set(requests.ids)) < len(requests):
            first = {requests.ids[at]: at for at in reversed(fresh)}
            requests = _rows(requests, np.array(sorted(first.values()), np.int64))
        if not len(requests):
            return answers
        if repeats(np.maximum(requests.columns[0], 0)):
            for at in range(len(requests)):
                answers |= self._submit(_rows(requests, np.array([at])), step, last_close_usd_e4)
            return answers
        return answers | self._submit(requests, step, last_close_usd_e4)

    def cancel(self, order_ids: Sequence[str], step: Step, reason: str = "cancelled by its owner") -> dict[str, str]:
        """What is left of the orders won't fill; returns the reasons for those that aren't open."""
        orders, answers, rows = self.account.orders, {}, []
        for order_id in dict.fromkeys(order_ids):
            row = orders.row(order_id)
            if row < 0:
                answers[order_id] = "the order is not open"
            else:
                rows.append(row)
        if rows:
            self.books.cancel(step, np.array(rows), reason)
        return answers

    def replace(self, changes: Sequence[Replacement], step: Step) -> dict[str, str]:
        """The orders have their new terms; returns the reasons, by order, for those that keep the old ones."""
        answers = {}
        for change in changes:
            if change.change_id in self.account.known:
                continue
            reason = self._replace(change, step)
            if reason:
                answers[change.order_id] = reason
        return answers

    def _replace(self, change: Replacement, step: Step) -> str:
        orders = self.account.orders
        row = orders.row(change.order_id)
        if row < 0 or orders.role[row] != PLAIN:
            return "the order is not open"
        shares = int(orders.shares[row]) if change.shares is None else change.shares
        limit = int(orders.limit_usd_e4[row]) if change.limit_usd_e4 is None else change.limit_usd_e4
        stop = int(orders.stop_usd_e4[row]) if change.stop_usd_e4 is None else change.stop_usd_e4
        if shares <= int(orders.shares[row] - orders.left[row]):
            return "so many shares have filled already"
        if shares > int(orders.shares[row]):
            return "an order can't grow; place another one"
        if (limit > 0) != (orders.limit_usd_e4[row] > 0) or (stop > 0) != (orders.stop_usd_e4[row] > 0):
            return "an order of this kind has other prices"
        self.books.replace(step, change.change_id, row, shares=shares, limit_usd_e4=limit, stop_usd_e4=stop)
        return ""

    def _submit(self, requests: OrderRequests, step: Step, last_close_usd_e4: Ints | None) -> dict[str, str]:
        rules = self.rules.account
        reference = reference_prices(requests, last_close_usd_e4)
        wrong, reasons = faults(self.account, requests, rules)
        terms = requests.columns
        trailing = terms[2] == TRAILING_STOP
        if trailing.any():
            terms = terms.copy()
            terms[6] = np.where(trailing, trailing_start(terms, reference), terms[6])
            unpriced = trailing & (reference <= 0) & ~wrong
            reasons = _with(reasons, unpriced, "no price of the symbol is known, so a stop can't trail it")
            wrong = wrong | unpriced
        if rules.when_short == "refuse":
            poor, why = without_money(self.account, requests, reference, ~wrong, rules)
            if poor.any():
                reasons = [a or b for a, b in zip(reasons or [""] * len(why), why, strict=True)]
                wrong = wrong | poor
        answers = self._refuse(requests, wrong, reasons, step) if wrong.any() else {}
        if answers:
            taken = np.flatnonzero(~wrong)
            requests, terms, reference = _rows(requests, taken), terms[:, taken], reference[taken]
        if len(requests):
            self.books.orders(step, requests, terms, reference)
        return answers

    def _refuse(self, requests: OrderRequests, wrong: Flags, reasons: Sequence[str], step: Step) -> dict[str, str]:
        terms, symbols = requests.columns, self.account.instruments.symbols
        answers = {}
        for row in np.flatnonzero(wrong).tolist():
            number = int(terms[0, row])
            symbol = requests.symbols[row] if requests.symbols else ""
            if not symbol and 0 <= number < len(symbols):
                symbol = symbols[number]
            answers[requests.ids[row]] = reasons[row]
            self.books.refuse(
                step, requests.ids[row], reasons[row],
                symbol=symbol, side=int(terms[1, row]), shares=int(terms[4, row]),
            )  # fmt: skip
        return answers

    def _act(self, bars: Bars, action: CorporateAction) -> None:
        step, number = bars.step, self.account.instruments.number(action.symbol)
        after = int(bars.open_usd_e4[number]) if bars.printed[number] else 0
        if action.kind == "split":
            if action.guessed:
                self._tell_guess(step, action, after)
            self.books.split(step, action)
        elif action.kind == "dividend":
            self.books.dividend(step, action)
        else:
            words = f"break of {action.symbol} before the open: {action.reason}"
            if self.account.shares[number]:
                self._settle_break(step, action, after, words)
            rows = self.account.orders.plain_rows()
            self.books.cancel(step, rows[self.account.orders.instrument[rows] == number], words)

    def _settle_break(self, step: Step, action: CorporateAction, after_usd_e4: int, words: str) -> None:
        """At the last close where the source explains the break; else at the worse of it and the first price after."""
        number = self.account.instruments.number(action.symbol)
        held, before = int(self.account.shares[number]), int(self.account.last_usd_e4[number])
        price = before
        if after_usd_e4 and not action.explained:
            price = min(before, after_usd_e4) if held > 0 else max(before, after_usd_e4)
        self.books.warn(
            step, f"settled by a break of {action.symbol}", symbol=action.symbol, shares=held,
            explained=action.explained, reason=action.reason, close_before_usd_e4=before,
            open_after_usd_e4=after_usd_e4, settled_usd_e4=price,
        )  # fmt: skip
        self.books.settle(step, number, words, price_usd_e4=price)

    def _tell_guess(self, step: Step, action: CorporateAction, after_usd_e4: int) -> None:
        """What the position is worth by a guessed split, and what it would be worth without one."""
        held = int(self.account.shares[self.account.instruments.number(action.symbol)])
        if held:
            self.books.warn(
                step, f"guessed split of {action.symbol}", symbol=action.symbol, shares=held,
                numerator=action.numerator, denominator=action.denominator, open_after_usd_e4=after_usd_e4,
            )  # fmt: skip

    def _sane(self, bars: Bars) -> Bars:
        """The bars without those whose open no market could make of the price before.

        That is the last close of what is held, and of what is waited for at the market the price it was ordered at.
        """
        last, jump = self._last_known(), self.rules.fills.max_jump
        opens = bars.open_usd_e4
        odd = (last > 0) & bars.printed & ((opens > last * jump) | (opens * jump < last))
        if not odd.any():
            return bars
        for number in np.flatnonzero(odd).tolist():
            self.books.warn(
                bars.step, f"price jump of {self.account.instruments.symbols[number]}",
                last_close_usd_e4=int(last[number]), open_usd_e4=int(opens[number]),
            )  # fmt: skip
        return replace(bars, stale=odd if bars.stale is None else bars.stale | odd)

    def _last_known(self) -> Ints:
        """By instrument, the price that an open is held against; zero for what is neither held nor waited for."""
        account, orders = self.account, self.account.orders
        known: Ints = np.where(account.shares != 0, account.last_usd_e4, 0)
        rows = orders.plain_rows()
        if len(rows):
            # Orders with a price of their own trade at no other, and have that for a reference.
            rows = rows[(orders.opens[rows] == 1) & ((orders.kind[rows] == MARKET) | (orders.kind[rows] == ON_OPEN))]
            waited = orders.instrument[rows]
            known[waited] = np.where(known[waited] > 0, known[waited], orders.reference_usd_e4[rows])
        return known


def _rows(requests: OrderRequests, rows: Ints) -> OrderRequests:
    """Some of the rows."""
    at = rows.tolist()
    return OrderRequests(
        [requests.ids[i] for i in at],
        requests.columns[:, rows],
        [requests.symbols[i] for i in at] if requests.symbols else (),
        [requests.reasons[i] for i in at] if requests.reasons else (),
    )


def _with(reasons: list[str], where: Flags, words: str) -> list[str]:
    return [words if stands else old for old, stands in zip(reasons or [""] * len(where), where.tolist(), strict=True)]


def _as_wide(bars: Bars, width: int) -> Bars:
    """The bars with a column for each instrument; those that the account learnt of later have none."""
    missing = width - len(bars)
    if missing <= 0:
        return bars

    def wide(column: Ints) -> Ints:
        return np.concatenate([column, np.zeros(missing, column.dtype)])

    def wide_flags(flags: Flags | None) -> Flags | None:
        return None if flags is None else np.concatenate([flags, np.zeros(missing, np.bool_)])

    return Bars(
        step=bars.step,
        open_usd_e4=wide(bars.open_usd_e4),
        high_usd_e4=wide(bars.high_usd_e4),
        low_usd_e4=wide(bars.low_usd_e4),
        close_usd_e4=wide(bars.close_usd_e4),
        volume=wide(bars.volume),
        halted=wide_flags(bars.halted),
        stale=wide_flags(bars.stale),
    )
