"""The state of an account from its journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from trading.arrays import Ints
from trading.engine.account import Account, Fills
from trading.engine.instruments import Instruments
from trading.engine.requests import FIELDS, IN_FORCE, KINDS, SIDES
from trading.errors import LedgerError
from trading.ledger.double_entry import Draft

CODES: dict[str, tuple[str, ...]] = {"side": SIDES, "kind": KINDS, "in_force": IN_FORCE}


def fold(name: str, drafts: Iterable[Draft], instruments: Instruments | None = None) -> Account:
    """The account that the entries tell of; entries of other accounts change nothing."""
    account = Account(name, Instruments() if instruments is None else instruments)
    for draft in drafts:
        take(account, draft)
    return account


def take(account: Account, draft: Draft) -> None:
    """The account after one more entry.

    Raises:
        LedgerError: when the entry contradicts the account (a fill of an order that isn't open, say): the journal is
            damaged, or not this account's. Nothing was written.
    """
    if draft.payload.get("book") != account.name:
        return
    taker = _TAKERS.get(draft.kind)
    if taker is None:
        raise LedgerError(f"{draft.command_id}: no account knows entries of the kind {draft.kind}")
    if "symbol" in draft.payload:
        account.instruments.add((draft.payload["symbol"],))
    account.widen()
    try:
        taker(account, draft)
    except KeyError as missing:
        raise LedgerError(
            f"{draft.command_id} lacks {missing}: it was written by an earlier version of inplay. The journal is as it "
            "was; start anew with `--fresh`, or read it with that version."
        ) from missing


def _one(value: int) -> Ints:
    return np.array([value], np.int64)


def _row(account: Account, draft: Draft, order_id: str) -> int:
    row = account.orders.row(order_id)
    if row < 0:
        raise LedgerError(f"{draft.command_id} is about {order_id}, which is not open: the same entry twice, perhaps")
    return row


def _deposit(account: Account, draft: Draft) -> None:
    account.take_deposit(draft.payload["amount_cents"])


def _order(account: Account, draft: Draft) -> None:
    told = draft.payload
    if told["order_id"] in account.known:
        raise LedgerError(f"{draft.command_id} places an order that was placed before")
    values = [account.instruments.number(told["symbol"])]
    values += [CODES[name].index(told[name]) if name in CODES else told[name] for name in FIELDS[1:]]
    account.take_orders([told["order_id"]], np.array([values], np.int64).T, _one(told["reference_usd_e4"]))


def _refuse(account: Account, draft: Draft) -> None:
    account.take_refusals({draft.payload["order_id"]: draft.payload["reason"]})


def _cancel(account: Account, draft: Draft) -> None:
    account.take_cancels(_one(_row(account, draft, draft.payload["order_id"])))


def _trigger(account: Account, draft: Draft) -> None:
    account.take_triggers(_one(_row(account, draft, draft.payload["order_id"])))


def _replace(account: Account, draft: Draft) -> None:
    told = draft.payload
    row = _row(account, draft, told["order_id"])
    account.take_replacement(
        draft.command_id, row, shares=told["shares"], limit_usd_e4=told["limit_usd_e4"], stop_usd_e4=told["stop_usd_e4"]
    )


def _fill(account: Account, draft: Draft) -> None:
    told = draft.payload
    postings: dict[str, tuple[int, int]] = {p.account.split(":")[1]: (p.amount_cents, p.shares) for p in draft.postings}
    row = -1 if told["reason"] == "settled" else _row(account, draft, told["order_id"])
    if row >= 0 and account.orders.left[row] - told["shares"] != told["remaining_shares"]:
        raise LedgerError(f"{draft.command_id} leaves other shares open than its order has; fills came out of order")
    if row >= 0 and draft.command_id != f"{told['order_id']}:fill:{account.orders.fills[row] + 1}":
        raise LedgerError(f"{draft.command_id} is not the next fill of its order")
    cost, shares = postings["position"]
    fills = Fills(
        rows=_one(row),
        instrument=_one(account.instruments.number(told["symbol"])),
        shares=_one(shares),
        price_usd_e4=_one(told["price_usd_e4"]),
        commission_cents=_one(told["commission_cents"]),
        fees_cents=_one(told["fees_cents"]),
        cost_cents=_one(cost),
        gain_cents=_one(-postings["realised"][0]),
        profit_cents=_one(told["profit_cents"]),
    )
    account.take_fills(fills, draft.session)


def _split(account: Account, draft: Draft) -> None:
    told = draft.payload
    number = account.instruments.number(told["symbol"])
    account.take_split(
        number, told["numerator"], told["denominator"],
        cost_change_cents=told["cost_change_cents"], shares=told["shares_after"],
    )  # fmt: skip


def _dividend(account: Account, draft: Draft) -> None:
    told = draft.payload
    account.take_dividend(
        account.instruments.number(told["symbol"]), draft.postings[0].amount_cents, told["amount_usd_e4"]
    )


def _charge(account: Account, draft: Draft) -> None:
    account.take_cash(draft.postings[0].amount_cents)


def _warning(account: Account, draft: Draft) -> None:
    """For the reader only."""


def _mark(account: Account, draft: Draft) -> None:
    told: dict[str, Any] = draft.payload
    numbers = [account.instruments.number(symbol) for symbol in told["closes_usd_e4"]]
    trails = [_row(account, draft, order_id) for order_id in told["trails_usd_e4"]]
    account.take_mark(
        np.array(numbers, np.int64), np.array(list(told["closes_usd_e4"].values()), np.int64),
        (np.array(trails, np.int64), np.array(list(told["trails_usd_e4"].values()), np.int64)),
        draft.session, ends=told["ends_session"],
    )  # fmt: skip
    equity = account.cash_cents + account.positions_cents
    if equity != told["equity_cents"]:
        raise LedgerError(
            f"{draft.command_id} states an equity of {told['equity_cents']} cents, the fold gives {equity}"
        )
    if told["ends_session"]:
        account.orders.drop_ended()


_TAKERS: dict[str, Callable[[Account, Draft], None]] = {
    "deposit": _deposit, "order": _order, "refuse": _refuse, "cancel": _cancel, "trigger": _trigger,
    "replace": _replace, "fill": _fill, "split": _split, "dividend": _dividend, "borrow": _charge,
    "interest": _charge, "warning": _warning, "mark": _mark,
}  # fmt: skip
