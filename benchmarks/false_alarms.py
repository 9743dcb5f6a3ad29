"""How often the platform's own figures call noise skill: shares of seeded series without any that reach 95 %."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import special

from benchmarks.judged_noise import judged_noise
from benchmarks.measure import Table
from trading.arrays import Floats
from trading.performance.long_run import influence
from trading.performance.metrics.sharpe_above_luck import deflated_sharpe
from trading.performance.metrics.sharpe_above_zero import probabilistic_sharpe
from trading.trials.overfitting import overfitting

SEED = 20261128
SERIES = 2_000
SESSIONS = (98, 252)
HELD = 5
LAGS = 2 * (HELD - 1)
SURE = 0.95
ATTEMPTS = 20
CHOICES = 400
"""Families of attempts; each is one case."""

Figure = Callable[[Floats], float]


def independent(rng: np.random.Generator, count: int, sessions: int) -> Floats:
    """Returns of Student's t with five degrees of freedom."""
    return np.asarray(rng.standard_t(5, (count, sessions)) * 0.01)


def marked_daily(rng: np.random.Generator, count: int, sessions: int) -> Floats:
    """An account that takes a side at random, keeps it for five sessions and is marked at each close."""
    side = np.repeat(rng.choice([-1.0, 1.0], (count, -(-sessions // HELD))), HELD, axis=1)[:, :sessions]
    return np.asarray(independent(rng, count, sessions) * side)


def autocorrelated(rng: np.random.Generator, count: int, sessions: int) -> Floats:
    """Returns that keep a fifth of the one before."""
    noise = independent(rng, count, sessions + 50)
    for at in range(1, noise.shape[1]):
        noise[:, at] += 0.2 * noise[:, at - 1]
    return noise[:, 50:]


def overlapping(rng: np.random.Generator, count: int, sessions: int) -> Floats:
    """Outcomes of trades that are opened each session and held for five."""
    noise = independent(rng, count, sessions + HELD - 1)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(noise, HELD, axis=1).mean(axis=2))


KINDS = {
    "independent": independent, "held 5 sessions, marked daily": marked_daily, "autocorrelated 0.2": autocorrelated,
    "outcomes over 5 sessions": overlapping,
}  # fmt: skip


def plain(returns: Floats) -> float:
    """As of an account that is marked at each close."""
    return probabilistic_sharpe(returns)


def long_run(returns: Floats) -> float:
    """As of outcomes that overlap."""
    return probabilistic_sharpe(returns, overlap_sessions=HELD)


def newey_west(returns: Floats) -> float:
    """The peer: Bartlett's weights with twice the overlap as lags, and the normal distribution.

    Source:
        Newey and West (1987), A simple, positive semi-definite covariance matrix.
    """
    moves, n = influence(returns), len(returns)
    weights = 1.0 - np.arange(1, LAGS + 1) / (LAGS + 1)
    variance = (moves @ moves + 2.0 * sum(w * (moves[k:] @ moves[:-k]) for k, w in enumerate(weights, start=1))) / n
    return float(special.ndtr(returns.mean() / returns.std(ddof=1) * math.sqrt(n / variance)))


def share(series: Floats, figure: Figure) -> float:
    """Of the series, those of which the figure is 95 % or more."""
    return float(np.mean([figure(row) >= SURE for row in series]))


def rates() -> Iterator[dict[str, str | float]]:
    """Of the probabilistic Sharpe ratio, a row for each kind of series."""
    for sessions in SESSIONS:
        for kind, make in KINDS.items():
            series = make(np.random.default_rng(SEED + sessions), SERIES, sessions)
            yield {
                "series": kind, "sessions": sessions, "cases": SERIES, "daily marks": share(series, plain),
                "overlapping": share(series, long_run), "Newey-West": share(series, newey_west),
            }  # fmt: skip


def best_of_many() -> Iterator[dict[str, str | float]]:
    """Of the best of twenty attempts without skill: before deflation, after it, and how overfitted the choice is."""
    sessions = 252
    for kind, held in (("independent", 0), ("outcomes over 5 sessions", HELD)):
        rng = np.random.default_rng(SEED)
        before = by_theory = measured = 0
        pbo = []
        for _ in range(CHOICES):
            series = KINDS[kind](rng, ATTEMPTS, sessions)
            ratios = series.mean(axis=1) / series.std(axis=1, ddof=1)
            best, spread = series[int(np.argmax(ratios))], float(np.var(ratios, ddof=1))
            before += probabilistic_sharpe(best, overlap_sessions=held) >= SURE
            by_theory += deflated_sharpe(best, ATTEMPTS, overlap_sessions=held) >= SURE
            measured += deflated_sharpe(best, ATTEMPTS, spread, overlap_sessions=held) >= SURE
            found = overfitting(series, 8)
            pbo.append(found.probability if found else math.nan)
        yield {
            "series": f"best of {ATTEMPTS}, {kind}", "sessions": sessions, "cases": CHOICES,
            "not deflated": before / CHOICES, "deflated, theory": by_theory / CHOICES,
            "deflated, measured": measured / CHOICES, "mean PBO": float(np.mean(pbo)),
        }  # fmt: skip


def run() -> Table:
    """The table."""
    table = Table("false_alarms", "share of series without skill whose figure is 95 % or more; 5 % is honest")
    table.rows += [*rates(), *best_of_many(), *(rate.to_row() for rate in judged_noise())]
    table.notes.append(
        f"standard error {100 * math.sqrt(0.05 * 0.95 / SERIES):.1f} points of {SERIES:,} cases, "
        f"{100 * math.sqrt(0.05 * 0.95 / CHOICES):.1f} of {CHOICES}; seed {SEED}"
    )
    table.notes.append(
        "the last rows are whole trainings; `planted signal` must be called better, or the test is blind"
    )
    table.notes.append("accounts are judged by `daily marks`, trainings and searches by `overlapping`")
    return table
