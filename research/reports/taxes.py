"""The taxes of a year, from the journal of a paper account or from the fills of the broker's."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction

from adapters.exchange_time import NEW_YORK
from adapters.postgres.books import BookStore
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import transaction
from adapters.record import Record
from trading.decisions.arms import Arm
from trading.errors import ConfigurationError
from trading.money import cents
from trading.plain_text import as_cell
from trading.tax.form_8949 import COLUMNS, form_rows
from trading.tax.from_journal import SIDES, tax_events
from trading.tax.lots import Disposal, TaxEvent
from trading.tax.wash_sales import WINDOW, taxed

BROKER = "broker"
FILLS = """
SELECT happened_at, symbol, side, shares, price_usd_e4, fees_cents, order_id
FROM broker_events WHERE kind = 'filled' ORDER BY seq
"""


@dataclass(frozen=True)
class Taxes:
    """The disposals of a year.

    Attributes:
        rows: of Form 8949, as text; see `trading.tax.form_8949.COLUMNS`.
        short_usd_cents: what is taxable of lots held for up to a year; `long_usd_cents` of others.
        disallowed_cents: of losses, by wash sales.
        note: what a reader must know; empty where there is nothing.
    """

    account: str
    year: int
    rows: list[tuple[str, ...]]
    short_usd_cents: int
    long_usd_cents: int
    disallowed_cents: int
    note: str

    @property
    def csv(self) -> str:
        """The rows with a line of names, as of RFC 4180."""
        text = io.StringIO()
        csv.writer(text).writerows([as_cell(cell) for cell in row] for row in [COLUMNS, *self.rows])
        return text.getvalue()


def taxes_of(record: Record, account: str, year: int) -> Taxes:
    """The disposals of a year.

    Args:
        record: only read.
        account: a paper account's name, or `broker`.
        year: of the sales.

    Raises:
        ConfigurationError: when the record has no such account.
    """
    events, last = _broker(record) if account == BROKER else _paper(record, account)
    told = [one for one in taxed(events) if one.closed.year == year]
    return Taxes(
        account=account, year=year, rows=[tuple(row) for row in form_rows(told, year)],
        short_usd_cents=_gain(told, long_term=False), long_usd_cents=_gain(told, long_term=True),
        disallowed_cents=sum(one.disallowed_cents for one in told), note=_note(told, year, last),
    )  # fmt: skip


def taxed_account(record: Record, follows: Arm) -> str:
    """The broker's account where it has fills; else the paper account of the arm, or the first one."""
    with transaction(record.pool) as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM broker_events WHERE kind = 'filled')")
        if (cursor.fetchone() or (False,))[0]:
            return BROKER
    arms = BookStore(record.pool).arms()
    return next((name for name, arm in arms.items() if arm == follows), next(iter(arms), follows))


def _gain(told: list[Disposal], *, long_term: bool) -> int:
    return sum(one.gain_cents for one in told if one.long_term == long_term)


def _note(told: list[Disposal], year: int, last: date | None) -> str:
    """What is not in the report because the record ends too early, or that there is nothing in it."""
    notes = [] if told else [f"Nothing was sold in {year}, as far as the record goes."]
    if last is not None and last < date(year, 12, 31):
        notes.append(f"The record ends on {last}: sales after it aren't in this.")
    if last is not None and any(one.loss_cents > 0 and one.closed + WINDOW > last for one in told):
        final = date(year, 12, 31) + WINDOW
        notes.append(f"Purchases after {last} and up to {final} may still disallow losses of {year}.")
    return " ".join(notes)


def _paper(record: Record, account: str) -> tuple[list[TaxEvent], date | None]:
    drafts = [entry.draft for entry in JournalStore(record.pool, clock=lambda: datetime.now(UTC)).load()]
    names = {draft.payload.get("book") for draft in drafts}
    if account not in names:
        known = ", ".join(sorted(str(name) for name in names if name)) or "none"
        raise ConfigurationError(f"There is no account {account!r} on record. Nothing was written. There are: {known}.")
    return tax_events(drafts, account), max(draft.session for draft in drafts)


def _broker(record: Record) -> tuple[list[TaxEvent], date | None]:
    with transaction(record.pool) as cursor:
        cursor.execute(FILLS)
        rows = cursor.fetchall()
    splits = record.bar_tables.splits()
    found = []
    for number, (at, symbol, side, shares, price, fees, order) in enumerate(rows):
        direction, opens = SIDES[side]
        day = at.astimezone(NEW_YORK).date()
        value = int(cents(price, shares))
        paid = value + (fees if side.startswith("buy") else -fees)
        event = TaxEvent(
            number=number, day=day, symbol=symbol, direction=direction, opens=opens, shares=Fraction(shares),
            amount_cents=paid, order=order,
        )  # fmt: skip
        factor = Fraction(1)
        for split in splits:
            if split.symbol == symbol and split.session > day:
                factor *= Fraction(split.numerator, split.denominator)
        found.append(replace(event, factor=factor))
    return found, found[-1].day if found else None
