"""Targets of sections 8.1 and 8.2 of the strategy, and all criteria together."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from adapters.postgres.health_hours import SLOW_S, HealthHours
from adapters.postgres.session_times import SessionTimes
from research.reports.milestones.criterion import Answer, Asking, Criterion, above, below, judge
from research.reports.milestones.foundation import ACCURACY, PHASE_1, PHASE_2, WINDOW, accuracy, uptime
from research.reports.milestones.maturity import MONTH_USD, PHASE_3, PHASE_4, month_usd
from trading.evidence.clustered import group_means
from trading.outcomes.barriers import OutcomeRules
from trading.performance.estimate import Estimate, block_samples, interval, widening
from trading.performance.metric import estimate
from trading.performance.metrics.registry import all_metrics

TWICE = 2.0
UPDATE_S = 300.0
TRAINING_S = 7_200.0
LEAST_UPDATES = 20
LEAST_ANSWERS = 100
BY_SESSION = """
SELECT session, count(*) FILTER (WHERE news_catalyst), count(*) FILTER (WHERE news_catalyst AND pattern_success),
       count(*) FILTER (WHERE NOT news_catalyst), count(*) FILTER (WHERE NOT news_catalyst AND pattern_success)
FROM pattern_training_data WHERE pattern_success IS NOT NULL AND news_catalyst IS NOT NULL
AND outcome_known_session <= %s GROUP BY session ORDER BY session
"""
DIRECTIONS = """
SELECT session, avg(((expected_return > 0) = (net_return > 0))::int)::float8 FROM signal_outcomes
WHERE ensemble_id = %s AND expected_return IS NOT NULL AND net_return IS NOT NULL AND known_session <= %s
GROUP BY session ORDER BY session
"""


def catalyst_ratio(asking: Asking) -> Answer:
    """Success of patterns with a catalyst over success without, sessions resampled."""
    rows = np.array([row[1:] for row in asking.rows(BY_SESSION, asking.found.until)], dtype=np.float64)
    if len(rows) == 0 or not rows[:, 0].sum() or not rows[:, 3].sum():
        return Answer("not enough data", "all patterns with a known outcome are on one side")
    draws = block_samples(len(rows), np.random.default_rng(asking.found.terms.seed))

    def ratio(sums: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((sums[..., 1] / sums[..., 0]) / (sums[..., 3] / sums[..., 2]))

    value = float(ratio(rows.sum(axis=0)))
    figure = interval(value, ratio(rows[draws].sum(axis=1)), widen=widening(len(rows)), within=(0.0, np.inf))
    return above(figure, TWICE, "{:.2f}", "too few sessions")


def directions(asking: Asking) -> Answer:
    """The champion's share of setups whose sign of return it foretold, sessions as the unit."""
    rows = [] if asking.champion is None else asking.rows(DIRECTIONS, asking.champion, asking.found.until)
    if not rows:
        return Answer("not enough data", "no champion has foretold a return that is known by now")
    shares = np.array([row[1] for row in rows], dtype=np.float64)
    (mean,) = group_means(
        shares - 0.5, np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64), groups=1, sessions=len(rows),
        overlap=OutcomeRules().horizon_sessions,
    )  # fmt: skip
    value, low, high = (None if end is None else end + 0.5 for end in (mean.mean.value, mean.mean.low, mean.mean.high))
    return above(Estimate(value, low, high), ACCURACY, "{:.1%}", mean.missing)


def _updates(asking: Asking) -> Answer:
    taken = [seconds for _, seconds in SessionTimes(asking.found.record.pool).whole(asking.found.until)]
    if len(taken) < LEAST_UPDATES:
        return Answer("not enough data", f"{len(taken)} sessions were timed, of at least {LEAST_UPDATES}")
    return below(float(np.max(taken)), UPDATE_S, "{:,.1f} s for the slowest session", "")


def _gpu_time(asking: Asking) -> Answer:
    longest = asking.one(
        "SELECT extract(epoch FROM max(ended_at - opened_at))::float8 FROM training_sessions "
        "WHERE kind = 'gpu' AND state = 'trained'"
    )
    return below(longest, TRAINING_S, "{:,.0f} s for the longest", "no training session on a GPU ended with models")


