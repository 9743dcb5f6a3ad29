"""Who judges setups better: of whoever said yes to some of the same candidates, how many made money and what they paid.

A call is a yes to a candidate: a long setup of a stock in play, whether anybody bought it or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from trading.arrays import Days, Flags, Floats, Ints
from trading.performance.estimate import (
    BLOCK_SESSIONS,
    MIN_BLOCKS,
    Estimate,
    block_samples,
    interval,
    widening,
    wilson,
)

LEAST_SESSIONS = MIN_BLOCKS * BLOCK_SESSIONS
"""With fewer sessions of candidates there is no interval."""
LEAST_CALLS = 20
Period = Literal["month", "quarter", "year"]
MONTHS: Final[Mapping[Period, int]] = {"month": 1, "quarter": 3, "year": 12}
LEAST_CALL_SESSIONS = 10
"""Sessions with at least one call: calls of one session share the market's move, so many of few sessions say little."""


@dataclass(frozen=True)
class Candidates:
    """Candidates with their outcomes, and who said yes to which.

    Attributes:
        session: of the decision, shape `(n,)`; likewise all others.
        won: whether a trade of the setup made money after costs, by the shared barriers.
        net_return: of that trade after costs, as a fraction.
        said_yes: by whoever judges.
    """

    session: Days
    won: Flags
    net_return: Floats
    said_yes: Mapping[str, Flags]

    def __len__(self) -> int:
        return len(self.session)

    def take(self, chosen: Flags) -> Candidates:
        """Some of them."""
        said = {name: yes[chosen] for name, yes in self.said_yes.items()}
        return Candidates(self.session[chosen], self.won[chosen], self.net_return[chosen], said)


@dataclass(frozen=True)
class CallFigures:
    """What the calls of one judge were worth; each figure with its 95 % interval once there are enough of them.

    Attributes:
        calls: candidates that it said yes to.
        sessions: with at least one of them.
        accuracy: share of all candidates judged right: yes and it made money, or no and it didn't.
        made_money: share of the calls that made money.
        false_positives: share of the calls that didn't.
        net_return: mean of the calls, after costs, as a fraction.
        missing: what is missing for an interval, in words; empty when nothing is.
    """

    calls: int
    sessions: int
    accuracy: Estimate
    made_money: Estimate
    false_positives: Estimate
    net_return: Estimate
    missing: str


@dataclass(frozen=True)
class Gap:
    """How much better one judge did than another on the same candidates, in the same resamples.

    Attributes:
        accuracy: difference of the shares judged right; likewise `made_money` and `net_return`.
        false_positives: relative change of the share of calls that lost money: -0.5 is half as many of as many calls,
            which is what the strategy hopes for.
    """

    accuracy: Estimate
    made_money: Estimate
    net_return: Estimate
    false_positives: Estimate


def judged(candidates: Candidates, seed: int) -> dict[str, CallFigures]:
    """The figures of everyone who said yes to some of the candidates.

    Args:
        candidates: those whose outcome is known.
        seed: of the bootstrap.

    Source:
        Blocks of whole sessions are drawn (Künsch 1989, see `trading.performance.estimate`): setups of one session
        share the market's move, and those of neighbouring sessions share days of their outcomes.
    """
    sums = _Sums.of(candidates, seed)
    return {name: sums.figures(yes) for name, yes in candidates.said_yes.items()}


def gap(candidates: Candidates, one: str, other: str, seed: int) -> Gap:
    """How much better `one` did than `other`; without intervals while either has too few calls."""
    sums = _Sums.of(candidates, seed)
    yes, no = candidates.said_yes[one], candidates.said_yes[other]
    enough = not (sums.missing(yes) or sums.missing(no))

    def less(numerator: str) -> Estimate:
        (value, samples), (base, base_samples) = sums.ratio(numerator, yes), sums.ratio(numerator, no)
        return sums.estimate(value - base, samples - base_samples) if enough else Estimate(known(value - base))

    (won, won_samples), (base, base_samples) = sums.ratio("won", yes), sums.ratio("won", no)
    with np.errstate(invalid="ignore", divide="ignore"):
        value, samples = (1 - won) / np.float64(1 - base) - 1, (1 - won_samples) / (1 - base_samples) - 1
    fewer = sums.estimate(float(value), samples) if enough and np.isfinite(value) else Estimate(_finite(float(value)))
    return Gap(accuracy=less("right"), made_money=less("won"), net_return=less("net_return"), false_positives=fewer)


