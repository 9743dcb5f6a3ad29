"""What the HTTP interface reads, each answer bounded. Nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from adapters.postgres.pool import Pool, transaction
from adapters.postgres.sentiment import SentimentStore

LIMIT = 10_000
"""No answer has more rows, whatever the caller asks for."""


@dataclass(frozen=True)
class OrderView:
    """An order and what became of it; the fill's fields are None while it has none.

    Attributes:
        filled_session: of the latest fill.
        price_usd_e4: the average of the fills.
        commission_cents: of all fills, regulatory fees included.
    """

    order_id: str
    book: str
    symbol: str
    side: str
    shares: int
    kind: str
    decided_session: date
    status: str
    reason: str
    closed_reason: str | None
    filled_session: date | None
    price_usd_e4: int | None
    commission_cents: int | None


@dataclass(frozen=True)
class EquityPoint:
    """Equity of a book at a close."""

    book: str
    session: date
    equity_cents: int


@dataclass(frozen=True)
class ScanRow:
    """A stock in play."""

    symbol: str
    rank: int
    score: float
    parts: Mapping[str, float | None]
    reason: str


@dataclass(frozen=True)
class DecisionView:
    """A decision of the record; None = unknown."""

    session: date
    account: str
    symbol: str
    probabilities: Mapping[str, float | None]
    expected_return: float | None
    strength: float | None
    disagreement: float | None
    confidence: float | None
    rule_confidence: float | None
    source: str
    action: str
    shares: int
    patterns: Sequence[str]
    reason: str
    ensemble_id: str | None


@dataclass(frozen=True)
class ModelView:
    """A model of an ensemble, with its part and weight."""

    ensemble_id: str
    role: str
    from_session: date
    known_before: date
    ensemble_metrics: Mapping[str, Any]
    model_id: str
    kind: str
    weight: float
    version: int
    created_at: datetime
    sha256: str
    data_sha256: str
    code_version: str
    metrics: Mapping[str, Any]
    features: Sequence[str]
    train_from: date
    train_to: date


@dataclass(frozen=True)
class PatternView:
    """How often a pattern was found and how it turned out.

    Attributes:
        direction: 1, -1, or 0 without one.
        success_rate: share of known outcomes with a net gain; None without any.
        own_trades: chart patterns traded to the end by their own stop and target.
        own_target_rate: share of these that reached the target; None without any.
        own_mean_return: mean net outcome of these; None without any.
    """

    pattern_type: str
    family: Literal["candlestick", "chart"]
    direction: int
    recorded: int
    with_outcome: int
    success_rate: float | None
    mean_return: float | None
    own_trades: int
    own_target_rate: float | None
    own_mean_return: float | None


@dataclass(frozen=True)
class CatalystView:
    """An event."""

    symbol: str
    kind: str
    event_date: date
    knowable_at: datetime


@dataclass(frozen=True)
class ArticleView:
    """An article with what was read out of it."""

    article_id: str
    source: str
    channel: str
    published_at: datetime
    knowable_at: datetime
    headline: str | None
    url: str | None
    symbols: Sequence[str]
    kind: str
    sentiment: float | None
    repeats: str | None
    flags: Sequence[str]


@dataclass(frozen=True)
class ReplayProgress:
    """How far the replay has come."""

    sessions: int
    first_session: date | None
    last_session: date | None
    stocks_in_play: int | None


class Queries:
    """Reader of the record for the HTTP interface."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def orders(self, book: str | None, limit: int) -> list[OrderView]:
        """Orders, latest first."""
        rows = self._fetch(
            "SELECT o.order_id, o.book, o.symbol, o.side, o.shares, o.kind, o.decided_session, o.status, o.reason, "
            "o.closed_reason, f.session, f.price_usd_e4, f.commission_cents "
            "FROM orders AS o LEFT JOIN (SELECT order_id, max(session) AS session, "
            "round(sum(price_usd_e4::numeric * shares) / sum(shares))::bigint AS price_usd_e4, "
            "sum(commission_cents + fees_cents)::bigint AS commission_cents FROM fills GROUP BY order_id) AS f "
            "USING (order_id) WHERE o.book = coalesce(%s, o.book) "
            "ORDER BY coalesce(f.session, o.decided_session) DESC, o.book, o.order_id LIMIT %s",
            [book, _bounded(limit)],
        )
        return [OrderView(*row) for row in rows]

    def equity_curve(self) -> list[EquityPoint]:
        """Equity of every book at every close, by session, then book."""
        rows = self._fetch(
            "SELECT book, session, equity_cents FROM equity ORDER BY session DESC, book LIMIT %s", [LIMIT]
        )
        return [EquityPoint(*row) for row in reversed(rows)]

    def last_scan(self, limit: int) -> tuple[date | None, list[ScanRow]]:
        """The latest session that was scanned and its stocks in play, by rank."""
        rows = self._fetch(
            "SELECT session, symbol, rank, score, parts, reason FROM scans "
            "WHERE session = (SELECT max(session) FROM scans) ORDER BY rank LIMIT %s",
            [_bounded(limit)],
        )
        return (rows[0][0] if rows else None), [ScanRow(*row[1:]) for row in rows]

    def decisions(self, account: str | None, limit: int) -> list[DecisionView]:
        """Decisions, latest session first, purchases first within it."""
        rows = self._fetch(
            "SELECT session, account, symbol, probabilities, expected_return, strength, "
            "disagreement, confidence, rule_confidence, source, action, shares, patterns, reason, ensemble_id "
            "FROM decisions WHERE account = coalesce(%s, account) "
            "ORDER BY session DESC, (action = 'buy') DESC, account, confidence DESC NULLS LAST, symbol LIMIT %s",
            [account, _bounded(limit)],
        )
        return [DecisionView(*row) for row in rows]

    def models(self, ensembles: int = 5) -> list[ModelView]:
        """The models of ensembles: the champion's, the challenger's, shadows', then those of the latest others."""
        rows = self._fetch(
            "WITH life AS (SELECT DISTINCT ON (ensemble_id) ensemble_id, role, from_session FROM model_events "
            "ORDER BY ensemble_id, event_id DESC), chosen AS (SELECT *, coalesce(array_position("
            "ARRAY['champion', 'challenger', 'shadow'], role), 4) AS place FROM ensembles "
            "JOIN life USING (ensemble_id) ORDER BY place, created_at DESC LIMIT %s) "
            "SELECT e.ensemble_id, e.role, e.from_session, e.known_before, e.metrics, m.model_id, m.kind, part.weight, "
            "m.version, "
            "m.created_at, m.sha256, m.data_sha256, m.code_version, m.metrics, m.features, m.train_from, m.train_to "
            "FROM chosen AS e JOIN ensemble_members AS part USING (ensemble_id) JOIN models AS m USING (model_id) "
            "ORDER BY e.place, e.created_at DESC, e.ensemble_id, part.position",
            [_bounded(ensembles)],
        )
        return [ModelView(*row) for row in rows]

    def patterns(self, limit: int) -> list[PatternView]:
        """Patterns, most frequent first."""
        rows = self._fetch(
            "SELECT pattern_type, family, direction, count(*), count(outcome_known_session), "
            "avg(pattern_success::int)::double precision, avg(outcome_return), count(own_return), "
            "(avg((own_exit = 'target')::int) FILTER (WHERE own_return IS NOT NULL))::double precision, "
            "avg(own_return) FROM pattern_training_data "
            "GROUP BY pattern_type, family, direction ORDER BY count(*) DESC, pattern_type, direction LIMIT %s",
            [_bounded(limit)],
        )
        return [PatternView(*row) for row in rows]

    def pattern_sessions(self) -> tuple[date | None, date | None]:
        """The first and the last session with a pattern on record."""
        first, last = self._fetch("SELECT min(session), max(session) FROM pattern_training_data", [])[0]
        return first, last

    def catalysts(self, known_at: datetime, limit: int) -> list[CatalystView]:
        """Events that were knowable at an instant, latest first."""
        rows = self._fetch(
            "SELECT symbol, kind, event_date, min(knowable_at) FROM catalysts WHERE knowable_at <= %s "
            "GROUP BY 1, 2, 3 ORDER BY event_date DESC, symbol LIMIT %s",
            [known_at, _bounded(limit)],
        )
        return [CatalystView(*row) for row in rows]

    def news(self, symbol: str | None, limit: int) -> list[ArticleView]:
        """The latest articles, of one company or of all, with the sentiment that counts."""
        rows = self._fetch(
            "SELECT article_id, source, channel, published_at, knowable_at, headline, url, "
            "array(SELECT symbol FROM news_links l WHERE l.article_id = a.article_id ORDER BY symbol), catalyst_kind, "
            "(SELECT score FROM news_sentiment s WHERE s.article_id = a.article_id AND s.scorer = %s), duplicate_of, "
            "flags FROM news_articles a WHERE %s::text IS NULL OR EXISTS "
            "(SELECT FROM news_links l WHERE l.article_id = a.article_id AND l.symbol = %s) "
            "ORDER BY knowable_at DESC, article_id LIMIT %s",
            [SentimentStore(self._pool).chosen().name, symbol, symbol, _bounded(limit)],
        )
        return [ArticleView(*row) for row in rows]

    def progress(self) -> ReplayProgress:
        """The sessions that are complete."""
        rows = self._fetch(
            "SELECT count(*), min(session), max(session), "
            "(SELECT stocks_in_play FROM replay_sessions ORDER BY session DESC LIMIT 1) FROM replay_sessions",
            [],
        )
        return ReplayProgress(*rows[0])

    def _fetch(self, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        with transaction(self._pool) as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(query.encode(), parameters)
            return cursor.fetchall()


def _bounded(limit: int) -> int:
    return max(0, min(limit, LIMIT))