def response_time(asking: Asking) -> Answer:
    """What answers of the HTTP interface took on average over 30 days."""
    found = HealthHours(asking.found.record.pool).http(asking.now, WINDOW)
    if found.answers < LEAST_ANSWERS or found.mean_s is None:
        return Answer("not enough data", f"{found.answers:,} of at least {LEAST_ANSWERS} HTTP answers in 30 days")
    words = (
        f"{found.mean_s * 1000:,.0f} ms on average of {found.answers:,} answers, {found.slow_share:.2%} above 500 ms"
    )
    return Answer("met" if found.mean_s < SLOW_S else "not met", words, found.mean_s)


def _month(asking: Asking) -> Answer:
    return below(month_usd(asking), MONTH_USD, "${:,.2f} in 30 days", "no cost of the last 30 days is on record")


def _metric(name: str, target: float, asking: Asking) -> Answer:
    figures = asking.found.figures[asking.found.leading]
    metric = next(one for one in all_metrics() if one.name == name)
    return above(estimate(figures[name]), target, metric.form, "too few sessions or trades")


def _drawdown(asking: Asking) -> Answer:
    found = asking.found
    value = estimate(found.figures[found.leading]["max_drawdown"]).value
    if not any(trade.book == found.leading for trade in found.trades):
        return Answer("not enough data", "no trade was closed: who does nothing loses nothing")
    return below(value, 0.10, "{:.1%} so far", "no session yet")


TARGETS = (
    *(
        Criterion("8.1", f"pattern_detection_accuracy {name}", f"> {target:.0%}, whole interval",
                  "signals and outcomes: the champion's share of candidates judged right",
                  partial(accuracy, target=target))
        for name, target in (("baseline", 0.55), ("phase_1_target", 0.65), ("phase_2_target", 0.70),
                             ("stretch_goal", 0.75))
    ),
    Criterion("8.1", "catalyst_correlation", "> 2.0, whole interval",
              "pattern_training_data: success_rate_with_catalyst / success_rate_without", catalyst_ratio),
    Criterion("8.1", "outcome_prediction_accuracy", "> 65 %, whole interval",
              "signal_outcomes of the champion: predicted_direction == actual_direction", directions),
    Criterion("8.1", "uptime", ">= 99.9 % of each service",
              "health_events: share of the time watched in state ok or degraded, last 30 days", uptime),
    Criterion("8.1", "response_time", "< 500 ms on average",
              "http_hours: seconds / answers, last 30 days", response_time),
    Criterion("8.1", "data_processing", "< 5 minutes for a session",
              "session_times: cycle, monitoring, checks and report of the slowest session", _updates),
    Criterion("8.1", "gpu_training_time", "< 2 hours", "training_sessions: ended_at - opened_at, kind gpu", _gpu_time),
    Criterion("8.1", "cost_efficiency", "< $200 a month", "costs and machine_events of the last 30 days", _month),
    Criterion("8.2", "sharpe_ratio", "> 1.5, whole interval", "equity of the leading account",
              partial(_metric, "sharpe", 1.5)),
    Criterion("8.2", "max_drawdown", "< 10 %", "equity of the leading account", _drawdown),
    Criterion("8.2", "win_rate", "> 65 %, whole interval", "closing fills of the leading account",
              partial(_metric, "win_rate", 0.65)),
    Criterion("8.2", "win_rate stretch", "> 70 %, whole interval", "closing fills of the leading account",
              partial(_metric, "win_rate", 0.70)),
    Criterion("8.2", "profit_factor", "> 1.5, whole interval", "closing fills of the leading account",
              partial(_metric, "profit_factor", 1.5)),
)  # fmt: skip
MILESTONES = (*PHASE_1, *PHASE_2, *PHASE_3, *PHASE_4)
"""The strategy's sixteen boxes."""


def milestones_of(asking: Asking) -> list[dict[str, Any]]:
    """The sixteen boxes, in the strategy's order."""
    return judge(MILESTONES, asking)


def targets_of(asking: Asking) -> list[dict[str, Any]]:
    """The targets of sections 8.1 and 8.2."""
    return judge(TARGETS, asking)
