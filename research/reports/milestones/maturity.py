"""Boxes of phases 3 and 4 of the strategy (section 8.3)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from adapters.postgres.costs import costs_between
from research.reports.milestones.criterion import Answer, Asking, Criterion, above, counted
from trading.accounting.costs import E6
from trading.accounting.headline import dollars
from trading.evidence.clustered import group_means
from trading.outcomes.barriers import OutcomeRules
from trading.performance.estimate import Estimate

LIVE_SESSIONS = 20
SESSIONS = 250
MONTH_DAYS = 30
MONTH_USD = 200.0
ROSS_CAMERON = ("gap_and_go", "flat_top", "first_pullback", "bull_flag", "abcd", "vwap_reclaim")
LOSSES = """
WITH chosen AS (
    SELECT s.session, s.probability, s.probabilities, s.success::int::float8 AS y FROM signal_outcomes AS s
    WHERE s.ensemble_id = %s AND s.success IS NOT NULL AND s.probability IS NOT NULL AND s.known_session <= %s
    AND s.session > coalesce((SELECT session FROM replay_sessions WHERE session <= %s
                              ORDER BY session DESC OFFSET %s LIMIT 1), '-infinity')
)
SELECT m.n, session, avg(-ln(greatest(1e-6, y * m.p + (1 - y) * (1 - m.p)))
                         + ln(greatest(1e-6, y * probability + (1 - y) * (1 - probability))))
FROM chosen, unnest(probabilities) WITH ORDINALITY AS m (p, n)
WHERE m.p IS NOT NULL AND m.p <> 'NaN' GROUP BY 1, 2 ORDER BY 1, 2
"""
LIVE = """
SELECT count(*) FROM replay_sessions
WHERE completed_at < ((session + 1)::timestamp + '16 h') AT TIME ZONE 'America/New_York' AND session <= %s
"""


def _catalysts(asking: Asking) -> Answer:
    events = asking.one("SELECT count(*) FROM catalysts")
    with_one, known = asking.row(
        "SELECT count(*) FILTER (WHERE news_catalyst), count(news_catalyst) FROM pattern_training_data"
    )
    words = f"{events:,} events; {with_one:,} of {known:,} patterns with a known answer had a catalyst"
    return Answer("met" if with_one else "not met", words, float(with_one))


def _sentiment(asking: Asking) -> Answer:
    articles, scored = asking.row(
        "SELECT (SELECT count(*) FROM news_articles), (SELECT count(DISTINCT article_id) FROM news_sentiment)"
    )
    if not articles:
        return Answer("not enough data", "no article is on record")
    return Answer(
        "met" if scored else "not met", f"{scored:,} of {articles:,} articles have a sentiment", float(scored)
    )


def _ross_cameron(asking: Asking) -> Answer:
    days = asking.one("SELECT count(*) FROM session_pattern_days")
    found = asking.one("SELECT count(*) FROM session_patterns WHERE pattern_type = ANY(%s)", list(ROSS_CAMERON))
    if not days:
        return Answer("not enough data", "no minute bars are on record, so nothing within a session was looked through")
    return counted(found, 1, f"of his setups found within {days:,} sessions, each with its outcome")


def ensemble_beats_members(asking: Asking) -> Answer:
    """The ensemble's log loss is below that of each member, session by session, beyond doubt."""
    name, until = asking.champion, asking.found.until
    rows = [] if name is None else asking.rows(LOSSES, name, until, until, SESSIONS)
    if not rows:
        return Answer("not enough data", "no champion has scored a setup whose outcome is known")
    days = np.unique(np.array([row[1] for row in rows], dtype="datetime64[D]"))
    member = np.array([int(row[0]) - 1 for row in rows])
    means = group_means(
        np.array([row[2] for row in rows], dtype=np.float64),
        np.searchsorted(days, np.array([row[1] for row in rows], dtype="datetime64[D]")),
        member, groups=int(member.max()) + 1, sessions=len(days), overlap=OutcomeRules().horizon_sessions,
    )  # fmt: skip
    worst = min(means, key=lambda one: (one.mean.value is not None, one.mean.value or 0.0))
    return above(worst.mean, 0.0, "{:+.4f}", worst.missing)


