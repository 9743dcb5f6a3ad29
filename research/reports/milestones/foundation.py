"""Boxes of phases 1 and 2 of the strategy (section 8.3)."""

from __future__ import annotations

from datetime import timedelta

from adapters.postgres.daily_checks import DailyChecks
from adapters.postgres.health import HealthStore
from research.reports.milestones.criterion import Answer, Asking, Criterion, above, counted
from trading.evidence.calls import LEAST_SESSIONS
from trading.performance.estimate import Estimate
from trading.performance.metric import estimate

WATCHED = timedelta(days=7)
WINDOW = timedelta(days=30)
UPTIME = 0.999
INSTANCES = 10_000
ACCURACY = 0.65
HALF = 0.5
NO_MODELS = "there is no account of models beside one of the rules"


def uptime(asking: Asking) -> Answer:
    """The worst service's share of the time that a run watched it, over 30 days."""
    found = HealthStore(asking.found.record.pool).uptimes(asking.now, WINDOW)
    shares = {name: one.share for name, one in found.items() if one.share is not None}
    watched_h = min((one.watched_s for one in found.values()), default=0.0) / 3600
    if not shares or watched_h * 3600 < WATCHED.total_seconds():
        return Answer("not enough data", f"services were watched for {watched_h:,.1f} hours of at least 168 in 30 days")
    name, share = min(shares.items(), key=lambda pair: pair[1] or 0.0)
    value = share or 0.0
    return Answer("met" if value >= UPTIME else "not met", f"{value:.3%} ({name}, the lowest)", value)


def _instances(asking: Asking) -> Answer:
    return counted(asking.one("SELECT count(*) FROM pattern_training_data"), INSTANCES, "patterns on record")


def _baseline(asking: Asking) -> Answer:
    found = asking.found
    base = next((name for name, arm in found.arms.items() if arm == "rule"), None)
    sessions = len(found.to_date.sessions)
    if base is None:
        return Answer("not met", "the record has no account of the rules alone")
    if sessions < LEAST_SESSIONS:
        return Answer("not enough data", f"{sessions} of at least {LEAST_SESSIONS} sessions", float(sessions))
    made = estimate(found.figures[base]["total_return"])
    words = f"{made.value:+.2%} over {sessions} sessions with an interval" if made.value is not None else "no figure"
    return Answer("met" if made.low is not None else "not enough data", words, float(sessions))


def _pipeline(asking: Asking) -> Answer:
    latest = DailyChecks(asking.found.record.pool).latest()
    rows = asking.one("SELECT coalesce(sum(rows), 0) FROM bar_files WHERE timeframe = 'features'")
    bad = [f"{one.kind} {one.verdict}" for one in latest if one.verdict not in {"passed", "explained"}]
    if not latest or not rows:
        return Answer("not enough data", f"{len(latest)} kinds of daily checks and {rows:,} feature rows are on record")
    if bad:
        return Answer("not met", ", ".join(bad))
    told = ", ".join(f"{one.kind} {one.verdict}" for one in latest)
    return Answer("met", f"{told}; {rows:,} feature rows on record", float(rows))


def accuracy(asking: Asking, target: float = ACCURACY) -> Answer:
    """The champion's share of candidates judged right, out of sample."""
    name = asking.champion
    version = next((one for one in asking.found.comparison.versions if one.ensemble_id == name), None)
    if version is None:
        return Answer("not enough data", "no champion has scored a candidate yet")
    return above(version.calls.accuracy, target, "{:.1%}", version.calls.missing)


def _gpu(asking: Asking) -> Answer:
    held, trained = asking.row(
        "SELECT count(*), count(*) FILTER (WHERE state = 'trained' AND machines_gone IS NOT FALSE) "
        "FROM training_sessions WHERE kind = 'gpu'"
    )
    words = f"{trained} of {held} training sessions on a GPU ended with models and their machines gone"
    if not held:
        return Answer("not enough data", "no training session on a GPU was held")
    return Answer("met" if trained else "not met", words, float(trained))


def false_positives(asking: Asking) -> Answer:
    """By how much smaller the leading account's share of bad calls is than the rules', sessions resampled."""
    mine = asking.leading
    if mine is None or mine.less_rules is None:
        return Answer("not enough data", NO_MODELS)
    change = mine.less_rules.false_positives
    fewer = Estimate(_less(change.value), _less(change.high), _less(change.low))
    return above(fewer, HALF, "{:.1%}", mine.calls.missing)


def _less(change: float | None) -> float | None:
    """A change for the worse as one for the better."""
    return None if change is None else -change


def _superior(asking: Asking) -> Answer:
    mine = asking.leading
    if mine is None or mine.less_rules is None:
        return Answer("not enough data", NO_MODELS)
    return above(mine.less_rules.net_return, 0.0, "{:+.2%} a call", mine.calls.missing)


PHASE_1 = (
    Criterion("8.3 phase 1", "System running 24/7 with 99.9% uptime", ">= 99.9 % of each service",
              "health_events: share of the time watched in state ok or degraded, last 30 days", uptime),
    Criterion("8.3 phase 1", "10,000+ pattern instances collected", ">= 10,000",
              "SELECT count(*) FROM pattern_training_data", _instances),
    Criterion("8.3 phase 1", "Baseline performance documented", "figures of the rules' account with an interval",
              "equity of the account whose arm is rule; block bootstrap of its total return", _baseline),
    Criterion("8.3 phase 1", "Data pipeline validated for ML readiness", "latest check of each kind passed",
              "daily_checks, the latest of each kind; bar_files of feature rows", _pipeline),
)  # fmt: skip
PHASE_2 = (
    Criterion("8.3 phase 2", "ML pattern detection accuracy >65%", "> 65 %, whole interval",
              "signals and outcomes: the champion's share of candidates judged right", accuracy),
    Criterion("8.3 phase 2", "GPU training pipeline operational", "a session that trained, machines gone",
              "training_sessions WHERE kind = 'gpu'", _gpu),
    Criterion("8.3 phase 2", "50% reduction in false positives", "> 50 %, whole interval",
              "decisions and outcomes: 1 - share of bad calls of the leading account / that of the rules",
              false_positives),
    Criterion("8.3 phase 2", "A/B testing shows ML superiority", "> 0 a call, whole interval",
              "decisions and outcomes: mean net return of a call, leading account less rules", _superior),
)  # fmt: skip
