"""What happened in an account, session by session and trade by trade; all that its figures are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats, Ints
from trading.errors import BadDataError

Texts = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Trades:
    """Closed trades, one row a closing fill; each array of shape `(n,)`.

    Attributes:
        symbol: and so on, of each trade.
        direction: +1 long, -1 short, int8.
        decided: session at whose close the entry was decided, `opened` of its first fill, `closed` of the last.
        shares: closed by this fill.
        cost_usd: what they cost, or what a short brought, above zero.
        profit_usd: net of all costs of both sides.
        exit_kind: `stop`, `target`, `time`, `settled`, or another word of the engine.
        patterns: names in the setup, joined by a space.
        catalyst: 1 with a known one at the decision, 0 without, -1 unknown, int8.
        trend: of the market at the decision, `unknown` where it wasn't known; likewise `volatility` and `driver`.
        decided_by: `rule` or `ensemble`.
    """

    symbol: Texts
    direction: npt.NDArray[np.int8]
    decided: Days
    opened: Days
    closed: Days
    shares: Ints
    cost_usd: Floats
    profit_usd: Floats
    exit_kind: Texts
    patterns: Texts
    catalyst: npt.NDArray[np.int8]
    trend: Texts
    volatility: Texts
    driver: Texts
    decided_by: Texts

    def __len__(self) -> int:
        return len(self.symbol)

    @property
    def net_return(self) -> Floats:
        """Profit as a fraction of the cost."""
        return self.profit_usd / self.cost_usd


@dataclass(frozen=True)
class AccountRecord:
    """An account over the sessions of a backtest or replay.

    Attributes:
        name: of the account.
        sessions: ascending, shape `(n,)`.
        equity_usd: before the first session, then at each close, shape `(n + 1,)`.
        benchmark_name: what it is compared with.
        benchmark_usd: likewise, starting from the same sum, without costs.
        long_usd: value of long positions at each close, shape `(n,)`; `short_usd` of short ones, never negative.
        traded_usd: value of all fills of each session, both sides.
        costs_usd: of each session: commissions, fees, borrowing, and what slippage and spread took.
        trades: that were closed.
        open_trades: positions at the end.
        refused: orders that were refused or not filled, by reason.
        models: by name, from which session on it decided; empty when rules alone did.

    Raises:
        BadDataError: when lengths don't fit.
    """

    name: str
    sessions: Days
    equity_usd: Floats
    benchmark_name: str
    benchmark_usd: Floats
    long_usd: Floats
    short_usd: Floats
    traded_usd: Floats
    costs_usd: Floats
    trades: Trades
    open_trades: int
    refused: dict[str, int]
    models: dict[str, str]

    def __post_init__(self) -> None:
        n = len(self.sessions)
        wanted = {"equity_usd": n + 1, "benchmark_usd": n + 1}
        wanted |= dict.fromkeys(("long_usd", "short_usd", "traded_usd", "costs_usd"), n)
        for name, length in wanted.items():
            if len(getattr(self, name)) != length:
                raise BadDataError(f"{name} of {self.name} has {len(getattr(self, name))} values for {n} sessions")
