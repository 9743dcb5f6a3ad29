"""Turnover."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.conventions import SESSIONS_A_YEAR
from trading.performance.metric import Metric
from trading.performance.record import AccountRecord


def turnover(traded_usd: Floats, equity_usd: Floats) -> float:
    """Value traded, both sides, over mean equity, a year.

    Args:
        traded_usd: of each session, shape `(n,)`.
        equity_usd: see `a_year_of_equity`.

    Example:
        >>> import numpy as np
        >>> turnover(np.array([0.0, 100.0]), np.array([100.0, 100.0, 100.0]))  # half of it a session
        126.0

    Source:
        Arithmetic.
    """
    return a_year_of_equity(traded_usd, equity_usd)


def a_year_of_equity(usd: Floats, equity_usd: Floats) -> float:
    """The sum of `usd` over the mean equity at the closes, times 252 over the sessions.

    Args:
        usd: of each session, shape `(n,)`.
        equity_usd: before the first session, then at each close, shape `(n + 1,)`; the start counts when there is no
            session.
    """
    closes = equity_usd[1:]
    mean = float(closes.mean()) if len(closes) else float(equity_usd[0])
    return float(usd.sum()) / mean * SESSIONS_A_YEAR / max(len(closes), 1)


TURNOVER_A_YEAR = Metric(
    name="turnover_a_year",
    title="turnover a year, both sides over equity",
    unit="number",
    form="{:.1f}",
    of=AccountRecord,
    measure=lambda record: turnover(record.traded_usd, record.equity_usd),
    says="Value traded, both sides, over mean equity, a year.",
)
