"""A backend of the HTTP API that holds a made-up replay of 100 sessions of 2010, the same on every run.

The numbers belong together (equity = cash + positions, win rate = wins / trades …) so that a page that mixes them up
shows it, but they are nobody's results.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

import numpy as np

from serve.schemas import (
    Accuracy,
    BrokerAccountState,
    Costs,
    Ensemble,
    Health,
    Model,
    Models,
    PhaseBudget,
    Progress,
    RuleView,
    RunningMachine,
    ServiceHealth,
    Signal,
    Signals,
    Storage,
    StorageEvent,
    TierHolding,
    TradingState,
    TrainingPlan,
    TrainingSession,
)
from tests.fakes.accounts import FakeAccounts
from tests.fakes.market import SYMBOLS, around


class FakeBackend(FakeAccounts):
    """Answers like a platform that has replayed `done` of 100 sessions.

    Attributes:
        done: complete sessions; 0 is a platform that has only just started.
        failing: question name -> what it raises.
        asked: the questions so far, with their arguments.
    """

    def __init__(self, done: int = 64, seed: int = 7) -> None:
        rng = np.random.default_rng(seed)
        super().__init__(done, rng)
        self.suspended: str | None = None
        self._probabilities = rng.uniform(0.35, 0.75, (len(SYMBOLS), 4))

    def signals(self, symbols: Sequence[str] | None, limit: int) -> Signals:
        self._answer("signals", symbols, limit)
        asked = list(SYMBOLS[2:10]) if symbols is None else list(symbols)
        known = [symbol for symbol in asked if symbol in SYMBOLS and self.done]
        unknown = [symbol for symbol in asked if symbol not in known] if symbols is not None else []
        return Signals(
            session=self._session, signals=[self._signal(symbol) for symbol in known][:limit], unknown_symbols=unknown
        )

    def _signal(self, symbol: str) -> Signal:
        assert self._session
        at = SYMBOLS.index(symbol)
        p_pattern, p_catalyst, p_outcome, rule = (round(float(p), 3) for p in self._probabilities[at])
        catalyst = None if symbol == "X" else p_catalyst  # one symbol without known events
        strength = None if catalyst is None else round(0.4 * p_pattern + 0.4 * catalyst + 0.2 * p_outcome, 4)
        sure = strength is not None and max(strength, 1 - strength) >= 0.6
        buys = (strength if sure and strength is not None else rule) > 0.55
        verdict = "buys" if buys else "does nothing"
        return Signal(
            symbol=symbol,
            session=self._session,
            patterns=["+engulfing"] if at % 2 else [],
            p_pattern=p_pattern,
            p_catalyst=catalyst,
            p_outcome=p_outcome,
            expected_return=round((p_outcome - 0.5) / 20, 4),
            strength=strength,
            rank=strength,
            confidence=None if strength is None else abs(2 * strength - 1),
            disagreement=None if catalyst is None else round(max(p_pattern, catalyst) - min(p_pattern, catalyst), 3),
            rule=RuleView(
                confidence=rule, view="long" if rule > 0.5 else "none", why="close above its 20-session mean"
            ),
            decision="buy" if buys else "none",
            source="ensemble" if sure else "rule",
            reason=f"the ensemble {verdict}" if sure else f"confidence under 0.60: left to the rule, which {verdict}",
            ensemble_id="ens-2010-03-01-7f3a9c",
        )

    def models(self) -> Models:
        self._answer("models")
        if not self.done:
            return Models(ensembles=[])
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
                trained_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
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
        ensemble = Ensemble(
            ensemble_id="ens-2010-03-01-7f3a9c",
            status="champion",
            known_before=date(2010, 3, 1),
            accuracy=_accuracy(0.541),
            models=models,
        )
        return Models(ensembles=[ensemble])

    def health(self) -> Health:
        self._answer("health")
        at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        names = ("coordinator", "ingestion", "technical_analysis", "pattern_recognition", "scanner", "paper_trading")
        found = [ServiceHealth(service=name, state="ok", detail="", at=at) for name in names]
        found.append(
            ServiceHealth(service="ensemble", state="degraded", detail="restarted 1 time; answers again", at=at)
        )
        return Health(state="degraded", services=found)

    def storage(self) -> Storage:
        self._answer("storage")
        held = TierHolding(
            tier="hot",
            timeframe="1d",
            files=12,
            rows=122_564,
            first_session=date(2009, 8, 21),
            last_session=date(2010, 8, 20),
        )
        at = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
        return Storage(
            measured_on=date(2026, 11, 23),
            used_bytes=61_000_000_000,
            capacity_bytes=80_000_000_000,
            bars_bytes=9_000_000,
            database_bytes=400_000_000,
            growth_bytes_per_day=100_000_000.0,
            fills_on=date(2027, 6, 1),
            purchase="61.0 of 80.0 GB of the disk are used: buy a volume",
            tiers=[held] if self.done else [],
            last_archive=StorageEvent(at=at, ok=True, detail="12 files moved, 0 merged"),
            last_backup=None,
        )

    def costs(self) -> Costs:
        self._answer("costs")
        at = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
        session = TrainingSession(
            kind="gpu",
            opened_at=at,
            ended_at=datetime(2026, 11, 21, 11, 12, tzinfo=UTC),
            state="trained",
            detail="",
            device="cuda:0 NVIDIA H100",
            ensemble_id="ensemble-0123456789ab",
            machines_gone=True,
            cost_usd=4.07,
        )
        head = RunningMachine(
            cluster="inplay", machine="inplay-inplay-h-1", size="s-2vcpu-4gb", usd_per_h=0.03571, since=at
        )
        plan = TrainingPlan(kind="gpu", planned_at=at, opens=False, code="held", reason="This week's session was held.")
        return Costs(
            as_of=at,
            now_usd_per_h=0.03571 if self.done else None,
            today_usd=0.36 if self.done else None,
            month_to_date_usd=21.49 if self.done else None,
            month_forecast_usd=28.07 if self.done else None,
            gpu_hours=1.2 if self.done else None,
            gpu_usd=4.07 if self.done else None,
            gpu_budget_usd_per_month=58.0,
            machines=[head] if self.done else [],
            phases=[PhaseBudget(phase=2, name="ML integration", budget_usd_per_month=82, forecast_fits=True)],
            plans=[plan] if self.done else [],
            sessions=[session] if self.done else [],
        )

    def trading(self) -> TradingState:
        self._answer("trading")
        at = datetime(2026, 11, 20, 21, 35, tzinfo=UTC)
        account = BrokerAccountState(
            broker="alpaca-paper",
            connected=True,
            listening=True,
            detail="the account and the books agree",
            looked_at=at,
            reconciled_at=at,
            open_orders=4,
            unknown_orders=0,
            session=date(2026, 11, 20),
            cash_usd=81_204.11,
            equity_usd=100_912.47,
            positions=2,
        )
        return TradingState(
            suspended=self.suspended,
            unreconciled=None,
            armed_until=None,
            limit_usd=None,
            spent_usd=None,
            broker=account if self.done else None,
        )

    def suspend(self, reason: str) -> TradingState:
        self._answer("suspend")
        self.suspended = reason
        return self.trading()

    def resume(self, reason: str) -> TradingState:
        self._answer("resume")
        del reason
        self.suspended = None
        return self.trading()

    def progress(self) -> Progress:
        self._answer("progress")
        phase: Literal["training", "replaying", "done"] = (
            "training" if not self.done else "done" if self.done == 100 else "replaying"
        )
        detail = "training the outcome model" if not self.done else ""
        return Progress(phase=phase, session=self._session, sessions_done=self.done, sessions_total=100, detail=detail)


def _accuracy(value: float) -> Accuracy:
    return Accuracy(
        model=around(value, 0.017),
        majority=0.534,
        rule=0.512,
        rows=3_870,
        first_session=date(2010, 2, 1),
        last_session=date(2010, 2, 26),
    )