def periods(session: Days, period: Period) -> list[tuple[str, Flags]]:
    """The calendar periods that sessions lie in, the earliest first, each with a word for it and its sessions.

    Args:
        session: of each candidate.
        period: how long each is.
    """
    months = session.astype("datetime64[M]").astype(np.int64)
    number = months // MONTHS[period]
    return [(_word(int(one), period), number == one) for one in np.unique(number)]


def _word(number: int, period: Period) -> str:
    year, rest = divmod(number * MONTHS[period], 12)
    year += 1970
    if period == "year":
        return f"{year}"
    return f"{year}-Q{rest // 3 + 1}" if period == "quarter" else f"{year}-{rest + 1:02}"


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def known(value: float) -> float | None:
    """The value; None for NaN."""
    return None if np.isnan(value) else float(value)


def too_few(*counts: tuple[int, int, str]) -> str:
    """What is missing, in words; empty when nothing is.

    Args:
        counts: how many there are, how many it takes, of what.
    """
    few = [f"{have} of at least {least} {what}" for have, least, what in counts if have < least]
    return f"not enough data yet: {', '.join(few)}" if few else ""


@dataclass(frozen=True)
class _Sums:
    """Sums by session and the sessions that each resample draws."""

    candidates: Candidates
    group: Ints
    sessions: int
    draws: Ints

    @classmethod
    def of(cls, candidates: Candidates, seed: int) -> _Sums:
        days, group = np.unique(candidates.session, return_inverse=True)
        return cls(candidates, group, len(days), block_samples(len(days), np.random.default_rng(seed)))

    def missing(self, yes: Flags) -> str:
        """What is missing for intervals of these calls, in words."""
        return too_few(
            (self.sessions, LEAST_SESSIONS, "sessions with candidates"),
            (int(yes.sum()), LEAST_CALLS, "calls"),
            (self._with_a_call(yes), LEAST_CALL_SESSIONS, "sessions with a call"),
        )

    def ratio(self, numerator: str, yes: Flags) -> tuple[float, Floats]:
        """A figure of the calls and the same in each resample; NaN where there is no call."""
        told = self.candidates
        of = {
            "right": np.asarray(yes == told.won, dtype=np.float64), "won": np.where(yes, told.won, 0.0),
            "net_return": np.where(yes, told.net_return, 0.0),
        }[numerator]  # fmt: skip
        among = np.ones(len(told)) if numerator == "right" else yes.astype(np.float64)
        above, below = (np.bincount(self.group, weights=part, minlength=self.sessions) for part in (of, among))
        with np.errstate(invalid="ignore", divide="ignore"):
            return (
                float(np.divide(above.sum(), below.sum())),
                np.asarray(above[self.draws].sum(axis=1) / below[self.draws].sum(axis=1)),
            )

    def estimate(
        self, value: float, samples: Floats, within: tuple[float, float] = (-np.inf, np.inf)
    ) -> Estimate:  # fmt: skip
        """The figure with the interval of its resamples."""
        return interval(value, samples, widen=widening(self.sessions), within=within)

    def figures(self, yes: Flags) -> CallFigures:
        """Those of one judge."""
        missing, counted = self.missing(yes), self._with_a_call(yes)
        shares = {name: self._share(name, yes, counted, few=bool(missing)) for name in ("right", "won")}
        value, samples = self.ratio("net_return", yes)
        won = shares["won"]
        return CallFigures(
            calls=int(yes.sum()),
            sessions=counted,
            accuracy=shares["right"],
            made_money=won,
            false_positives=Estimate(_rest(won.value), _rest(won.high), _rest(won.low)),
            net_return=Estimate(known(value)) if missing else self.estimate(value, samples),
            missing=missing,
        )

    def _share(self, name: str, yes: Flags, sessions: int, *, few: bool) -> Estimate:
        value, samples = self.ratio(name, yes)
        if few:
            return Estimate(known(value))
        if value in {0.0, 1.0}:  # every resample says the same: a session counts as one draw
            return wilson(value * sessions, sessions)
        return self.estimate(value, samples, within=(0.0, 1.0))

    def _with_a_call(self, yes: Flags) -> int:
        return len(np.unique(self.group[yes]))


def _rest(share: float | None) -> float | None:
    return None if share is None else 1.0 - share
