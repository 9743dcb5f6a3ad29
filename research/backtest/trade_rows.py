"""The trades of an account, one row a closing fill, as a spreadsheet reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from research.backtest.running import Backtested
from trading.engine.account import Account
from trading.engine.fold import take
from trading.ledger.double_entry import Draft, draft_of
from trading.money import E4, cents
from trading.plain_text import as_cell

CLOSING = frozenset({"sell", "buy_to_cover"})


@dataclass(frozen=True)
class TradeRow:
    """Some shares of a position that were bought and sold, or are still held at the end.

    Attributes:
        side: of the position.
        entry_price_usd: mean of the position's purchases, in the shares of the exit: a split between restates it.
        exit_session: and what follows from it are None for an open position, which has the row's `reason` `open`.
        shares: that were closed, or are held; never negative.
        reason: why it was closed: `stop`, `target`, `time`, `exit`, `settled`.
        profit_usd: after commissions and fees of both sides; the sum over all rows is what the account has realised.
        costs_usd: those commissions and fees.
        r_multiple: profit over what the stop put at risk at the entry; None where there was no stop.
    """

    symbol: str
    side: Literal["long", "short"]
    entry_session: date
    exit_session: date | None
    entry_price_usd: float
    exit_price_usd: float | None
    shares: int
    reason: str
    profit_usd: float | None
    costs_usd: float | None
    r_multiple: float | None


def trade_rows(done: Backtested, account: str) -> list[TradeRow]:
    """Every closing fill of the account in the order of the journal, then its open positions by symbol."""
    drafts = [draft for draft in (draft_of(entry.body) for entry in done.entries) if draft.payload["book"] == account]
    orders = {draft.payload["order_id"]: draft.payload for draft in drafts if draft.kind == "order"}
    entered: dict[str, Draft] = {}
    rows = []
    for draft in drafts:
        if draft.kind != "fill":
            continue
        if draft.payload["side"] in CLOSING:
            entry = entered.get(draft.payload["entry_order_id"])
            rows.append(_closed(draft, entry, orders))
        else:
            entered.setdefault(draft.payload["order_id"], draft)
    return [*rows, *_open(account, drafts, entered)]


def _closed(draft: Draft, entry: Draft | None, orders: Mapping[str, Mapping[str, Any]]) -> TradeRow:
    told = draft.payload
    cost_cents = abs(next(one.amount_cents for one in draft.postings if ":position:" in one.account))
    got_cents = int(cents(told["price_usd_e4"], told["shares"]))
    sign = 1 if told["side"] == "sell" else -1
    at_risk = None if entry is None else _risked(entry, orders.get(told["entry_order_id"], {}))
    profit_cents = told["profit_cents"]
    return TradeRow(
        symbol=told["symbol"],
        side="long" if sign > 0 else "short",
        entry_session=(entry or draft).session,
        exit_session=draft.session,
        entry_price_usd=cost_cents / 100 / told["shares"],
        exit_price_usd=told["price_usd_e4"] / E4,
        shares=told["shares"],
        reason=told["reason"],
        profit_usd=profit_cents / 100,
        costs_usd=(sign * (got_cents - cost_cents) - profit_cents) / 100,
        r_multiple=profit_cents / (at_risk * cost_cents) if at_risk else None,
    )


def _risked(entry: Draft, order: Mapping[str, Any]) -> float | None:
    """The distance from the first fill to the stop, as a fraction of that fill: a split leaves it as it is."""
    price = entry.payload["price_usd_e4"]
    distance = order.get("leg_stop_distance_usd_e4") or 0
    if not distance and order.get("leg_stop_usd_e4"):
        distance = abs(price - order["leg_stop_usd_e4"])
    return distance / price if distance else None


def _open(name: str, drafts: Sequence[Draft], entered: Mapping[str, Draft]) -> Iterator[TradeRow]:
    account = Account(name)
    for draft in drafts:
        take(account, draft)
    symbols = account.instruments.symbols
    for number in sorted(np.flatnonzero(account.shares).tolist(), key=lambda at: symbols[at]):
        shares = int(account.shares[number])
        entry = entered.get(account.opened_by[number])
        yield TradeRow(
            symbol=symbols[number],
            side="long" if shares > 0 else "short",
            entry_session=drafts[0].session if entry is None else entry.session,
            exit_session=None,
            entry_price_usd=abs(int(account.cost_cents[number])) / 100 / abs(shares),
            exit_price_usd=None,
            shares=abs(shares),
            reason="open",
            profit_usd=None,
            costs_usd=None,
            r_multiple=None,
        )


def write_csv(rows: Sequence[TradeRow], path: Path) -> None:
    """The rows with a line of names, as of RFC 4180: dates as yyyy-mm-dd, points in numbers, nothing where unknown."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(TradeRow)])
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in asdict(row).items()} for row in rows)


def _cell(value: object) -> object:
    return as_cell(value) if isinstance(value, str) else "" if value is None else value
