"""An account that is walked through bars of a stock or two, prices in USD, for tests with numbers by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np

from trading.broker.orders import Bracket, OrderKind, OrderRequest, Side
from trading.engine.account import Account
from trading.engine.bars import Bars, CorporateAction, Step
from trading.engine.engine import Engine
from trading.engine.fees import FREE
from trading.engine.fills import FillModel
from trading.engine.instruments import Instruments
from trading.engine.requests import OrderRequests
from trading.engine.rules import AccountRules, EngineRules
from trading.ledger.double_entry import Draft
from trading.money import usd_e4

START = date(2010, 1, 4)
NO_COSTS = FillModel(half_spread_tiers=(), half_spread_min_usd_e4=0, impact_bp=0, volume_share_bp=10_000, fees=FREE)
CASH = EngineRules(AccountRules(), NO_COSTS)
MARGIN = EngineRules(AccountRules("margin", borrow_bp_per_year=0), NO_COSTS)
Bar = tuple[float, float, float, float] | tuple[float, float, float, float, int]


class OneAccount:
    """An engine and what its journal tells, bar by bar."""

    def __init__(self, rules: EngineRules = CASH, cash_usd: int = 100_000) -> None:
        self.engine = Engine(Account("rule", Instruments(("AA", "BB"))), rules)
        self.at = -1
        self.last = np.zeros(2, np.int64)
        self.now = Step.daily(START)
        self.engine.deposit(self.now, cash_usd * 100)
        self.engine.log.clear()

    def order(self, name: str, side: Side, shares: int, kind: OrderKind = "market", **terms: Any) -> str:
        """The order placed now; the reason if it was refused. Prices are in USD: `limit`, `stop`, `trail`."""
        prices = {f"{what}_usd_e4": usd_e4(terms.pop(what)) for what in ("limit", "stop", "trail") if what in terms}
        request = OrderRequest(name, terms.pop("symbol", "AA"), side, shares, kind, **prices, **terms)
        requests = OrderRequests.of([request], self.engine.account.instruments.numbers)
        refused = self.engine.submit(requests, self.now, self.last)
        return refused.get(name, "")

    def bar(self, aa: Bar | None = None, bb: Bar | None = None, **terms: Any) -> list[Draft]:
        """The next session's entries, marks left out. `actions`, `halted` and `step` may be given."""
        self.at += 1
        step = replace(Step.daily(START + timedelta(days=self.at)), **terms.pop("step", {}))
        return self.minute(step, aa, bb, **terms)

    def minute(self, step: Step, aa: Bar | None = None, bb: Bar | None = None, **terms: Any) -> list[Draft]:
        """The entries of a bar time, marks left out."""
        self.now = step
        bars = bars_of(step, {"AA": aa, "BB": bb}, terms.pop("halted", ()))
        actions: tuple[CorporateAction, ...] = terms.pop("actions", ())
        self.engine.log.clear()
        self.engine.step(bars, actions)
        np.copyto(self.last, bars.close_usd_e4, where=bars.printed)
        return [draft for draft in self.engine.log.drafts() if draft.kind != "mark"]

    @property
    def cash_cents(self) -> int:
        """In the account."""
        return self.engine.account.cash_cents

    def held(self, symbol: str = "AA") -> tuple[int, int]:
        """Shares and their cost in cents."""
        account = self.engine.account
        number = account.instruments.numbers[symbol]
        return int(account.shares[number]), int(account.cost_cents[number])


def bars_of(step: Step, tape: dict[str, Bar | None], halted: tuple[str, ...] = ()) -> Bars:
    """Bars in USD as columns of AA and BB; a volume of 10,000 unless told."""
    columns = np.zeros((5, len(tape)), np.int64)
    for number, bar in enumerate(tape.values()):
        if bar is not None:
            volume = bar[4] if len(bar) == 5 else 10_000
            columns[:, number] = (*(usd_e4(price) for price in bar[:4]), volume)
    still = np.array([symbol in halted for symbol in tape], np.bool_)
    return Bars(step, columns[0], columns[1], columns[2], columns[3], columns[4], still)


def quiet(price: float, volume: int = 10_000) -> Bar:
    """A bar that hardly moves."""
    return (price, price + 0.01, price - 0.01, price, volume)


def minute(number: int, of: int, day: int = 0, **terms: Any) -> Step:
    """Bar time `number` of `of` in a session."""
    session = START + timedelta(days=day)
    at = datetime.combine(session, time(14, 30), UTC) + timedelta(minutes=number + 1)
    return Step(at, session, first=number == 0, last=number == of - 1, duration_s=60, **terms)


def fills(drafts: list[Draft]) -> list[tuple[str, int, float]]:
    """Reason, shares and price in USD of the fills among the entries."""
    told = [draft.payload for draft in drafts if draft.kind == "fill"]
    return [(one["reason"], one["shares"], one["price_usd_e4"] / 10_000) for one in told]


def reasons(drafts: list[Draft], kind: str) -> list[str]:
    """The reasons of the entries of a kind."""
    return [draft.payload["reason"] for draft in drafts if draft.kind == kind]


def bracket(stop: float = 0.0, target: float = 0.0, hold: int = 0) -> Bracket:
    """A bracket by distances in USD."""
    return Bracket(usd_e4(stop), usd_e4(target), hold_sessions=hold)
