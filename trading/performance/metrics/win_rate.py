"""Win rate."""

from __future__ import annotations

from trading.arrays import Floats
from trading.performance.estimate import Estimate, wilson
from trading.performance.inputs import Profits
from trading.performance.metric import Metric, Target


def win_rate(profit_usd: Floats) -> Estimate:
    """Share of closed trades with a profit after costs, with Wilson's interval; None without a trade.

    The interval takes trades for independent.

    Example:
        >>> import numpy as np
        >>> win_rate(np.array([30.0, -10.0, 0.0, 5.0])).value
        0.5

    Source:
        Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    return wilson(int((profit_usd > 0).sum()), len(profit_usd))


WIN_RATE = Metric(
    name="win_rate",
    title="win rate",
    unit="fraction",
    form="{:.1%}",
    of=Profits,
    measure=lambda closed: win_rate(closed.profit_usd),
    says="Share of closed trades with a profit.",
    target=Target(">", 0.65),
)
