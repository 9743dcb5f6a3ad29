"""What running the platform costs, as its owner enters it, and what of that falls on a span of days."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, get_args

from trading.errors import ConfigurationError

Kind = Literal["machines", "volume", "database", "news", "data", "gpu", "hours", "other"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
TITLES: Final[dict[Kind, str]] = {
    "machines": "machines",
    "volume": "volumes and storage",
    "database": "database",
    "news": "news",
    "data": "market data",
    "gpu": "GPU sessions",
    "hours": "hours of the owner",
    "other": "other",
}
E6: Final = 1_000_000
MOST_USD: Final = 1_000_000_000
MOST_HOURS: Final = 10_000
LONGEST_DAYS: Final = 3_660
PLAIN = re.compile(r"-?\$?-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.[0-9]+)?(?:[eE][0-9]{1,2})?", re.ASCII)
"""A number as it is written in dollars: a comma only before each three digits, so that 24,50 isn't read as 2450."""


@dataclass(frozen=True)
class NewCost:
    """A cost to be entered.

    Attributes:
        first: first day of the period that it is of; `last` likewise, both counted.
        amount_usd_e6: in millionths of a dollar; below zero only in a counter-entry.
        hours: that the owner worked, in thousandths; None for any other kind.
        counters: the number of the entry that this one takes back; None for a cost.
    """

    kind: Kind
    first: date
    last: date
    amount_usd_e6: int
    note: str = ""
    hours_e3: int | None = None
    counters: int | None = None

    @property
    def days(self) -> int:
        """Of the period."""
        return (self.last - self.first).days + 1

    def within(self, first: date, last: date) -> int:
        """What falls on the days from `first` to `last`, in millionths of a dollar.

        Each day bears the same; the parts of neighbouring spans add up to the whole, to the millionth.
        """
        start, end = max(first, self.first), min(last, self.last)
        return 0 if end < start else self._until((end - self.first).days + 1) - self._until((start - self.first).days)

    def _until(self, days: int) -> int:
        share = abs(self.amount_usd_e6) * days // self.days
        return share if self.amount_usd_e6 > 0 else -share


@dataclass(frozen=True)
class Cost(NewCost):
    """A cost on record.

    Attributes:
        number: of the entry.
        countered_by: the number of the entry that took it back; None where none did.
    """

    number: int = 0
    countered_by: int | None = None

    @property
    def counts(self) -> bool:
        """Whether it is a cost that nobody took back."""
        return self.counters is None and self.countered_by is None


def usd_e6(text: str) -> int:
    """An amount above zero in millionths of a dollar, exactly.

    Raises:
        ConfigurationError: when the text is no such amount, or has more than six digits behind the point.
    """
    amount = _number(text)
    if amount is None:
        raise ConfigurationError(
            f"{text!r} is no amount in dollars. Nothing was entered. Write it like 24, 24.50 or 1,234.50."
        )
    if not 0 < amount <= MOST_USD:
        raise ConfigurationError(
            f"A cost is above $0 and at most ${MOST_USD:,}, not {text!r}. Nothing was entered. A wrong entry is taken "
            "back with `inplay costs counter`."
        )
    exact = amount * E6
    if exact != exact.to_integral_value():
        raise ConfigurationError(f"{text!r} is finer than a millionth of a dollar. Nothing was entered. Round it.")
    return int(exact)


def hours_e3(text: str) -> int:
    """Hours in thousandths, exactly.

    Raises:
        ConfigurationError: when the text is no number of hours, or has more than three digits behind the point.
    """
    hours = _number(text)
    if hours is None or not 0 < hours <= MOST_HOURS or (hours * 1000) % 1:
        raise ConfigurationError(
            f"{text!r} is no number of hours, above 0 and at most {MOST_HOURS:,}, with at most three digits behind the "
            "point. Nothing was entered."
        )
    return int(hours * 1000)


def usd_e6_of_hours(hours: int, usd_e6_per_h: int) -> int:
    """What so many thousandths of an hour cost at a price of one, in millionths of a dollar.

    Raises:
        ConfigurationError: when it comes to less than a millionth, or to more than a cost can be.
    """
    amount = round(Decimal(usd_e6_per_h) * hours / 1000)
    if not 0 < amount <= MOST_USD * E6:
        raise ConfigurationError(
            f"{hours / 1000:g} hours at ${usd_e6_per_h / E6:,.6f} come to ${amount / E6:,.6f}; a cost is at least a "
            f"millionth of a dollar and at most ${MOST_USD:,}. Nothing was entered."
        )
    return amount


def _number(text: str) -> Decimal | None:
    """What the text says; None unless it is plainly written."""
    plain = text.strip()
    if not re.search(r"[0-9]", plain, re.ASCII) or not PLAIN.fullmatch(plain):
        return None
    return Decimal(plain.replace("$", "").replace(",", "").replace("--", "-"))


def require_period(first: date, last: date) -> None:
    """Returns for a period that a cost can be of.

    Raises:
        ConfigurationError: when it ends before it begins, or lasts longer than ten years.
    """
    if last < first:
        raise ConfigurationError(f"The period ends on {last}, before it begins on {first}. Nothing was entered.")
    if (last - first).days >= LONGEST_DAYS:
        raise ConfigurationError(
            f"{first} to {last} is longer than ten years. Nothing was entered. Enter a cost for the period it pays for."
        )


def same(one: NewCost, other: NewCost) -> bool:
    """Whether two entries say the same: kind, period and amount."""
    return (one.kind, one.first, one.last, one.amount_usd_e6) == (
        other.kind, other.first, other.last, other.amount_usd_e6,
    )  # fmt: skip


def by_kind(costs: Iterable[NewCost], first: date, last: date) -> dict[Kind, int]:
    """What falls on a span of days by kind, in millionths of a dollar; kinds without an entry in it are left out.

    A cost and its counter-entry leave zero, which stands there: it was entered.
    """
    found: dict[Kind, int] = {}
    for cost in costs:
        if cost.first <= last and cost.last >= first:
            found[cost.kind] = found.get(cost.kind, 0) + cost.within(first, last)
    return {kind: found[kind] for kind in KINDS if kind in found}
