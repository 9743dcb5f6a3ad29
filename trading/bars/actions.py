"""Corporate actions as bars tell of them: splits, dividends, and breaks that nothing explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, order=True)
class Split:
    """From `session` on, `numerator` new shares stand for `denominator` old ones (2-for-1: 2 and 1).

    Attributes:
        guessed: by price and dollar volume alone: no source said it, and nobody confirmed it.
    """

    symbol: str
    session: date
    numerator: int
    denominator: int
    guessed: bool = False

    @property
    def factor(self) -> float:
        """New shares per old share."""
        return self.numerator / self.denominator


@dataclass(frozen=True, order=True)
class Break:
    """From `session` on, the earlier prices of the symbol can't be joined to the later ones.

    Attributes:
        explained: the source says what was distributed, so that the last price before is what a share was worth.
            Without that a position is worth the worse of the prices around the break.
    """

    symbol: str
    session: date
    reason: str
    explained: bool = False


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
