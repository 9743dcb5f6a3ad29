"""Answers made of what the services say: signals, models, performance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.postgres.queries import ModelView
from serve.schemas import (
    AccountPerformance,
    Accuracy,
    Benchmark,
    Curve,
    Ensemble,
    EquityCurves,
    Estimate,
    Model,
    Models,
    Performance,
    RuleView,
    Signal,
    Target,
)
from trading.cycle import rule_inputs
from trading.ensemble import Views
from trading.metrics import TARGETS, targets_met
from trading.risk.model_risk import by_ensemble
from trading.rules import BUY_AT, confidence, reasons

ALGORITHMS = {"pattern": "random forest", "catalyst": "XGBoost classifier", "outcome": "XGBoost regressor"}
LABELS = {"rule": "Rule-based account", "ensemble": "Ensemble account"}
MEASURES = {
    "sharpe": ("Sharpe ratio", "{:.2f}"),
    "max_drawdown": ("maximum drawdown", "{:.1%}"),
    "win_rate": ("win rate", "{:.1%}"),
    "profit_factor": ("profit factor", "{:.2f}"),
}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def signals(latest: Any, views: Views, ensemble_id: str) -> list[Signal]:
    """One signal per symbol of `latest`, in order; a symbol without a bullish pattern is scored but never bought."""
    rules = rule_inputs(latest.setups)
    rule_confidence = confidence(rules)
    out = []
    for i, symbol in enumerate(latest.symbols):
        strength, disagreement = float(views.strength[i]), float(views.disagreement[i])
        rank = float(views.rank[i])
        verdict = by_ensemble(strength, rank, disagreement, float(rule_confidence[i]))
        bullish = any(name.startswith("+") for name in latest.pattern_names[i])
        buy = verdict.buy and bullish
        why = ", ".join(reasons(rules, i)) or "no condition holds"
        out.append(
            Signal(
                symbol=symbol,
                session=latest.session,
                patterns=list(latest.pattern_names[i]),
                p_pattern=_known(views.p_pattern[i]),
                p_catalyst=_known(views.p_catalyst[i]),
                p_outcome=_known(views.p_outcome[i]),
                expected_return=_known(views.expected_return[i]),
                strength=_known(strength),
                rank=_known(rank),
                confidence=_known(abs(2 * rank - 1)),
                disagreement=_known(disagreement),
                rule=RuleView(
                    confidence=float(rule_confidence[i]),
                    view="long" if rule_confidence[i] >= BUY_AT and bullish else "none",
                    why=why,
                ),
                decision="buy" if buy else "none",
                source=verdict.source,
                reason=verdict.reason + ("" if bullish else "; no bullish pattern at this bar, so no entry"),
                ensemble_id=ensemble_id,
            )
        )
    return out


def _estimate(value: Any) -> Estimate:
    """An estimate of the metrics module or the record as the API's own."""
    if isinstance(value, Mapping):
        return Estimate(value=value["value"], low=value["low"], high=value["high"])
    return Estimate(value=value.value, low=value.low, high=value.high)


def _accuracy(model: Mapping[str, Any], shared: Mapping[str, Any], rows: int) -> Accuracy:
    return Accuracy(
        model=_estimate(model),
        majority=shared["majority"]["value"],
        rule=shared["rule"]["value"],
        rows=rows,
        first_session=None,
        last_session=None,
    )


def models(views: Iterable[ModelView]) -> Models:
    """Ensembles with their models, in the order of the record."""
    grouped: dict[str, list[ModelView]] = {}
    for view in views:
        grouped.setdefault(view.ensemble_id, []).append(view)
    return Models(ensembles=[_ensemble(members) for members in grouped.values()])


def _ensemble(members: list[ModelView]) -> Ensemble:
    first = members[0]
    told = first.ensemble_metrics
    return Ensemble(
        ensemble_id=first.ensemble_id,
        status=first.status,
        known_before=first.known_before,
        accuracy=_accuracy(told["ensemble"], told, told["setups"]),
        models=[_model(member) for member in members],
    )


def _model(view: ModelView) -> Model:
    told = view.metrics
    return Model(
        model_id=view.model_id,
        kind=view.kind,
        algorithm=ALGORITHMS[view.kind],
        weight=view.weight,
        trained_at=view.created_at,
        train_first_session=view.train_from,
        train_last_session=view.train_to,
        train_rows=told["train_rows"],
        features=len(view.features),
        accuracy=_accuracy(told["accuracy"], told, told["test_setups"]),
        sha256=view.sha256,
        data_sha256=view.data_sha256,
    )


def performance(report: Any) -> Performance:
    """The reporting service's report; empty before the first session."""
    if report is None:
        return Performance(
            first_session=None, last_session=None, sessions=0, interval_level=None, interval_method=None,
            accounts=[], benchmark=None, targets=[],
        )  # fmt: skip
    books = [name for name in report.figures if name in LABELS]
    (held,) = [name for name in report.figures if name not in LABELS]
    hold = report.figures[held]
    return Performance(
        first_session=report.sessions[0],
        last_session=report.sessions[-1],
        sessions=len(report.sessions),
        interval_level=0.95,
        interval_method="moving-block bootstrap of 5 sessions, 2,000 draws; Wilson for the win rate",
        accounts=[_account(name, report.figures[name]) for name in books],
        benchmark=Benchmark(
            name=held,
            total_return=hold.total_return.value,
            sharpe=hold.sharpe.value,
            max_drawdown=hold.max_drawdown,
        ),
        targets=[target for name in books for target in _targets(name, report.figures[name])],
    )


def _account(name: Any, figures: Any) -> AccountPerformance:
    return AccountPerformance(
        book=name,
        total_return=_estimate(figures.total_return),
        sharpe=_estimate(figures.sharpe),
        max_drawdown=Estimate(value=figures.max_drawdown),
        win_rate=_estimate(figures.win_rate),
        profit_factor=_estimate(figures.profit_factor),
        trades=figures.trades,
    )


def _targets(name: Any, figures: Any) -> list[Target]:
    met = targets_met(figures)
    return [_target(name, measure, figures, met[measure]) for measure in MEASURES]


def _target(name: Any, measure: Any, figures: Any, met: bool | None) -> Target:  # noqa: FBT001
    label, form = MEASURES[measure]
    value = getattr(figures, measure)
    number = value if isinstance(value, float) else value.value
    comparison: Any = "<" if measure == "max_drawdown" else ">"
    verdict = {True: "met", False: "not met", None: "cannot be told"}[met]
    shown = "unknown" if number is None else form.format(number)
    text = f"{label} {shown}, target {comparison} {form.format(TARGETS[measure])}: {verdict}"
    return Target(
        book=name, measure=measure, comparison=comparison, target=TARGETS[measure], value=number, met=met, text=text
    )


def equity_curves(report: Any) -> EquityCurves:
    """Equity at each close; empty before the first session."""
    if report is None:
        return EquityCurves(sessions=[], curves=[])
    return EquityCurves(
        sessions=list(report.sessions),
        curves=[
            Curve(
                name=name if name in LABELS else "benchmark",
                label=LABELS.get(name, name.capitalize()),
                equity_usd=list(equity[1:]),
            )
            for name, equity in report.equity_usd.items()
        ],
    )
