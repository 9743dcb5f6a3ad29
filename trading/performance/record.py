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
class Settled:
    """A position that a break in the history of its symbol ended.

    Attributes:
        shares: signed.
        explained: the source says what was distributed.
        close_before_usd: the last close before the break.
        open_after_usd: the first price after it; 0 where there was none in that bar.
        settled_usd: what a share was settled at.
    """

    symbol: str
    session: str
    shares: int
    explained: bool
    close_before_usd: float
    open_after_usd: float
    settled_usd: float
    reason: str

    @property
    def either_way_usd(self) -> tuple[float, float]:
        """The position at the close before, and at the first price after."""
        return self.shares * self.close_before_usd, self.shares * self.open_after_usd


@dataclass(frozen=True)
class GuessHeld:
    """A position that went through a split that bars alone suggest.

    Attributes:
        shares: before it, signed.
        split: in words, such as `2-for-1`.
        as_split_usd: the position at the first price after it, in new shares.
        as_move_usd: what it would have been worth then, had no split taken effect.
    """

    symbol: str
    session: str
    shares: int
    split: str
    as_split_usd: float
    as_move_usd: float


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
        settled: positions that breaks ended.
        guesses: positions that went through guessed splits.

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
    settled: tuple[Settled, ...] = ()
    guesses: tuple[GuessHeld, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.sessions)
        wanted = {"equity_usd": n + 1, "benchmark_usd": n + 1}
        wanted |= dict.fromkeys(("long_usd", "short_usd", "traded_usd", "costs_usd"), n)
        for name, length in wanted.items():
            if len(getattr(self, name)) != length:
                raise BadDataError(f"{name} of {self.name} has {len(getattr(self, name))} values for {n} sessions")
