"""What the made-up replay says of the market: stocks in play, patterns, regime, events and news."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from serve.schemas import (
    Catalyst,
    Catalysts,
    CatalystStatistic,
    Estimate,
    InPlay,
    News,
    NewsArticle,
    NewsSource,
    Pattern,
    Patterns,
    PatternStatistic,
    PatternStatistics,
    Regime,
    Scan,
)

SYMBOLS = ("AAPL", "AMZN", "BAC", "C", "CAT", "F", "FCX", "GE", "GS", "INTC", "JPM", "MSFT", "NFLX", "WFC", "X", "YHOO")
FIRST_SESSION = date(2010, 3, 1)


def sessions(count: int) -> list[date]:
    """The first `count` weekdays from 2010-03-01."""
    days = (FIRST_SESSION + timedelta(days=k) for k in range(count * 2))
    return [day for day in days if day.weekday() < 5][:count]


class FakeMarket:
    """Answers about the market after `done` of 100 sessions.

    Attributes:
        done: complete sessions; 0 is a platform that has only just started.
        failing: question name -> what it raises.
        asked: the questions so far, with their arguments.
    """

    def __init__(self, done: int) -> None:
        self.done = done
        self.failing: dict[str, Exception] = {}
        self.asked: list[tuple[str, tuple[object, ...]]] = []

    def _answer(self, name: str, *args: object) -> None:
        self.asked.append((name, args))
        if name in self.failing:
            raise self.failing[name]

    @property
    def _session(self) -> date | None:
        return sessions(self.done)[-1] if self.done else None

    def scanner(self, limit: int) -> Scan:
        self._answer("scanner", limit)
        if not self.done:
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
            session=self._session,
            profile="large_cap",
            considered=498,
            in_play=stocks[:limit],
            excluded={"illiquid": 11, "short history": 3, "quiet": 476},
        )

    def patterns(self, limit: int) -> Patterns:
        self._answer("patterns", limit)
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
            last_session=self._session,
            patterns=rows[:limit],
        )

    def pattern_statistics(self, condition: str, label: str | None, limit: int) -> PatternStatistics:
        self._answer("pattern_statistics", condition, label, limit)
        if not self.done:
            return PatternStatistics(
                first_session=None, last_session=None, tested=0, conditions={}, catalyst=None, patterns=[]
            )
        labels = {"all": ("all",), "rsi": ("25-35", "unknown")}.get(condition, ())
        rows = [self._statistic(condition, one) for one in labels if label in {None, one}]
        return PatternStatistics(
            first_session=date(2009, 9, 21),
            last_session=self._session,
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

    def _statistic(self, condition: str, label: str) -> PatternStatistic:
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

    def regime(self, session: date | None) -> Regime:
        self._answer("regime", session)
        known = self._session is not None and session in {None, self._session}
        return Regime(
            session=self._session if known else None,
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

    def catalysts(self, limit: int) -> Catalysts:
        self._answer("catalysts", limit)
        event = Catalyst(
            symbol="INTC",
            kind="earnings",
            event_date=date(2010, 4, 13),
            knowable_at=datetime(2010, 4, 14, 4, 0, tzinfo=UTC),
        )
        return Catalysts(covered_symbols=431, catalysts=[event][:limit] if self.done else [])

    def news(self, symbol: str | None, limit: int) -> News:
        self._answer("news", symbol, limit)
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


def around(value: float | None, half: float) -> Estimate:
    """The value with an interval of this half-width."""
    return Estimate(value=None) if value is None else Estimate(value=value, low=value - half, high=value + half)
