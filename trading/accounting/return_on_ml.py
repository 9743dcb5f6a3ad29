"""What the models brought, by the strategy's four names, beside the rules on the same candidates.

Source:
    Strategy document, section 6.3: accuracy improvement, fewer bad trades x average loss, better entries x average
    gain, higher win rate x portfolio size; (benefits - costs) / costs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from trading.arrays import Flags, Floats
from trading.evidence.calls import LEAST_CALL_SESSIONS, LEAST_CALLS, LEAST_SESSIONS, Candidates, known, too_few
from trading.performance.estimate import Estimate, block_samples, interval, widening
from trading.performance.inputs import returns_of

Unit = Literal["fraction", "usd"]


@dataclass(frozen=True)
class Component:
    """One of the strategy's benefits.

    Attributes:
        name: the strategy's.
        says: how it is computed here.
        value: with its 95 % interval; bare while there are too few calls.
    """

    name: str
    says: str
    unit: Unit
    value: Estimate


@dataclass(frozen=True)
class ReturnOnMl:
    """What the models brought.

    Attributes:
        components: the strategy's four. They overlap, so they aren't added up.
        benefit_usd: what the account of the models made more than the rules' account over the same sessions.
        costs_usd: of running everything on these days; None where none is on record.
        roi: (benefit - costs) / costs; None without costs.
        missing: what is missing for intervals, in words.
    """

    account: str
    base: str
    components: tuple[Component, ...]
    benefit_usd: Estimate
    costs_usd: float | None
    roi: Estimate
    missing: str


@dataclass(frozen=True)
class Sides:
    """The account of the models and that of the rules.

    Attributes:
        account: its name among the candidates' judges; `base` that of the rules.
        equity_usd: before the first session, then at each close; `base_equity_usd` likewise.
        position_usd: mean cost of a position of the rules' account; None while it closed none.
        costs_usd: of running everything; None where none is on record.
    """

    account: str
    base: str
    equity_usd: Sequence[float]
    base_equity_usd: Sequence[float]
    position_usd: float | None
    costs_usd: float | None


def return_on_ml(candidates: Candidates, sides: Sides, seed: int) -> ReturnOnMl:
    """The four benefits and the return.

    Args:
        candidates: that both accounts decided on, with known outcomes.
        sides: the accounts.
        seed: of the bootstrap; blocks of whole sessions are drawn for both sides alike.
    """
    sums = _Sums.of(candidates, seed)
    mine, base = candidates.said_yes[sides.account], candidates.said_yes[sides.base]
    missing = sums.missing(mine) or sums.missing(base)
    usd = sides.position_usd
    in_usd = np.nan if usd is None else usd
    portfolio = float(np.mean(np.asarray(sides.equity_usd)))

    def component(name: str, says: str, unit: Unit, pair: tuple[float, Floats], scale: float = 1.0) -> Component:
        value, samples = pair[0] * scale, pair[1] * scale
        bare = Estimate(known(value))
        return Component(
            name, says, unit, bare if missing or bare.value is None else interval(value, samples, widen=sums.wide)
        )

    benefit = _benefit(sides, seed)
    return ReturnOnMl(
        account=sides.account,
        base=sides.base,
        components=(
            component("accuracy_improvement", "share of candidates judged right, less the rules'", "fraction",
                      sums.accuracy(mine, base)),
            component("false_positive_reduction", "fewer bad calls x the rules' average loss x a position", "usd",
                      sums.fewer_bad(mine, base), in_usd),
            component("timing_improvement", "more good calls x the rules' average gain x a position", "usd",
                      sums.more_good(mine, base), in_usd),
            component("capital_efficiency", "higher win rate of calls x portfolio", "usd",
                      sums.win_rate(mine, base), portfolio),
        ),
        benefit_usd=benefit,
        costs_usd=sides.costs_usd,
        roi=_roi(benefit, sides.costs_usd),
        missing=missing,
    )  # fmt: skip


def _benefit(sides: Sides, seed: int) -> Estimate:
    start = float(sides.equity_usd[0])
    mine, base = returns_of(sides.equity_usd), returns_of(sides.base_equity_usd)
    draws = block_samples(len(mine), np.random.default_rng(seed))
    samples = start * (np.prod(1.0 + mine[draws], axis=1) - np.prod(1.0 + base[draws], axis=1))
    value = float(sides.equity_usd[-1]) - float(sides.base_equity_usd[-1])
    return interval(value, samples, widen=widening(len(mine)))


def _roi(benefit: Estimate, costs_usd: float | None) -> Estimate:
    if not costs_usd or costs_usd < 0 or benefit.value is None:
        return Estimate(None)
    low, high = (None if end is None else (end - costs_usd) / costs_usd for end in (benefit.low, benefit.high))
    return Estimate((benefit.value - costs_usd) / costs_usd, low, high)


@dataclass(frozen=True)
class _Sums:
    """Sums by session, in the record and in each resample; every pair is a figure and its resamples."""

    candidates: Candidates
    group: np.ndarray[tuple[int], np.dtype[np.int64]]
    draws: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    sessions: int

    @classmethod
    def of(cls, candidates: Candidates, seed: int) -> _Sums:
        days, group = np.unique(candidates.session, return_inverse=True)
        return cls(candidates, group, block_samples(len(days), np.random.default_rng(seed)), len(days))

    @property
    def wide(self) -> float:
        return widening(self.sessions)

    def missing(self, yes: Flags) -> str:
        return too_few(
            (self.sessions, LEAST_SESSIONS, "sessions with candidates"),
            (int(yes.sum()), LEAST_CALLS, "calls"),
            (len(np.unique(self.group[yes])), LEAST_CALL_SESSIONS, "sessions with a call"),
        )

    def accuracy(self, mine: Flags, base: Flags) -> tuple[float, Floats]:
        won = self.candidates.won
        gained = _numbers(mine == won) - _numbers(base == won)
        return self._ratio(gained, np.ones(len(won)))

    def fewer_bad(self, mine: Flags, base: Flags) -> tuple[float, Floats]:
        return self._priced(base, mine, ~self.candidates.won)

    def more_good(self, mine: Flags, base: Flags) -> tuple[float, Floats]:
        value, samples = self._priced(base, mine, self.candidates.won)
        return -value, -samples

    def win_rate(self, mine: Flags, base: Flags) -> tuple[float, Floats]:
        won = self.candidates.won
        (one, ones), (other, others) = (self._ratio(_numbers(yes & won), _numbers(yes)) for yes in (mine, base))
        return one - other, ones - others

    def _priced(self, base: Flags, mine: Flags, which: Flags) -> tuple[float, Floats]:
        """So many more such calls of the base, each at the mean size of its outcomes."""
        size = np.abs(self.candidates.net_return)
        more, mores = self._sum(_numbers(base & which) - _numbers(mine & which))
        mean, means = self._ratio(np.where(base & which, size, 0.0), _numbers(base & which))
        return more * mean, mores * means

    def _sum(self, of: Floats) -> tuple[float, Floats]:
        by_session = np.bincount(self.group, weights=of, minlength=self.sessions)
        return float(by_session.sum()), np.asarray(by_session[self.draws].sum(axis=1))

    def _ratio(self, above: Floats, below: Floats) -> tuple[float, Floats]:
        (one, ones), (other, others) = self._sum(above), self._sum(below)
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(np.divide(one, other)), np.asarray(ones / others)


def _numbers(flags: Flags) -> Floats:
    return flags.astype(np.float64)
