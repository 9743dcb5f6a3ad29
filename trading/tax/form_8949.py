"""Form 8949 of a year, as rows of text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from trading.tax.lots import Disposal

COLUMNS = (
    "description", "date_acquired", "date_sold", "proceeds", "cost_basis", "code", "adjustment", "gain_or_loss",
    "term", "symbol", "shares", "held_from", "direction",
)  # fmt: skip
"""The form's columns (a) to (h), then what a reader needs to check them."""


def form_rows(disposals: Iterable[Disposal], year: int) -> list[Sequence[str]]:
    """A row each disposal of the year: dates as yyyy-mm-dd, dollars with two digits.

    A short sale has the day on which it was covered in both columns, as the form's instructions want it.
    """
    return [_row(one) for one in disposals if one.closed.year == year]


def _row(one: Disposal) -> Sequence[str]:
    lot = one.lot
    acquired = one.closed if lot.direction == "short" else lot.opened
    shares = _shares(one.shares)
    return (
        f"{shares} sh. {lot.symbol}", acquired.isoformat(), one.closed.isoformat(), _usd(one.proceeds_cents),
        _usd(one.cost_cents), "W" if one.disallowed_cents else "",
        _usd(one.disallowed_cents) if one.disallowed_cents else "", _usd(one.gain_cents),
        "long" if one.long_term else "short", lot.symbol, shares, lot.holding_from.isoformat(), lot.direction,
    )  # fmt: skip


def _shares(shares: Fraction) -> str:
    return str(shares.numerator) if shares.denominator == 1 else f"{float(shares):.6f}".rstrip("0")


def _usd(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
