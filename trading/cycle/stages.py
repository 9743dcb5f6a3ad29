"""One cycle, session by session: what the actors call, and what a backtest runs in one process.

Every function takes history as it was known at the close of a session and returns what follows from it. The actors only
hold these results and pass them on, so that replay, paper and live decide by the same code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from trading.arrays import Days, Floats, Ints, Matrix
from trading.bars.ended import Endings
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst
from trading.catalysts.known import known_catalysts
from trading.decisions.book_view import Candidate
from trading.engine.bars import Quotes
from trading.indicators.daily import compute
from trading.market.context import MarketContext, market_context
from trading.market.regimes import Regimes, regimes
from trading.money import E4
from trading.news.record import NewsAt
from trading.patterns.recognised import NAMES, Detections, recognise_all
from trading.scanner.at_close import InPlay
from trading.views.ensemble import OF_EACH, Views
from trading.views.rule_system import RuleInputs, confidence, reasons
from trading.views.setups import FEATURES, Setups, build_setups


@dataclass(frozen=True)
class Market:
    """The technical analysis of history up to a session.

    Attributes:
        vix: days before that session and the VIX's closes; None where none is on record.
        sectors: by symbol, for those that have one.
        endings: where breaks end the bars of symbols; None in a history up to now, in which none does.
    """

    panel: Panel
    indicators: Mapping[str, Floats]
    context: MarketContext
    vix: tuple[Days, Floats] | None = None
    sectors: Mapping[str, str] = field(default_factory=dict)
    endings: Endings | None = None

    @property
    def ended_rows(self) -> Ints:
        """Rows of the symbols whose bars a break ends, ascending."""
        if self.endings is None:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.endings.ended[self.panel.symbol_index])


@dataclass(frozen=True)
class Patterns:
    """What was recognised in that history, and the catalysts known by then.

    Attributes:
        began: in a view of a longer history (`trading.cycle.segment_analysis`), when the formation of each of
            `detections.charts` began, which may lie before the view; None where the history itself says so.
        regimes: in a view, those of that history; None where they follow from the history itself.
    """

    detections: Detections
    catalyst: Catalyst
    began: Days | None = None
    regimes: Regimes | None = None


def analyse(
    panel: Panel,
    *,
    vix: tuple[Days, Floats] | None = None,
    sectors: Mapping[str, str] | None = None,
    endings: Endings | None = None,
) -> Market:
    """Indicators and market context of the panel, with what is known of the VIX, of sectors and of breaks."""
    indicators = compute(panel)
    return Market(panel, indicators, market_context(panel, indicators), vix, dict(sectors or {}), endings=endings)


def recognise(market: Market, events: pa.Table, news: NewsAt | None = None) -> Patterns:
    """Candlesticks, chart patterns and catalysts of the history; without `news`, what they tell is unknown."""
    found = recognise_all(market.panel, market.indicators["atr_14"])
    return Patterns(found, known_catalysts(market.panel, market.indicators, events, news))


def regimes_of(market: Market, patterns: Patterns) -> Regimes:
    """The regime of each session of the history."""
    if patterns.regimes is not None:
        return patterns.regimes
    return regimes(
        market.panel, market.indicators, market.context, patterns.catalyst, sectors=market.sectors, vix=market.vix
    )


def setups_at(market: Market, patterns: Patterns, session: np.datetime64) -> Setups:
    """The setups of one session."""
    rows = market.panel.rows_at(session)
    return build_setups(
        market.panel, market.indicators, market.context, patterns.detections, patterns.catalyst, rows=rows,
        regime=regimes_of(market, patterns),
    )  # fmt: skip


def rule_inputs(setups: Setups) -> RuleInputs:
    """What the rules look at, taken from the setups' features."""
    return rule_inputs_of(setups.matrix)


def rule_inputs_of(matrix: Matrix) -> RuleInputs:
    """The same from the feature rows alone, shape `(n, len(FEATURES))`."""

    def column(name: str) -> Floats:
        return matrix[:, FEATURES.index(name)].astype(np.float64)

    return RuleInputs(
        n_patterns=column("n_same_direction_patterns"),
        trend=column("market_trend"),
        rsi_14=column("rsi_14"),
        volume_ratio_20=column("volume_ratio_20"),
        sma_20=column("sma_20_distance"),
        relative_strength_20=column("relative_strength_20"),
        has_catalyst=column("has_catalyst"),
    )


def long_rows(panel: Panel, setups: Setups, in_play: Sequence[InPlay]) -> Ints:
    """Positions of the bullish setups of the stocks in play, in the scanner's order."""
    symbols = panel.row_symbols[setups.row]
    bullish = {str(symbols[i]): i for i in np.flatnonzero(setups.direction > 0)}
    return np.array([bullish[stock.symbol] for stock in in_play if stock.symbol in bullish], dtype=np.int64)


def candidates(
    market: Market, patterns: Patterns, setups: Setups, in_play: Sequence[InPlay], views: Views
) -> list[Candidate]:
    """The long setups with everything that a decision needs.

    Args:
        market: history at the session.
        patterns: of that history.
        setups: long ones of stocks in play.
        in_play: the scanner's list.
        views: the ensemble's, one per setup.
    """
    scores = {stock.symbol: stock.score for stock in in_play}
    rules = rule_inputs(setups)
    rule_confidence = confidence(rules)
    names = market.panel.row_symbols
    found, names_of = patterns.detections, np.array(NAMES)
    with np.errstate(invalid="ignore", divide="ignore"):  # no volume for 20 sessions: its average isn't known
        volume = market.panel.volume / market.indicators["volume_ratio_20"]
    out = []
    for i, row in enumerate(setups.row.tolist()):
        here = found.at(row)
        bullish = names_of[found.pattern[here]][found.direction[here] > 0]
        out.append(
            Candidate(
                symbol=str(names[row]),
                score=scores[str(names[row])],
                close_usd=float(market.panel.close[row]),
                atr_usd=float(market.indicators["atr_14"][row]),
                average_volume=float(volume[row]),
                patterns=tuple(str(name) for name in bullish),
                rule_confidence=float(rule_confidence[i]),
                rule_reasons=tuple(reasons(rules, i)),
                **_views_at(views, i),
            )
        )
    return out


def seen_as(told: Sequence[Candidate], views: Views) -> list[Candidate]:
    """The same candidates with the views of another version, one a candidate."""
    return [replace(one, **_views_at(views, i)) for i, one in enumerate(told)]


def _views_at(views: Views, i: int) -> dict[str, Any]:
    numbers = {name: float(getattr(views, name)[i]) for name in (*OF_EACH, "strength", "disagreement")}
    return {
        **numbers, "probabilities": views.at(i), "ensemble_id": views.ensemble_id, "trouble": views.trouble,
    }  # fmt: skip


def quotes_of(batch: pa.Table) -> Quotes:
    """The bars of one session as the engine sees them: prices in 1/10,000 USD, rounded half to even."""
    prices = [np.rint(batch.column(name).to_numpy() * E4) for name in ("open", "high", "low", "close")]
    volume = batch.column("volume").to_numpy().astype(np.int64)
    symbols = [str(symbol) for symbol in batch.column("symbol").to_pylist()]
    return Quotes(symbols, np.array(prices).astype(np.int64).reshape(4, -1), volume)


def closes_of(batch: pa.Table) -> dict[str, int]:
    """The close of each symbol of a session, in 1/10,000 USD."""
    quotes = quotes_of(batch)
    return dict(zip(quotes.symbols, quotes.prices_usd_e4[-1].tolist(), strict=True))
