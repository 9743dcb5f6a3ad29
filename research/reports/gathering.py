"""What the digest of a day or a week is made of, each part read from the record once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property

from adapters.postgres.accounts import Accounts, TradeView
from adapters.postgres.books import BookStore
from adapters.postgres.costs import costs_between
from adapters.postgres.journal import JournalStore
from adapters.record import Record
from research.models.comparing import Comparison, compared
from research.reports.accounts import AccountsToDate, accounts_to_date
from research.reports.periods import Period, PeriodKind, period_of
from research.reports.record_of_period import OfPeriod, of_period
from research.reports.terms import ReportTerms
from trading.accounting.costs import E6, Kind
from trading.accounting.headline import Asked, Headline, headline
from trading.decisions.arms import ARMS, Arm
from trading.errors import UnavailableError
from trading.market.benchmark import BENCHMARK
from trading.performance.metric import Values

MOST_TRADES = 10_000_000
MOST_VERSIONS = 10


@dataclass(frozen=True)
class Gathered:
    """What a digest is made of, each part read once.

    Attributes:
        period: that it is of.
        until: its last session; nothing later is looked at.
    """

    record: Record
    period: Period
    terms: ReportTerms

    @property
    def until(self) -> date:
        """The last session."""
        return self.period.last_day

    @cached_property
    def arms(self) -> Mapping[str, Arm]:
        """The accounts and who decides in them."""
        return BookStore(self.record.pool).arms()

    @cached_property
    def to_date(self) -> AccountsToDate:
        """The accounts at the close of the last session."""
        found = accounts_to_date(self.record, self.arms, self.until)
        if found is None:
            raise UnavailableError("No session is complete yet, so there is nothing to report.")
        return found

    @cached_property
    def figures(self) -> dict[str, Values]:
        """Of each account and buy-and-hold."""
        return self.to_date.figures(self.terms.seed)

    @cached_property
    def trades(self) -> list[TradeView]:
        """Closed by the last session, the first one first."""
        _, every = Accounts(self.record.pool).trades(None, MOST_TRADES)
        return [trade for trade in reversed(every) if trade.exit_session <= self.until]

    @cached_property
    def comparison(self) -> Comparison:
        """Of versions and accounts."""
        return compared(
            self.record.pool, Accounts(self.record.pool), self.terms.seed, most=MOST_VERSIONS, until=self.until
        )

    @cached_property
    def rows(self) -> OfPeriod:
        """Of the period."""
        return of_period(self.record.pool, self.period.sessions)

    @cached_property
    def costs(self) -> dict[Kind, int]:
        """Of all days from the first to the last session, by kind; empty where none is on record."""
        return self.costs_of(self.to_date.sessions[0], self.until)

    def costs_of(self, first: date, last: date) -> dict[Kind, int]:
        """Likewise of other days."""
        end = datetime.combine(last + timedelta(days=1), time(), UTC)
        return costs_between(self.record.pool, first, last, end)

    @property
    def leading(self) -> str:
        """The account that the headline is of; that of the rules where the arm that is followed has none."""
        of_arm = {arm: name for name, arm in self.arms.items()}
        return of_arm.get(self.terms.follows) or of_arm.get("rule") or next(iter(self.arms))

    @cached_property
    def headlines(self) -> dict[str, Headline]:
        """Of each account."""
        total = sum(self.costs.values()) / E6 if self.costs else None
        sessions = self.to_date.sessions
        return {
            name: headline(
                Asked(
                    account=ARMS[arm].title, equity_usd=self.to_date.equity_usd[name],
                    hold_usd=self.to_date.equity_usd[BENCHMARK], first=sessions[0], last=sessions[-1],
                    costs_usd=total, tbill_percent=self.terms.tbill_percent, seed=self.terms.seed,
                )
            )
            for name, arm in self.arms.items()
        }  # fmt: skip


def gather(record: Record, kind: PeriodKind, day: date | None, terms: ReportTerms) -> Gathered:
    """What the digest of a day or week is made of.

    Args:
        record: only read.
        kind: of the period.
        day: with which it ends; the last complete session if None.
        terms: settings.

    Raises:
        UnavailableError: before the first complete session.
        ConfigurationError: when the day is no session on record.
    """
    complete = sorted(JournalStore(record.pool, clock=lambda: datetime.now(UTC)).completed_sessions())
    return Gathered(record, period_of(kind, complete, day), terms)
