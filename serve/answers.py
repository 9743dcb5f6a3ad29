"""Answers made of what the services say: signals, models, performance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from adapters.postgres.accounts import AccountView, PositionView, TradeView
from adapters.postgres.queries import ModelView, OrderView
from serve.schemas import (
    Account,
    AccountPerformance,
    Accuracy,
    Benchmark,
    Book,
    Curve,
    Ensemble,
    EquityCurves,
    Estimate,
    Model,
    Models,
    Order,
    Performance,
    Position,
    Regime,
    RuleView,
    Signal,
    Target,
    Trade,
)
from trading.cycle.stages import rule_inputs
from trading.market import regimes
from trading.money import E4
from trading.performance.metrics import TARGETS, targets_met
from trading.risk.model_risk import ModelRiskLimits, by_ensemble
from trading.views.ensemble import Views
from trading.views.rule_system import BUY_AT, confidence, reasons

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


def signals(latest: Any, views: Views, ensemble_id: str, limits: ModelRiskLimits) -> list[Signal]:
    """One signal per symbol of `latest`, in order; a symbol without a bullish pattern is scored but never bought."""
    rules = rule_inputs(latest.setups)
    rule_confidence = confidence(rules)
    out = []
    for i, symbol in enumerate(latest.symbols):
        strength, disagreement = float(views.strength[i]), float(views.disagreement[i])
        rank = float(views.rank[i])
        verdict = by_ensemble(strength, rank, disagreement, float(rule_confidence[i]), limits)
        bullish = any(name.startswith("+") for name in latest.pattern_names[i])
        buy = verdict.buy and bullish
        why = ", ".join(reasons(rules, i)) or "no condition holds"
        out.append(
            Signal(
                symbol=symbol,
                session=latest.session,
                patterns=list(latest.pattern_names[i]),
                p_pattern=_known(views.of("pattern")[i]),
                p_catalyst=_known(views.of("catalyst")[i]),
                p_outcome=_known(views.of("outcome")[i]),
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


def regime(found: regimes.Regime | None) -> Regime:
    """The regime on record, or that none is."""
    if found is None:
        return Regime(
            session=None, words=None, trend=None, volatility=None, volatility_source=None, volatility_points=None,
            driver=None, catalyst_share=None, leaders=[], laggards=[], sector_dispersion=None,
        )  # fmt: skip
    return Regime(**{**asdict(found), "leaders": list(found.leaders), "laggards": list(found.laggards)})


EXITS = {
    "stop": "stop reached",
    "target": "target reached",
    "time": "time limit reached",
    "exit": "closed by an order",
    "settled": "settled at the last close: its history broke or its bars ended",
}


def account(view: AccountView, restriction: str) -> Account:
    """An account; `restriction` is what its losses forbid, empty if nothing."""
    return Account(
        book=_book(view.book),
        cash_usd=view.cash_cents / 100,
        positions_usd=view.positions_cents / 100,
        equity_usd=view.equity_cents / 100,
        start_equity_usd=view.start_cents / 100,
        total_return=view.equity_cents / view.start_cents - 1,
        drawdown=1 - view.equity_cents / max(view.start_cents, view.peak_cents),
        open_positions=view.open_positions,
        state=restriction or "trading",
    )


def position(view: PositionView) -> Position:
    """An open position."""
    held = view.position
    unrealised_cents = held.value_cents - held.cost_cents
    return Position(
        book=_book(view.book),
        symbol=held.symbol,
        shares=held.shares,
        entry_session=held.entry_session,
        entry_price_usd=held.cost_cents / 100 / held.shares,
        last_price_usd=held.last_close_usd_e4 / E4,
        market_value_usd=held.value_cents / 100,
        unrealised_usd=unrealised_cents / 100,
        unrealised_return=unrealised_cents / abs(held.cost_cents),
        stop_price_usd=held.stop_usd_e4 / E4 if held.stop_usd_e4 else None,
        target_price_usd=held.target_usd_e4 / E4 if held.target_usd_e4 else None,
        held_sessions=held.held_sessions,
        reason=view.reason,
    )


def trade(view: TradeView) -> Trade:
    """A closed round trip."""
    return Trade(
        book=_book(view.book),
        symbol=view.symbol,
        direction=view.direction,
        shares=view.shares,
        entry_session=view.entry_session,
        entry_price_usd=view.cost_cents / 100 / view.shares,
        exit_session=view.exit_session,
        exit_price_usd=view.exit_price_usd_e4 / E4,
        profit_usd=view.profit_cents / 100,
        trade_return=view.profit_cents / view.cost_cents,
        held_sessions=view.held_sessions,
        entry_reason=view.entry_reason,
        exit_reason=EXITS[view.exit_reason],
    )


def order(view: OrderView) -> Order:
    """An order and what became of it."""
    return Order(
        order_id=view.order_id,
        book=_book(view.book),
        symbol=view.symbol,
        side=view.side,
        shares=view.shares,
        kind=view.kind,
        decided_session=view.decided_session,
        status=view.status,
        filled_session=view.filled_session,
        fill_price_usd=None if view.price_usd_e4 is None else view.price_usd_e4 / E4,
        commission_usd=None if view.commission_cents is None else view.commission_cents / 100,
        reason=view.reason if view.closed_reason is None else f"{view.reason}; {view.closed_reason}",
    )


def _book(name: str) -> Book:
    return "rule" if name == "rule" else "ensemble"


def _estimate(value: Any) -> Estimate:
    """An estimate of the metrics module or the record as the API's own."""
    if isinstance(value, Mapping):
        return Estimate(value=value["value"], low=value["low"], high=value["high"])
    return Estimate(value=value.value, low=value.low, high=value.high)


def _accuracy(model: Mapping[str, Any], shared: Mapping[str, Any], rows: int, reach: tuple[str, str]) -> Accuracy:
    return Accuracy(
        model=_estimate(model),
        majority=shared["majority"]["value"],
        rule=shared["rule"]["value"],
        rows=rows,
        first_session=date.fromisoformat(reach[0]),
        last_session=date.fromisoformat(reach[1]),
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
        accuracy=_accuracy(told["ensemble"], told, told["setups"], (told["first_session"], told["last_session"])),
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
        accuracy=_accuracy(
            told["accuracy"], told, told["test_setups"], (told["test_first_session"], told["test_last_session"])
        ),
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
