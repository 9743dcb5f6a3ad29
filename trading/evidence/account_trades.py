"""What a trade of each account made, beside those of another account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trading.arrays import Days, Floats
from trading.evidence.calls import LEAST_CALL_SESSIONS, LEAST_SESSIONS, known, too_few
from trading.performance.estimate import MIN_TRADES, Estimate, block_samples, interval, widening


@dataclass(frozen=True)
class Trades:
    """Closed trades of one account.

    Attributes:
        session: of the entry, shape `(n,)`.
        profit_usd: net of the fees of both sides.
    """

    session: Days
    profit_usd: Floats


@dataclass(frozen=True)
class TradeFigures:
    """What the trades of an account were worth.

    Attributes:
        trades: closed.
        profit_usd: mean of a trade.
        less_base: how much more than a trade of the account that all are compared with; None for that one.
        missing: what is missing for an interval, in words; empty when nothing is.
    """

    trades: int
    profit_usd: Estimate
    less_base: Estimate | None
    missing: str


def traded(accounts: Mapping[str, Trades], base: str, seed: int) -> dict[str, TradeFigures]:
    """The mean profit of a trade by account, blocks of sessions of entry drawn for all accounts alike.

    Args:
        accounts: by name.
        base: the account that the others are compared with.
        seed: of the bootstrap.
    """
    days = np.unique(np.concatenate([np.zeros(0, "datetime64[D]"), *(one.session for one in accounts.values())]))
    draws, wide = block_samples(len(days), np.random.default_rng(seed)), widening(len(days))

    def mean(one: Trades) -> tuple[float, Floats]:
        group = np.searchsorted(days, one.session)
        profit = np.bincount(group, weights=one.profit_usd, minlength=len(days))
        count = np.bincount(group, minlength=len(days))
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.divide(profit.sum(), count.sum())), profit[draws].sum(axis=1) / count[draws].sum(axis=1)

    means = {name: mean(one) for name, one in accounts.items()}
    missing = {name: _missing_trades(one, len(days)) for name, one in accounts.items()}

    def figures(name: str) -> TradeFigures:
        (value, samples), less = means[name], None
        if name != base and base in means:
            over = value - means[base][0]
            few = missing[name] or missing[base]
            less = Estimate(known(over)) if few else interval(over, samples - means[base][1], widen=wide)
        told = Estimate(known(value)) if missing[name] else interval(value, samples, widen=wide)
        return TradeFigures(len(accounts[name].session), told, less, missing[name])

    return {name: figures(name) for name in accounts}


def _missing_trades(one: Trades, sessions: int) -> str:
    return too_few(
        (sessions, LEAST_SESSIONS, "sessions with an entry"),
        (len(one.session), MIN_TRADES, "closed trades"),
        (len(np.unique(one.session)), LEAST_CALL_SESSIONS, "sessions with an entry of its own"),
    )