def _autonomous(asking: Asking) -> Answer:
    live = asking.one(LIVE, asking.found.until)
    words = (
        f"{live:,} of at least {LIVE_SESSIONS} sessions were decided within a day of their close; a replay isn't one"
    )
    return Answer("met" if live >= LIVE_SESSIONS else "not enough data", words, float(live))


def _adapts(asking: Asking) -> Answer:
    trained = asking.one("SELECT count(*) FROM training_sessions WHERE state = 'trained'")
    changes = asking.one("SELECT count(*) FROM model_events WHERE role = 'champion'")
    words = f"{trained:,} trainings held by the platform itself, {changes:,} champions so far"
    if not trained:
        return Answer("not met", words, 0.0)
    return Answer("met" if changes > 1 else "not enough data", words, float(trained))


def _exceeds(asking: Asking) -> Answer:
    found = asking.found.headlines[asking.found.leading]
    if found.costs_usd is None:
        return Answer("not enough data", "no cost is on record, so profit after all costs isn't known")
    return above(found.over_hold_usd, 0.0, "{:+,.0f} USD", "too few sessions")


def month_usd(asking: Asking) -> float | None:
    """What the last 30 days cost; None where no cost of them is on record."""
    today = asking.now.date()
    costs = costs_between(asking.found.record.pool, today - timedelta(days=MONTH_DAYS - 1), today, asking.now)
    return sum(costs.values()) / E6 if costs else None


def _scales(asking: Asking) -> Answer:
    cost, found = month_usd(asking), asking.found.headlines[asking.found.leading]
    after = found.after_costs_usd
    if cost is None or after.value is None:
        return Answer("not enough data", "no cost is on record of the last 30 days, or of those that were traded")
    words = f"{dollars(cost)} in 30 days; {dollars(after.value)} after all costs of what was traded"
    if cost >= MONTH_USD:
        return Answer("not met", f"{words}; the budget is ${MONTH_USD:,.0f}", cost)
    told = above(Estimate(after.value, after.low, after.high), 0.0, "${:+,.2f}", "too few sessions")
    return Answer(told.state, words, cost)


PHASE_3 = (
    Criterion("8.3 phase 3", "Catalyst detection integrated", "patterns with a known catalyst",
              "catalysts; pattern_training_data.news_catalyst", _catalysts),
    Criterion("8.3 phase 3", "News sentiment analysis operational", "articles with a sentiment",
              "news_articles; news_sentiment", _sentiment),
    Criterion("8.3 phase 3", "Ross Cameron momentum strategy implemented", "his setups found, with outcomes",
              "session_patterns of his setups; session_pattern_days", _ross_cameron),
    Criterion("8.3 phase 3", "Ensemble model outperforming individual components", "log loss below each member's",
              "signal_outcomes of the champion: log loss of each member less the ensemble's, by session",
              ensemble_beats_members),
)  # fmt: skip
PHASE_4 = (
    Criterion("8.3 phase 4", "Autonomous trading system operational", "20 sessions as they happened",
              "replay_sessions completed within a day of their close", _autonomous),
    Criterion("8.3 phase 4", "Online learning and adaptation working", "trained by itself, and a change of champion",
              "training_sessions WHERE state = 'trained'; model_events WHERE role = 'champion'", _adapts),
    Criterion("8.3 phase 4", "Trading performance exceeds benchmarks", "> $0, whole interval",
              "equity of the leading account less costs less buy-and-hold, the same resampled sessions", _exceeds),
    Criterion("8.3 phase 4", "System scales efficiently with success", "< $200 in 30 days, and profit after all costs",
              "costs and machine_events of the last 30 days; the headline", _scales),
)  # fmt: skip
