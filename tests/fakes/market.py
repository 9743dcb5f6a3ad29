"""What the made-up replay says of the market: stocks in play, patterns, regime, events and news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from serve.answers.regime import Regime
from serve.resources import (
    catalysts,
    explanations,
    news,
    pattern_statistics,
    patterns,
    regime,
    scanner,
)
from serve.resources.catalysts import Catalyst, Catalysts
from serve.resources.explanations import Explanation
from serve.resources.news import News, NewsArticle, NewsSource
from serve.resources.pattern_statistics import CatalystStatistic, PatternStatistic, PatternStatistics
from serve.resources.patterns import Pattern, Patterns
from serve.resources.scanner import InPlay, Scan
from tests.fakes.replay import SYMBOLS, Replay, around


def _scan(replay: Replay, limit: int) -> Scan:
    if not replay.done:
        return Scan(session=None, profile=None, considered=None, in_play=[], excluded={})
    reasons = ("up 4.1 % on 3.2x volume, earnings 1 session ago", "down 3.4 % on 2.1x volume", "gap of 2.6 % up")
    stocks = [
        InPlay(
            symbol=symbol,
            rank=k + 1,
            score=round(0.86 - 0.07 * k, 2),
            parts={"move": round(0.9 - 0.08 * k, 2), "relative_volume": round(0.8 - 0.05 * k, 2), "catalyst": None},
            reason=reasons[k % 3],
        )
        for k, symbol in enumerate(SYMBOLS[2:10])
    ]
    return Scan(
        session=replay.session,
        profile="large_cap",
        considered=498,
        in_play=stocks[:limit],
        excluded={"illiquid": 11, "short history": 3, "quiet": 476},
    )


def _patterns(replay: Replay, limit: int) -> Patterns:
    rows = [
        Pattern(
            pattern=name,
            family="candlestick",
            direction="long",
            recorded=900,
            with_outcome=880,
            success_rate=0.48,
            mean_return=-0.0004,
            own_trades=0,
            own_target_rate=None,
            own_mean_return=None,
        )
        for name in ("engulfing", "hammer", "piercing")
    ]
    return Patterns(
        recorded=31_200,
        with_outcome=30_950,
        first_session=date(2009, 9, 21),
        last_session=replay.session,
        patterns=rows[:limit],
    )


def _pattern_statistics(replay: Replay, condition: str, label: str | None, limit: int) -> PatternStatistics:
    if not replay.done:
        return PatternStatistics(
            first_session=None, last_session=None, tested=0, conditions={}, catalyst=None, patterns=[]
        )
    labels = {"all": ("all",), "rsi": ("25-35", "unknown")}.get(condition, ())
    rows = [_statistic(condition, one) for one in labels if label in {None, one}]
    return PatternStatistics(
        first_session=date(2009, 9, 21),
        last_session=replay.session,
        tested=3,
        conditions={"rsi": ["25-35", "unknown"]},
        catalyst=CatalystStatistic(
            with_catalyst=100,
            without=900,
            unknown=0,
            success_with=around(0.48, 0.1),
            success_without=around(0.48, 0.03),
            ratio=around(1.0, 0.2),
            claim="refuted",
        ),
        patterns=rows[:limit],
    )


def _statistic(condition: str, label: str) -> PatternStatistic:
    return PatternStatistic(
        pattern="engulfing",
        family="candlestick",
        direction="long",
        condition=condition,
        label=label,
        recorded=900,
        with_outcome=880,
        sessions=80,
        success=around(0.48, 0.033),
        success_error=0.03,
        mean_return=-0.0004,
        compared=880,
        baseline=0.47,
        difference=around(0.01, 0.06),
        corrected=around(0.01, 0.09),
        p_value=0.74,
        q_value=0.9,
        verdict="no edge shown",
    )


def _regime(replay: Replay, session: date | None) -> Regime:
    known = replay.session is not None and session in {None, replay.session}
    return Regime(
        session=replay.session if known else None,
        words="bull market, high volatility (VIX), technical, led by Energy" if known else None,
        trend="bull" if known else None,
        volatility="high" if known else None,
        volatility_source="VIX" if known else None,
        volatility_points=26.5 if known else None,
        driver="technical" if known else None,
        catalyst_share=0.25 if known else None,
        leaders=["Energy"] if known else [],
        laggards=["Utilities"] if known else [],
        sector_dispersion=0.02 if known else None,
    )


def _catalysts(replay: Replay, limit: int) -> Catalysts:
    event = Catalyst(
        symbol="INTC",
        kind="earnings",
        event_date=date(2010, 4, 13),
        knowable_at=datetime(2010, 4, 14, 4, 0, tzinfo=UTC),
    )
    return Catalysts(covered_symbols=431, catalysts=[event][:limit] if replay.done else [])


def _news(_replay: Replay, symbol: str | None, limit: int) -> News:
    at = datetime(2010, 4, 13, 20, 15, tzinfo=UTC)
    one = NewsArticle(
        article_id="0" * 64,
        source="wire",
        channel="news",
        published_at=at,
        knowable_at=at + timedelta(minutes=1),
        headline="Intel beats estimates",
        url=None,
        symbols=["INTC"],
        kind="earnings",
        sentiment=0.6,
        repeats=None,
        flags=[],
    )
    source = NewsSource(source="wire", articles=1, last_success_at=at, last_error=None, last_error_at=None)
    return News(articles=[one][:limit] if symbol in {None, "INTC"} else [], sources=[source])


def _explanation(_replay: Replay, symbol: str, _at: date | datetime | None, *_asked: bool) -> Explanation:
    """The symbol was never in play."""
    return Explanation(
        symbol=symbol, session=date(2010, 7, 16), known_at=datetime(2010, 7, 16, 20, tzinfo=UTC), sector=None,
        regime=None, in_play=None, decisions=[], said="it was not in play",
    )  # fmt: skip


ANSWERS: Mapping[Any, Callable[..., Any]] = {
    scanner.read: _scan,
    patterns.read: _patterns,
    pattern_statistics.read: _pattern_statistics,
    regime.read: _regime,
    catalysts.read: _catalysts,
    news.read: _news,
    explanations.read: _explanation,
}
"""Reader -> what the replay answers in its place."""
