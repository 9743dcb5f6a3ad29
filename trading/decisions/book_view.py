"""What a decision sees: the candidate, the book, the circumstances."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from trading.decisions.arms import Arm
from trading.decisions.restrictions import Standing
from trading.risk.exposure import Surroundings
from trading.risk.model_risk import Doubt, ModelRiskLimits, Verdict
from trading.risk.past import DrawdownState
from trading.risk.regime_size import RegimeSize


@dataclass(frozen=True)
class Circumstances:
    """What holds for every account at a decision.

    Attributes:
        around: sectors and correlations; nothing known of them makes all stocks count as moving together.
        regime: what the market's regime leaves of a position.
        doubts: by ensemble, why it may not decide; absent where it may.
        grown: by ensemble, the limits for one whose share of the decisions has grown; absent where it has not.
    """

    around: Surroundings = field(default_factory=Surroundings)
    regime: RegimeSize = field(default_factory=RegimeSize)
    doubts: Mapping[str, Doubt] = field(default_factory=dict)
    grown: Mapping[str, ModelRiskLimits] = field(default_factory=dict)


@dataclass(frozen=True)
class Candidate:
    """A stock in play with a bullish setup, as known at the close of the session; NaN where unknown.

    Attributes:
        score: of the scanner, 0 to 1.
        close_usd: last price.
        atr_usd: average true range over 14 sessions.
        average_volume: shares a session over 20 sessions.
        patterns: names of the bullish candlesticks and chart patterns of this bar.
        probabilities: that the setup succeeds, by member of the ensemble; for the other views see
            `trading.views.ensemble.Views`.
        ensemble_id: that gave them; None where none was asked.
        trouble: why none could be asked, in words.
    """

    symbol: str
    score: float
    close_usd: float
    atr_usd: float
    average_volume: float
    patterns: tuple[str, ...]
    rule_confidence: float
    rule_reasons: tuple[str, ...]
    probabilities: Mapping[str, float]
    expected_return: float
    strength: float
    rank: float
    disagreement: float
    disagreement_rank: float = math.nan
    probability: float = math.nan
    expected_low: float = math.nan
    expected_high: float = math.nan
    ensemble_id: str | None = None
    trouble: str = ""


@dataclass(frozen=True)
class BookView:
    """What a decision needs to know of a book.

    Attributes:
        decides_by: the arm it follows.
        symbols: open or waiting to open.
        exposure_cents: value of each position at the last price, without sign.
        resting: symbols that may not be bought now, and why.
    """

    name: str
    decides_by: Arm
    equity_cents: int
    symbols: frozenset[str]
    drawdown: DrawdownState
    exposure_cents: Mapping[str, int] = field(default_factory=dict)
    resting: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        standing: Standing,
        *,
        name: str,
        decides_by: Arm,
        equity_cents: int,
        symbols: frozenset[str],
        exposure_cents: Mapping[str, int],
    ) -> BookView:
        """The book as it is, with what its past forbids; see `trading.decisions.restrictions.standing`."""
        return cls(
            name=name,
            decides_by=decides_by,
            equity_cents=equity_cents,
            symbols=symbols,
            drawdown=standing.drawdown,
            exposure_cents=exposure_cents,
            resting=standing.resting,
        )


@dataclass(frozen=True)
class Decision:
    """What was decided for one candidate in one book, and why.

    Attributes:
        veto: what risk refused or made smaller although the view was for it, in words; empty when it did neither.
        refused_by: the first rule or limit that refused it (`trading.decisions.refusals`); empty when it is bought.
    """

    session: date
    book: str
    candidate: Candidate
    verdict: Verdict
    action: Literal["buy", "none"]
    shares: int
    reason: str
    veto: str = ""
    refused_by: str = ""
