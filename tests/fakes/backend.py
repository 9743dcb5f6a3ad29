"""A backend of the HTTP API that holds a made-up replay of 100 sessions of 2010, the same on every run.

The numbers belong together (equity = cash + positions, win rate = wins / trades …) so that a page that mixes them up
shows it, but they are nobody's results.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import numpy as np

from serve.schemas import (
    Account,
    AccountPerformance,
    Accuracy,
    Benchmark,
    Book,
    Costs,
    Curve,
    DailyCheck,
    Ensemble,
    EquityCurves,
    Explanation,
    Health,
    Model,
    Models,
    Order,
    Orders,
    Performance,
    PhaseBudget,
    Portfolio,
    Position,
    Positions,
    Progress,
    RuleView,
    RunningMachine,
    ServiceHealth,
    Signal,
    Signals,
    Storage,
    StorageEvent,
    Target,
    TierHolding,
    Trade,
    Trades,
    Trading,
    TrainingPlan,
    TrainingSession,
)
from tests.fakes.market import SYMBOLS, FakeMarket, around, sessions

BOOKS: tuple[Book, Book] = ("rule", "ensemble")
START_USD = 100_000.0
TARGETS = (("sharpe", ">", 1.5), ("max_drawdown", "<", 0.10), ("win_rate", ">", 0.65), ("profit_factor", ">", 1.5))
LABELS = {
    "sharpe": "Sharpe ratio",
    "max_drawdown": "maximum drawdown",
    "win_rate": "win rate",
    "profit_factor": "profit factor",
}


class FakeBackend(FakeMarket):
    """Answers like a platform that has replayed `done` of 100 sessions.

    Attributes:
        done: complete sessions; 0 is a platform that has only just started.
        failing: question name -> what it raises.
        asked: the questions so far, with their arguments.
    """

    def __init__(self, done: int = 64, seed: int = 7) -> None:
        super().__init__(done)
        rng = np.random.default_rng(seed)
        returns = rng.normal([[0.0002], [0.0009], [0.0003]], [[0.007], [0.006], [0.009]], (3, 100))
        self._equity = np.round(START_USD * np.cumprod(1 + returns, axis=1), 2)
        self._rng_trades = rng.normal(0.002, 0.03, 400)
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

    def portfolio(self) -> Portfolio:
        self._answer("portfolio")
        return Portfolio(session=self._session, accounts=[self._account(book) for book in BOOKS])

    def _account(self, book: Book) -> Account:
        held = [p for p in self._positions(book) if p.market_value_usd is not None]
        value = round(sum(p.market_value_usd or 0 for p in held), 2)
        curve = self._curve(book)
        equity = curve[-1] if curve else START_USD
        return Account(
            book=book,
            cash_usd=round(equity - value, 2),
            positions_usd=value,
            equity_usd=equity,
            start_equity_usd=START_USD,
            total_return=equity / START_USD - 1 if curve else None,
            drawdown=1 - equity / max([START_USD, *curve]) if curve else None,
            open_positions=len(held),
            state="trading",
        )

    def _curve(self, name: str) -> list[float]:
        return [float(v) for v in self._equity[["rule", "ensemble", "benchmark"].index(name), : self.done]]

    def _positions(self, book: Book) -> list[Position]:
        if not self._session:
            return []
        picks = SYMBOLS[1:6] if book == "rule" else SYMBOLS[4:8]
        found = []
        for k, symbol in enumerate(picks):
            entry, last, shares = 20.0 + 7 * k, round((20.0 + 7 * k) * (1 + 0.011 * (k - 1)), 2), 100 - 10 * k
            found.append(
                Position(
                    book=book,
                    symbol=symbol,
                    shares=shares,
                    entry_session=sessions(self.done)[-min(k + 2, self.done)],
                    entry_price_usd=entry,
                    last_price_usd=last,
                    market_value_usd=round(last * shares, 2),
                    unrealised_usd=round((last - entry) * shares, 2),
                    unrealised_return=last / entry - 1,
                    stop_price_usd=round(entry * 0.94, 2),
                    target_price_usd=round(entry * 1.1, 2),
                    held_sessions=k + 1,
                    reason="engulfing up on 2.4x volume; ensemble 0.63"
                    if book == "ensemble"
                    else "engulfing up on 2.4x volume",
                )
            )
        return found

    def positions(self, book: Book | None, limit: int) -> Positions:
        self._answer("positions", book, limit)
        found = [p for one in BOOKS if book in (None, one) for p in self._positions(one)]
        return Positions(session=self._session, positions=found[:limit])

    def orders(self, book: Book | None, limit: int) -> Orders:
        self._answer("orders", book, limit)
        return Orders(
            orders=[self._order(p) for one in BOOKS if book in (None, one) for p in self._positions(one)][:limit]
        )

    @staticmethod
    def _order(position: Position) -> Order:
        return Order(
            order_id=f"{position.book}-{position.entry_session}-{position.symbol}",
            book=position.book,
            symbol=position.symbol,
            side="buy",
            shares=position.shares,
            kind="on_open",
            decided_session=position.entry_session - timedelta(days=1),
            status="filled",
            filled_session=position.entry_session,
            fill_price_usd=position.entry_price_usd,
            commission_usd=1.0,
            reason=position.reason,
        )

    def _trades(self, book: Book) -> list[Trade]:
        days = sessions(100)
        found = []
        for k in range(5, self.done):
            gain = float(self._rng_trades[2 * k + BOOKS.index(book)])
            entry = 15.0 + (k * 7) % 60
            leave = round(entry * (1 + gain), 2)
            found.append(
                Trade(
                    book=book,
                    symbol=SYMBOLS[(k * 5 + BOOKS.index(book)) % len(SYMBOLS)],
                    direction="long",
                    shares=80,
                    entry_session=days[k - 4],
                    entry_price_usd=entry,
                    exit_session=days[k],
                    exit_price_usd=leave,
                    profit_usd=round(80 * (leave - entry) - 2, 2),
                    trade_return=(leave - entry) / entry,
                    held_sessions=4,
                    entry_reason="hammer on 1.9x volume, above its 20-session average",
                    exit_reason="target reached"
                    if gain > 0.03
                    else "stop reached"
                    if gain < -0.03
                    else "5 sessions held",
                )
            )
        return found[::-1]

    def trades(self, book: Book | None, limit: int) -> Trades:
        self._answer("trades", book, limit)
        found = [t for one in BOOKS if book in (None, one) for t in self._trades(one)]
        found.sort(key=lambda t: (t.exit_session, t.book), reverse=True)
        return Trades(total=len(found), trades=found[:limit])

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

    def performance(self) -> Performance:
        self._answer("performance")
        days = sessions(self.done)
        accounts = [self._measured(book) for book in BOOKS]
        return Performance(
            first_session=days[0] if days else None,
            last_session=self._session,
            sessions=self.done,
            interval_level=0.95 if days else None,
            interval_method="stationary bootstrap over sessions, 2,000 draws" if days else None,
            accounts=accounts,
            benchmark=self._benchmark() if days else None,
            targets=[_target(a, *target) for a in accounts for target in TARGETS],
        )

    def _measured(self, book: Book) -> AccountPerformance:
        trades, curve = self._trades(book), self._curve(book)
        gains = sum(t.profit_usd for t in trades if t.profit_usd > 0)
        losses = -sum(t.profit_usd for t in trades if t.profit_usd < 0)
        total, sharpe, drawdown = _measures(curve)
        return AccountPerformance(
            book=book,
            total_return=around(total, 0.06),
            sharpe=around(sharpe, 1.1),
            max_drawdown=around(drawdown, 0.02),
            win_rate=around(sum(t.profit_usd > 0 for t in trades) / len(trades) if trades else None, 0.09),
            profit_factor=around(gains / losses if losses else None, 0.4),
            trades=len(trades),
        )

    def _benchmark(self) -> Benchmark:
        total, sharpe, drawdown = _measures(self._curve("benchmark"))
        return Benchmark(name="equal-weight buy and hold", total_return=total, sharpe=sharpe, max_drawdown=drawdown)

    def equity_curves(self) -> EquityCurves:
        self._answer("equity_curves")
        names = (("rule", "Rule account"), ("ensemble", "Ensemble account"), ("benchmark", "Equal-weight benchmark"))
        curves = [Curve(name=name, label=label, equity_usd=list(self._curve(name))) for name, label in names]  # type: ignore[arg-type]
        return EquityCurves(sessions=sessions(self.done), curves=curves)

    def health(self) -> Health:
        self._answer("health")
        at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
        names = ("coordinator", "ingestion", "technical_analysis", "pattern_recognition", "scanner", "paper_trading")
        found = [ServiceHealth(service=name, state="ok", detail="", at=at) for name in names]
        found.append(
            ServiceHealth(service="ensemble", state="degraded", detail="restarted 1 time; answers again", at=at)
        )
        return Health(state="degraded", services=found)

    def status(self) -> Trading:
        """Nothing is blocked, and the look-ahead check passed."""
        self._answer("status")
        day = sessions(100)[-1]
        check = DailyCheck(
            kind="lookahead", session=day, verdict="passed", compared=100, differences=0, detail="100 values",
            findings=[], checked_at=datetime(2010, 12, 31, 22, tzinfo=UTC),
        )  # fmt: skip
        return Trading(may_open=True, blocked="", limits=None, checks=[check])

    def explanation(self, symbol: str, at: date | datetime | None) -> Explanation:
        """The symbol was never in play."""
        self._answer("explanation", symbol, at)
        return Explanation(
            symbol=symbol, session=sessions(100)[-1], known_at=datetime(2010, 7, 16, 20, tzinfo=UTC), sector=None,
            regime=None, in_play=None, decisions=[], said="it was not in play",
        )  # fmt: skip

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


def _measures(curve: list[float]) -> tuple[float | None, float | None, float | None]:
    """Total return, annualised Sharpe ratio and maximum drawdown of a curve."""
    if len(curve) < 3:
        return None, None, None
    equity = np.array([START_USD, *curve])
    step = np.diff(equity) / equity[:-1]
    sharpe = float(step.mean() / step.std(ddof=1) * np.sqrt(252))
    return float(equity[-1] / START_USD - 1), sharpe, float((1 - equity / np.maximum.accumulate(equity)).max())


def _target(account: AccountPerformance, measure: str, comparison: str, target: float) -> Target:
    estimate = getattr(account, measure)
    value = estimate.value
    met = None if value is None else (value > target if comparison == ">" else value < target)
    said = "not known yet" if met is None else "met" if met else "not met"
    text = f"{LABELS[measure]} {'-' if value is None else f'{value:.2f}'}, target {comparison} {target:g}: {said}"
    return Target.model_validate(
        {"book": account.book, "measure": measure, "comparison": comparison, "target": target}
        | {"value": value, "met": met, "text": text}
    )
