"""The books checked by arithmetic alone: no engine, no account, no fold, so that no mistake of theirs is repeated here.

What is proven of each entry as it comes: it continues the chain, debits equal credits, no command and no fill comes
twice, no order fills for more than was ordered, and where equity is stated it is cash and positions.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from trading.errors import LedgerError
from trading.ledger.double_entry import GENESIS, Entry
from trading.money import cents


@dataclass
class Held:
    """A position: signed shares, what they cost in cents, and the last price of the tape in 1/10,000 USD."""

    shares: int = 0
    cost_cents: int = 0
    last_usd_e4: int = 0

    @property
    def value_cents(self) -> int:
        """At the last price; negative when short."""
        value = cents(self.last_usd_e4, abs(self.shares))
        return value if self.shares >= 0 else -value


@dataclass
class Audit:
    """Balances of every book, added up entry by entry.

    Attributes:
        money_cents: by ledger account.
        positions: by book and symbol.
        ordered: shares by open or ended order, as placed, replaced or restated by a split.
        filled: shares by order, restated likewise.
    """

    seq: int = 0
    last_hash: str = GENESIS
    commands: set[str] = field(default_factory=set)
    money_cents: Counter[str] = field(default_factory=Counter)
    positions: dict[tuple[str, str], Held] = field(default_factory=dict)
    symbol_of: dict[str, str] = field(default_factory=dict)
    ordered: dict[str, int] = field(default_factory=dict)
    filled: Counter[str] = field(default_factory=Counter)
    marks: int = 0

    def take(self, entry: Entry) -> None:
        """The entry is added up.

        Raises:
            LedgerError: naming the entry and what is wrong with it. Nothing is written; restore a backup.
        """
        self._continue_chain(entry)
        told: dict[str, Any] = json.loads(entry.body)
        _require(told["command_id"] not in self.commands, entry, f"the command {told['command_id']} came before")
        self.commands.add(told["command_id"])
        book = str(told["payload"]["book"])
        total = sum(amount for _, amount, _ in told["postings"])
        _require(total == 0, entry, f"debits exceed credits by {total} cents")
        foreign = [account for account, _, _ in told["postings"] if account.split(":")[0] != book]
        _require(not foreign, entry, f"it moves money of {foreign} and belongs to {book}")
        rule = _RULES.get(told["kind"])
        if rule is not None:
            rule(self, entry, book, told["payload"])
        self._post(book, told["postings"])
        if told["kind"] == "mark":
            self._check_mark(entry, book, told["payload"])

    def cash_cents(self, book: str) -> int:
        """Of the book."""
        return self.money_cents[f"{book}:cash"]

    def equity_cents(self, book: str) -> int:
        """Cash and positions of the book."""
        values = sum(held.value_cents for (owner, _), held in self.positions.items() if owner == book)
        return self.cash_cents(book) + values

    def _continue_chain(self, entry: Entry) -> None:
        digest = hashlib.sha256((self.last_hash + entry.body).encode()).hexdigest()
        _require(entry.seq == self.seq + 1, entry, f"entry {self.seq + 1} is missing")
        _require((entry.prev_hash, entry.hash) == (self.last_hash, digest), entry, "it was altered, or one before it")
        self.seq, self.last_hash = entry.seq, digest

    def _post(self, book: str, postings: list[tuple[str, int, int]]) -> None:
        for account, amount, shares in postings:
            self.money_cents[account] += amount
            if account.startswith(f"{book}:position:"):
                held = self.positions.setdefault((book, account.split(":", 2)[2]), Held())
                held.shares += shares
                held.cost_cents += amount
                if held.shares == 0:
                    held.last_usd_e4 = 0

    def _check_mark(self, entry: Entry, book: str, told: dict[str, Any]) -> None:
        for symbol, price in told["closes_usd_e4"].items():
            if self.positions.get((book, symbol), Held()).shares:
                self.positions[book, symbol].last_usd_e4 = price
        cash, equity = self.cash_cents(book), self.equity_cents(book)
        _require(cash == told["cash_cents"], entry, f"it states {told['cash_cents']} cents of cash, there are {cash}")
        _require(
            equity == told["equity_cents"],
            entry,
            f"it states {told['equity_cents']} cents of equity, there are {equity}",
        )  # fmt: skip
        empty = [s for (owner, s), held in self.positions.items() if owner == book and not held.shares]
        odd = [symbol for symbol in empty if self.positions[book, symbol].cost_cents]
        _require(not odd, entry, f"nothing is held of {odd} and yet it cost something")
        self.marks += 1


def _order(books: Audit, entry: Entry, _book: str, told: dict[str, Any]) -> None:
    _require(told["order_id"] not in books.ordered, entry, "the order was placed before")
    books.ordered[told["order_id"]] = told["shares"]
    books.symbol_of[told["order_id"]] = told["symbol"]


def _replace(books: Audit, entry: Entry, _book: str, told: dict[str, Any]) -> None:
    _require(told["order_id"] in books.ordered, entry, "nobody placed the order that it changes")
    books.ordered[told["order_id"]] = told["shares"]


def _fill(books: Audit, entry: Entry, book: str, told: dict[str, Any]) -> None:
    order_id = told["order_id"]
    if order_id in books.ordered:
        books.filled[order_id] += told["shares"]
        over = books.filled[order_id] - books.ordered[order_id]
        _require(over <= 0, entry, f"it fills {over} shares more than were ordered")
    else:
        _require(told["entry_order_id"] in books.ordered, entry, "nobody placed the order that it fills")
    held = books.positions.setdefault((book, told["symbol"]), Held())
    if held.shares == 0:
        held.last_usd_e4 = told["price_usd_e4"]


def _split(books: Audit, _entry: Entry, book: str, told: dict[str, Any]) -> None:
    up, down = told["numerator"], told["denominator"]
    held = books.positions.setdefault((book, told["symbol"]), Held())
    held.last_usd_e4 = (2 * held.last_usd_e4 * down + up) // (2 * up)
    for order_id, shares in told["orders"].items():
        books.ordered[order_id] = shares
        books.filled[order_id] = books.filled[order_id] * up // down


_RULES: dict[str, Callable[[Audit, Entry, str, dict[str, Any]], None]] = {
    "order": _order, "replace": _replace, "fill": _fill, "split": _split,
}  # fmt: skip


def audit(entries: Iterable[Entry]) -> Audit:
    """The balances of a whole journal, each entry proven.

    Raises:
        LedgerError: naming the first entry that is wrong.
    """
    books = Audit()
    for entry in entries:
        books.take(entry)
    return books


def _require(holds: bool, entry: Entry, words: str) -> None:  # noqa: FBT001 - the condition itself
    if not holds:
        raise LedgerError(
            f"Journal entry {entry.seq} ({entry.draft.command_id}): {words}. Nothing was changed; restore the last "
            "backup."
        )
