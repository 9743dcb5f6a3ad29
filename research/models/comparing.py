"""The comparison of the strategy: versions of the ensemble beside the rules, and the accounts beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.postgres.accounts import Accounts
from adapters.postgres.books import BookStore
from adapters.postgres.calls import RULES, CallStore
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool
from adapters.postgres.risk_limits import RiskLimits
from adapters.postgres.trials import TrialLedger
from research.models.showing import Acted, acted_of
from trading.arrays import Days
from trading.bars.panel import as_date
from trading.decisions.arms import ARMS, Arm
from trading.evidence.account_trades import TradeFigures, Trades, traded
from trading.evidence.calls import CallFigures, Gap, Period, gap, judged, periods
from trading.risk.decision_rules import DecisionRules, rules_of
from trading.trials.looks import looks_at

MOST_TRADES = 1_000_000


@dataclass(frozen=True)
class VersionCompared:
    """A version beside the rules, on the setups in play that it was asked of, taken or not.

    Attributes:
        candidates: with a known outcome, from `first_session` to `last_session`.
        open: whose outcome isn't known yet, or never will be.
        unanswered: of which it said nothing.
        calls: setups that it ranked high enough to be for.
        rules: setups of the same ones with a rule confidence of at least 0.60.
        less_rules: how much better than the rules.
    """

    ensemble_id: str
    role: str
    candidates: int
    open: int
    unanswered: int
    first_session: date | None
    last_session: date | None
    calls: CallFigures
    rules: CallFigures
    less_rules: Gap


@dataclass(frozen=True)
class AccountCompared:
    """An account beside that of the rules.

    Attributes:
        arm: who decides in it.
        title: in words.
        calls: candidates that it wanted to buy, whatever size and risk left of that.
        trades: that it closed.
        less_rules: how much better than the rules' account; None for that one.
    """

    account: str
    arm: Arm
    title: str
    calls: CallFigures
    trades: TradeFigures
    less_rules: Gap | None


@dataclass(frozen=True)
class Comparison:
    """Versions, and accounts on the candidates that all of them decided on.

    Attributes:
        candidates: of the accounts, with a known outcome, from `first_session` to `last_session`.
        acted: how often each rule of model risk acted on what the versions said, by account.
        looks: how often the accounts' sessions were looked at, in words; empty without any.
    """

    versions: list[VersionCompared]
    accounts: list[AccountCompared]
    candidates: int
    first_session: date | None
    last_session: date | None
    acted: list[Acted]
    looks: str


@dataclass(frozen=True)
class CallsOf:
    """What an account wanted to buy; see `AccountCompared`."""

    account: str
    calls: CallFigures
    less_rules: Gap | None


@dataclass(frozen=True)
class PeriodCompared:
    """The accounts in a calendar period.

    Attributes:
        period: such as 2016-Q3.
        candidates: that all of them decided on, with a known outcome.
    """

    period: str
    candidates: int
    accounts: list[CallsOf]


def over_time(pool: Pool, accounts: Accounts, seed: int, period: Period) -> list[PeriodCompared]:
    """The accounts beside each other in each calendar period, the earliest first.

    Many periods are looked at, so that some differ by luck: a single one whose interval excludes zero shows nothing.
    """
    arms = _Sides(pool, accounts, date.max).arms()
    base = next((book for book, arm in arms.items() if arm == "rule"), "")
    every = CallStore(pool).of_accounts(list(arms))
    found = []
    for word, chosen in periods(every.session, period):
        part = every.take(chosen)
        figures = judged(part, seed)
        told = [
            CallsOf(book, figures[book], gap(part, book, base, seed) if base and book != base else None)
            for book in arms
        ]
        found.append(PeriodCompared(word, len(part), told))
    return found


def compared(
    pool: Pool, accounts: Accounts, seed: int, versions: Sequence[str] | None = None, *, most: int | None = None,
    until: date = date.max,
) -> Comparison:  # fmt: skip
    """The comparison as of now.

    Args:
        pool: of the record.
        accounts: reader of its journal.
        seed: of the bootstrap.
        versions: those to compare; None for those that scored something.
        most: of these the latest so many; None for all.
        until: only sessions, and outcomes known, up to this one.
    """
    row = RiskLimits(pool).in_force()
    rules = DecisionRules() if row is None else rules_of(row.limits)
    roles = LifecycleStore(pool).life().latest()
    calls = CallStore(pool, until)
    asked = calls.versions()[-(most or 0) :] if versions is None else list(dict.fromkeys(versions))
    return _with_accounts(
        [_version(calls, name, roles.get(name, ""), rules, seed) for name in asked],
        calls,
        _Sides(pool, accounts, until),
        seed,
    )


def _version(calls: CallStore, name: str, role: str, rules: DecisionRules, seed: int) -> VersionCompared:
    found = calls.of_version(name, rules.model_risk)
    figures = judged(found.candidates, seed)
    first, last = _reach(found.candidates.session)
    return VersionCompared(
        ensemble_id=name,
        role=role,
        candidates=len(found.candidates),
        open=found.open,
        unanswered=found.unanswered,
        first_session=first,
        last_session=last,
        calls=figures[name],
        rules=figures[RULES],
        less_rules=gap(found.candidates, name, RULES, seed),
    )


@dataclass(frozen=True)
class _Sides:
    """The accounts, up to a session."""

    pool: Pool
    accounts: Accounts
    until: date

    def arms(self) -> Mapping[str, Arm]:
        """Those that are open; none before the first start."""
        there = {account.book for account in self.accounts.accounts()}
        return {book: arm for book, arm in BookStore(self.pool).arms().items() if book in there}

    def trades(self, book: str) -> Trades:
        """Closed by then."""
        _, every = self.accounts.trades(book, MOST_TRADES)
        closed = [trade for trade in every if trade.exit_session <= self.until]
        return Trades(
            np.array([trade.entry_session for trade in closed], dtype="datetime64[D]"),
            np.array([trade.profit_cents / 100 for trade in closed], dtype=np.float64),
        )


def _with_accounts(versions: list[VersionCompared], calls: CallStore, sides: _Sides, seed: int) -> Comparison:
    arms = sides.arms()
    candidates = calls.of_accounts(list(arms))
    figures = judged(candidates, seed)
    base = next((book for book, arm in arms.items() if arm == "rule"), "")
    trades = traded({book: sides.trades(book) for book in arms}, base, seed)
    first, last = _reach(candidates.session)
    return Comparison(
        versions=versions,
        accounts=[
            AccountCompared(
                account=book, arm=arm, title=ARMS[arm].title, calls=figures[book], trades=trades[book],
                less_rules=gap(candidates, book, base, seed) if base and book != base else None,
            )
            for book, arm in arms.items()
        ],
        candidates=len(candidates),
        first_session=first,
        last_session=last,
        acted=acted_of(sides.pool, [one.ensemble_id for one in versions], sides.until),
        looks=_looks(sides.pool, candidates.session),
    )  # fmt: skip


def _looks(pool: Pool, sessions: Days) -> str:
    if not len(sessions):
        return ""
    ledger = TrialLedger(pool)
    return looks_at(ledger.trials(), ledger.seals(), sessions).words


def _reach(session: Days) -> tuple[date | None, date | None]:
    return (as_date(session.min()), as_date(session.max())) if len(session) else (None, None)
