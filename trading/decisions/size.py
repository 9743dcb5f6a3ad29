"""How much of one candidate a book may buy, and what of the answer is risk's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trading.decisions.book_view import BookView, Candidate
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import Room
from trading.risk.model_risk import Verdict
from trading.risk.regime_size import RegimeSize
from trading.risk.sizing import position_shares


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A candidate for a book, and what stands beside it.

    Attributes:
        placed: orders of this session that the book has already.
        room: what exposure leaves for it.
    """

    book: BookView
    candidate: Candidate
    verdict: Verdict
    placed: int
    room: Room
    regime: RegimeSize


@dataclass(frozen=True)
class Sized:
    """The answer.

    Attributes:
        shares: to buy; zero = don't.
        reason: in words.
        veto: what risk refused or made smaller although the view was for it; empty when it did neither.
    """

    shares: int
    reason: str
    veto: str = ""

    @classmethod
    def approved(cls, shares: int, verdict: Verdict, smaller: list[str]) -> Sized:
        """So many shares, with what made them fewer."""
        return cls(shares, "; ".join([verdict.reason, *smaller]), "; ".join(smaller))

    @classmethod
    def refused(cls, verdict: Verdict, veto: str) -> Sized:
        """Nothing, though the verdict was to buy."""
        return cls(0, f"{verdict.reason}; {veto}", veto)


Obstacle = Callable[[Wanted, DecisionRules], str]


def _suspended(wanted: Wanted, _: DecisionRules) -> str:
    return wanted.book.drawdown.reason if wanted.book.drawdown.scale == 0.0 else ""


def _held(wanted: Wanted, _: DecisionRules) -> str:
    return "already held" if wanted.candidate.symbol in wanted.book.symbols else ""


def _rests(wanted: Wanted, _: DecisionRules) -> str:
    return wanted.book.resting.get(wanted.candidate.symbol, "")


def _enough_orders(wanted: Wanted, rules: DecisionRules) -> str:
    most = rules.sizing.max_new_per_session
    return f"{most} orders a session are placed already" if wanted.placed >= most else ""


def _enough_positions(wanted: Wanted, rules: DecisionRules) -> str:
    most = rules.sizing.max_positions
    return f"all {most} positions are taken" if len(wanted.book.symbols) + wanted.placed >= most else ""


OBSTACLES: tuple[Obstacle, ...] = (_suspended, _held, _rests, _enough_orders, _enough_positions)
"""What keeps a book from a new position in a symbol, in words; empty when it doesn't. The first one is told."""


def size(wanted: Wanted, rules: DecisionRules) -> Sized:
    """Shares to buy within every limit, and the reason in words."""
    book, verdict, regime = wanted.book, wanted.verdict, wanted.regime
    if not verdict.buy:
        return Sized(0, verdict.reason)
    obstacle = next((words for stands in OBSTACLES if (words := stands(wanted, rules))), "")
    if obstacle:
        return Sized.refused(verdict, obstacle)
    if regime.scale == 0.0:
        return Sized.refused(verdict, regime.reason)
    most, shares = _shares(wanted, rules, None), _shares(wanted, rules, wanted.room.cents)
    if shares <= 0:
        room = f"{wanted.room.cap}, leaves no whole share"
        return Sized.refused(verdict, "the caps leave no whole share" if most <= 0 else room)
    smaller = [f"{wanted.room.cap}, leaves {shares} of {most} shares"] if shares < most else []
    smaller += [reason for reason in (book.drawdown.reason, regime.reason) if reason]
    return Sized.approved(shares, verdict, smaller)


def _shares(wanted: Wanted, rules: DecisionRules, room_cents: int | None) -> int:
    book, candidate, verdict = wanted.book, wanted.candidate, wanted.verdict
    return position_shares(
        equity_cents=book.equity_cents,
        confidence=verdict.confidence,
        scale=book.drawdown.scale * wanted.regime.scale * verdict.scale,
        price_usd=candidate.close_usd,
        stop_distance_usd=candidate.atr_usd * rules.outcome.stop_atr,
        average_volume=candidate.average_volume,
        limits=rules.sizing,
        range_usd=candidate.atr_usd,
        room_cents=room_cents,
    )
