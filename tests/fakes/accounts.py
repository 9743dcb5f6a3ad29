"""What the made-up replay says of its accounts: positions, orders, trades, performance, equity curves."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from serve.schemas import (
    Account,
    AccountPerformance,
    Benchmark,
    Book,
    Curve,
    EquityCurves,
    Order,
    Orders,
    Performance,
    Portfolio,
    Position,
    Positions,
    Target,
    Trade,
    Trades,
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


class FakeAccounts(FakeMarket):
    """Answers about both accounts after `done` of 100 sessions."""

    def __init__(self, done: int, rng: np.random.Generator) -> None:
        super().__init__(done)
        returns = rng.normal([[0.0002], [0.0009], [0.0003]], [[0.007], [0.006], [0.009]], (3, 100))
        self._equity = np.round(START_USD * np.cumprod(1 + returns, axis=1), 2)
        self._rng_trades = rng.normal(0.002, 0.03, 400)

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
