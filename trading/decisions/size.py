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
        refused_by: the first rule or limit that refused it (`trading.decisions.refusals`); empty when it is bought.
    """

    shares: int
    reason: str
    veto: str = ""
    refused_by: str = ""

    @classmethod
    def approved(cls, shares: int, verdict: Verdict, smaller: list[str]) -> Sized:
        """So many shares, with what made them fewer."""
        return cls(shares, "; ".join([verdict.reason, *smaller]), "; ".join(smaller))

    @classmethod
    def refused(cls, verdict: Verdict, refused_by: str, veto: str) -> Sized:
        """Nothing, though the verdict was to buy."""
        return cls(0, f"{verdict.reason}; {veto}", veto, refused_by)

    @classmethod
    def unwanted(cls, verdict: Verdict) -> Sized:
        """Nothing, since the verdict wasn't to buy."""
        if verdict.source == "rule":
            return cls(0, verdict.reason, refused_by="rules_against")
        return cls(0, verdict.reason, refused_by=verdict.acted[0] if verdict.acted else "models_against")


Obstacle = Callable[[Wanted, DecisionRules], tuple[str, str]]
NONE = ("", "")


def _suspended(wanted: Wanted, _: DecisionRules) -> tuple[str, str]:
    drawdown = wanted.book.drawdown
    return (drawdown.limit, drawdown.reason) if drawdown.scale == 0.0 else NONE


def _held(wanted: Wanted, _: DecisionRules) -> tuple[str, str]:
    return ("held", "already held") if wanted.candidate.symbol in wanted.book.symbols else NONE


def _rests(wanted: Wanted, _: DecisionRules) -> tuple[str, str]:
    words = wanted.book.resting.get(wanted.candidate.symbol, "")
    return ("stopped_out", words) if words else NONE


def _enough_orders(wanted: Wanted, rules: DecisionRules) -> tuple[str, str]:
    most = rules.sizing.max_new_per_session
    words = f"{most} orders a session are placed already"
    return ("max_new_per_session", words) if wanted.placed >= most else NONE


def _enough_positions(wanted: Wanted, rules: DecisionRules) -> tuple[str, str]:
    most = rules.sizing.max_positions
    taken = len(wanted.book.symbols) + wanted.placed
    return ("max_positions", f"all {most} positions are taken") if taken >= most else NONE


OBSTACLES: tuple[Obstacle, ...] = (_suspended, _held, _rests, _enough_orders, _enough_positions)
"""What keeps a book from a new position in a symbol: its name and words, empty when it doesn't. The first is told."""


def size(wanted: Wanted, rules: DecisionRules) -> Sized:
    """Shares to buy within every limit, and the reason in words."""
    book, verdict, regime = wanted.book, wanted.verdict, wanted.regime
    if not verdict.buy:
        return Sized.unwanted(verdict)
    limit, words = next((found for stands in OBSTACLES if (found := stands(wanted, rules)) != NONE), NONE)
    if limit:
        return Sized.refused(verdict, limit, words)
    if regime.scale == 0.0:
        return Sized.refused(verdict, "regime", regime.reason)
    most, shares = _shares(wanted, rules, None), _shares(wanted, rules, wanted.room.cents)
    if shares <= 0:
        if most <= 0:
            return Sized.refused(verdict, "size", "the caps leave no whole share")
        return Sized.refused(verdict, wanted.room.limit, f"{wanted.room.cap}, leaves no whole share")
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
