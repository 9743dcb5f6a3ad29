"""Corporate actions as bars tell of them: splits, dividends, and breaks that nothing explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class Split:
    """From `session` on, `numerator` new shares stand for `denominator` old ones (2-for-1: 2 and 1)."""

    symbol: str
    session: date
    numerator: int
    denominator: int

    @property
    def factor(self) -> float:
        """New shares per old share."""
        return self.numerator / self.denominator


@dataclass(frozen=True, order=True)
class Break:
    """From `session` on, the earlier prices of the symbol can't be joined to the later ones."""

    symbol: str
    session: date
    reason: str


@dataclass(frozen=True, order=True)
class Dividend:
    """Something left the price at the open of `session` without being a split.

    Attributes:
        factor: earlier prices times this can be compared with later ones.
        amount_usd: a share, as far as the close before is known.
    """

    symbol: str
    session: date
    factor: float
    amount_usd: float | None
