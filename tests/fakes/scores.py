"""What the made-up replay says of its models: signals and accuracy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from research.models.watched import Monitored, VerdictTold, VersionWatched
from serve.resources import (
    model_changes,
    model_comparison,
    model_monitoring,
    models,
    signals,
)
from serve.resources.model_changes import ModelChanged, NewEvent
from serve.resources.model_comparison import Comparison
from serve.resources.model_monitoring import ModelMonitoring, answer_of
from serve.resources.models import Accuracy, Deciding, Ensemble, Model, ModelEvent, Models
from serve.resources.signals import RuleView, Signal, Signals
from tests.fakes.replay import SYMBOLS, Replay, around
from trading.views.restraint import Turn
from trading.watching.analytics import Figure
from trading.watching.findings import Finding

NOON = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def _signals(replay: Replay, symbols: Sequence[str] | None, limit: int) -> Signals:
    asked = list(SYMBOLS[2:10]) if symbols is None else list(symbols)
    known = [symbol for symbol in asked if symbol in SYMBOLS and replay.done]
    unknown = [symbol for symbol in asked if symbol not in known] if symbols is not None else []
    return Signals(
        session=replay.session, signals=[_signal(replay, symbol) for symbol in known][:limit], unknown_symbols=unknown
    )


def _signal(replay: Replay, symbol: str) -> Signal:
    assert replay.session
    at = SYMBOLS.index(symbol)
    p_pattern, p_catalyst, p_outcome, rule = (round(float(p), 3) for p in replay.probabilities[at])
    catalyst = None if symbol == "X" else p_catalyst  # one symbol without known events
    strength = None if catalyst is None else round(0.4 * p_pattern + 0.4 * catalyst + 0.2 * p_outcome, 4)
    sure = strength is not None and max(strength, 1 - strength) >= 0.6
    buys = (strength if sure and strength is not None else rule) > 0.55
    verdict = "buys" if buys else "does nothing"
    return Signal(
        symbol=symbol,
        session=replay.session,
        patterns=["+engulfing"] if at % 2 else [],
        probabilities={"pattern": p_pattern, "catalyst": catalyst, "outcome": p_outcome},
        expected_return=round((p_outcome - 0.5) / 20, 4),
        expected_low=round((p_outcome - 0.6) / 20, 4),
        expected_high=round((p_outcome - 0.4) / 20, 4),
        probability=p_outcome,
        strength=strength,
        rank=strength,
        confidence=None if strength is None else abs(2 * strength - 1),
        disagreement=None if catalyst is None else round(max(p_pattern, catalyst) - min(p_pattern, catalyst), 3),
        disagreement_rank=None if catalyst is None else 0.4,
        model_rules=[] if sure else ["unsure"],
        rule=RuleView(confidence=rule, view="long" if rule > 0.5 else "none", why="close above its 20-session mean"),
        decision="buy" if buys else "none",
        source="ensemble" if sure else "rule",
        reason=f"the ensemble {verdict}" if sure else f"confidence under 0.60: left to the rule, which {verdict}",
        ensemble_id="ens-2010-03-01-7f3a9c",
    )


def _models(replay: Replay) -> Models:
    if not replay.done:
        return Models(deciding=None, ensembles=[])
    parts = (
        ("pattern", "random forest", 0.4),
        ("catalyst", "XGBoost classifier", 0.4),
        ("outcome", "XGBoost regressor", 0.2),
    )
    models = [
        Model(
            model_id=f"{kind}-1",
            kind=kind,
            algorithm=algorithm,
            weight=weight,
            trained_at=NOON,
            train_first_session=date(2009, 9, 21),
            train_last_session=date(2010, 1, 29),
            train_rows=21_480,
            features=88,
            accuracy=_accuracy(0.529 + 0.004 * k),
            sha256="0a" * 32,
            data_sha256="1b" * 32,
        )
        for k, (kind, algorithm, weight) in enumerate(parts)
    ]
    told = (
        ("ens-2010-03-01-7f3a9c", "champion", date(2010, 3, 1), 0.541, "the first"),
        (
            "ens-2010-03-29-21bb04",
            "challenger",
            date(2010, 3, 29),
            0.537,
            "trained on what was known then",
        ),
    )
    ensembles = [
        Ensemble(
            ensemble_id=name, role=role, from_session=since, known_before=since, audit_passed=True,
            accuracy=_accuracy(accuracy), models=models,
            events=[ModelEvent(role=role, from_session=since, who="training", why=why, at=NOON)],
        )
        for name, role, since, accuracy, why in told
    ]  # fmt: skip
    assert replay.session
    roles = Deciding(session=replay.session, champion=told[0][0], challenger=told[1][0], shadows=[])
    return Models(deciding=roles, ensembles=ensembles)


def _changed(role: str) -> Callable[..., ModelChanged]:
    """A change that holds from the last of the sessions on."""

    def answer(_: Replay, ensemble_id: str, *told: str) -> ModelChanged:
        event = NewEvent(
            ensemble_id=ensemble_id, role=role or told[0], from_session=date(2010, 7, 16), who="http", why=told[-1],
            at=NOON,
        )  # fmt: skip
        return ModelChanged(ensemble_id=ensemble_id, role=event.role, from_session=event.from_session, events=[event])

    return answer


def _comparison(replay: Replay, versions: Sequence[str] | None) -> Comparison:
    assert versions is None or replay
    return Comparison(versions=[], accounts=[], candidates=0, first_session=None, last_session=None, acted=[], looks="")


def _accuracy(value: float) -> Accuracy:
    return Accuracy(
        model=around(value, 0.017),
        majority=0.534,
        rule=0.512,
        logistic=0.527,
        rows=3_870,
        first_session=date(2010, 2, 1),
        last_session=date(2010, 2, 26),
    )


def _monitoring(replay: Replay) -> ModelMonitoring:
    """One version with an alarm that stands, once a session is complete."""
    session = replay.session
    if session is None or not replay.done:
        return answer_of(Monitored(None, [], [], [], [], None))
    found = [Finding("calibration", "alarm", 0.002, 0.0, "the slope is surely below 0.5")]
    figure = Figure("pattern_accuracy_30d", "hammer", 0.51, 0.47, 0.55, 30)
    part = {"mean": 0.001, "low": None, "high": None, "sessions": 12, "blocks": 0}
    verdict = VerdictTold(
        "ensemble-7", "rules", "not_enough_data", {"log_loss": part, "net_return": part, "silent": 0}, "not enough"
    )
    turn = Turn("ensemble-7", "half", session, session + timedelta(days=1), "calibration", NOON)
    version = VersionWatched("ensemble-7", "champion", "half", found, [figure])
    return answer_of(Monitored(session, [version], [verdict], [figure], [turn], None))


ANSWERS: Mapping[Any, Callable[..., Any]] = {
    signals.read: _signals,
    models.read: _models,
    model_comparison.read: _comparison,
    model_monitoring.read: _monitoring,
    model_changes.promote: _changed(""),
    model_changes.roll_back: _changed("champion"),
    model_changes.retire: _changed("retired"),
}
"""Reader -> what the replay answers in its place."""
