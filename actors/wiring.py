"""What every service is made of: where its data are and which rules it follows. Plain values, so they travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from actors.hosts import Hosting
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.live.feeds import LiveToFollow
from data.news.sources import NewsToFollow
from data.storage_rules import StorageRules
from execution.account import BrokerAccount
from research.reports.terms import ReportTerms
from trading.alerts.policy import Policy
from trading.approval.asked import ApprovalTerms
from trading.decisions.arms import ACCOUNTS, Arm
from trading.engine.rules import PAPER_RULES, EngineRules
from trading.risk.decision_rules import DecisionRules
from trading.scanner.rules import ScannerRules, large_cap
from tune.training_plan import SessionRules

NAMESPACE = "inplay"


@dataclass(frozen=True)
class Training:
    """What the training scheduler needs to know.

    Attributes:
        spend_folder: of the files in which the node provider keeps starts and stops.
        seed: of forests, boosters and bootstraps.
        promotes: whether the promotion rule changes roles by itself.
        regime_weights: whether a training learns the models' weights by regime.
    """

    rules: SessionRules = field(default_factory=SessionRules)
    spend_folder: Path = Path("~/.inplay")
    seed: int = 7
    promotes: bool = True
    regime_weights: Literal["fixed", "learned"] = "fixed"


@dataclass(frozen=True)
class Alerts:
    """Whom the owner's alerts go to.

    Attributes:
        urls: of services, as Apprise writes them.
        dead_man: a URL that hears of each complete session.
        policy: what is sent when.
        budget_usd: of machines a month, above which a forecast is an alert.
    """

    urls: tuple[SecretStr, ...] = ()
    dead_man: SecretStr | None = None
    policy: Policy = field(default_factory=Policy)
    budget_usd: float = 200.0


@dataclass(frozen=True)
class Wiring:
    """Everything a service needs to be constructed, at start and after a crash alike.

    Attributes:
        home: the data folder.
        database_url: of the record; secret because it may hold a password.
        cash_cents: what each paper account opens with.
        books: the paper accounts of the record and the arm of each.
        hosting: how many services live in one process.
        broker: the account that the cycle orders for; none by default.
        live: the live feed of bars; none by default.
        news: the sources of news to follow; none by default.
        storage: where bars and backups go, and when.
        training: when models are trained anew, and where the costs of machines are kept.
        alerts: whom they go to.
        approval: what the owner is asked about before the open; nothing by default.
        reports: what reports follow, and how many are kept.
    """

    home: Path
    database_url: SecretStr
    cash_cents: int
    scanner: ScannerRules = field(default_factory=large_cap)
    decisions: DecisionRules = field(default_factory=DecisionRules)
    paper: EngineRules = PAPER_RULES
    broker: BrokerAccount | None = None
    live: LiveToFollow = field(default_factory=LiveToFollow)
    news: NewsToFollow = field(default_factory=NewsToFollow)
    storage: StorageRules = field(default_factory=StorageRules)
    training: Training = field(default_factory=Training)
    alerts: Alerts = field(default_factory=Alerts)
    approval: ApprovalTerms | None = None
    reports: ReportTerms = field(default_factory=ReportTerms)
    books: Mapping[str, Arm] = field(default_factory=lambda: dict(ACCOUNTS))
    hosting: Hosting = "few"

    def record(self, pool: Pool) -> Record:
        """The record of these settings, over that pool."""
        return Record(pool, self.home, lambda: self.storage.locations)


def now() -> datetime:
    """The wall clock, for time stamps of the record only; no decision reads it."""
    return datetime.now(UTC)
