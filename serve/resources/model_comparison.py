"""Versions of the ensemble beside the rules, and the accounts beside each other."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field

from adapters.postgres.models import ModelStore
from research.models import comparing
from serve.desk import Desk
from serve.resources.model_changes import REFUSALS
from serve.schema import Book, Estimate, Schema, Text, book_of, estimate_of
from serve.sources import Sources
from trading.errors import UnknownModelError
from trading.evidence import calls
from trading.evidence.account_trades import TradeFigures
from trading.views.lifecycle import UNKNOWN

router = APIRouter()
MOST_VERSIONS: Final = 10


class Calls(Schema):
    """What the calls of one judge were worth: setups in play that it said yes to, taken or not."""

    calls: int = Field(ge=0)
    sessions: int = Field(ge=0, description="With at least one call.")
    accuracy: Estimate = Field(description="Share of all candidates judged right, yes or no.")
    made_money: Estimate = Field(description="Share of the calls that made money after costs.")
    false_positives: Estimate = Field(description="Share of the calls that didn't.")
    net_return: Estimate = Field(description="Mean of the calls after costs, a fraction.")
    missing: str | None = Field(description="What is missing for intervals; null when nothing is.")


class Gap(Schema):
    """How much better than the rules on the same candidates, in the same resamples."""

    accuracy: Estimate
    made_money: Estimate
    net_return: Estimate
    false_positives: Estimate = Field(description="Relative change of the share of calls that lost money.")


class VersionComparison(Schema):
    """A version beside the rules on the setups that it was asked of."""

    ensemble_id: str
    role: str
    candidates: int = Field(ge=0, description="Setups in play that it scored, with a known outcome.")
    open: int = Field(ge=0, description="Without a known outcome.")
    unanswered: int = Field(ge=0, description="That it said nothing of.")
    first_session: date | None
    last_session: date | None
    calls: Calls = Field(description="Setups that it ranked high enough to be for.")
    rules: Calls = Field(description="Those with a rule confidence of at least 0.60.")
    less_rules: Gap


class AccountComparison(Schema):
    """An account beside that of the rules."""

    book: Book
    title: str = Field(description="Who decides in it.", examples=["Models alone"])
    calls: Calls = Field(description="Candidates that it wanted to buy, whatever size and risk left of that.")
    trades: int = Field(ge=0, description="Closed.")
    profit_usd: Estimate = Field(description="Mean of a closed trade, net of fees.")
    profit_less_rules_usd: Estimate | None = Field(description="Null for the rules' own account.")
    trades_missing: str | None = Field(description="What is missing for intervals of the trades; null if nothing.")
    less_rules: Gap | None


class RulesActed(Schema):
    """How often each rule of model risk acted on what the versions said."""

    account: str
    candidates: int = Field(ge=0, description="That the versions were asked of.")
    rules: dict[str, int] = Field(description="How often, by rule.", examples=[{"unsure": 314, "expected_loss": 252}])


class Comparison(Schema):
    """Intervals are 95 %, from blocks of five whole sessions. Null where there isn't enough: `missing` says what."""

    versions: list[VersionComparison]
    accounts: list[AccountComparison]
    candidates: int = Field(ge=0, description="That all accounts decided on, with a known outcome.")
    first_session: date | None
    last_session: date | None
    acted: list[RulesActed]
    looks: str = Field(description="How often the accounts' sessions were looked at, in words; empty without any.")


def read(sources: Sources, versions: list[str] | None) -> Comparison:
    """The comparison of some versions, or of the latest that scored something."""
    every = [row.ensemble_id for row in ModelStore(sources.pool).ensembles()]
    unknown = next((name for name in versions or () if name not in every), None)
    if unknown is not None:
        raise UnknownModelError(UNKNOWN.format(unknown))
    return comparison_of(comparing.compared(sources.pool, sources.accounts, sources.seed, versions, most=MOST_VERSIONS))


def comparison_of(told: comparing.Comparison) -> Comparison:
    """The answer."""
    return Comparison(
        versions=[_version(one) for one in told.versions],
        accounts=[_account(one) for one in told.accounts],
        candidates=told.candidates,
        first_session=told.first_session,
        last_session=told.last_session,
        acted=[RulesActed(account=one.account, candidates=one.candidates, rules=one.rules) for one in told.acted],
        looks=told.looks,
    )


def _version(told: comparing.VersionCompared) -> VersionComparison:
    return VersionComparison(
        ensemble_id=told.ensemble_id, role=told.role, candidates=told.candidates, open=told.open,
        unanswered=told.unanswered, first_session=told.first_session, last_session=told.last_session,
        calls=_calls(told.calls), rules=_calls(told.rules), less_rules=_gap(told.less_rules),
    )  # fmt: skip


def _account(told: comparing.AccountCompared) -> AccountComparison:
    trades: TradeFigures = told.trades
    return AccountComparison(
        book=book_of(told.account),
        title=told.title,
        calls=_calls(told.calls),
        trades=trades.trades,
        profit_usd=estimate_of(trades.profit_usd),
        profit_less_rules_usd=None if trades.less_base is None else estimate_of(trades.less_base),
        trades_missing=trades.missing or None,
        less_rules=None if told.less_rules is None else _gap(told.less_rules),
    )


def _calls(told: calls.CallFigures) -> Calls:
    return Calls(
        calls=told.calls, sessions=told.sessions, accuracy=estimate_of(told.accuracy),
        made_money=estimate_of(told.made_money), false_positives=estimate_of(told.false_positives),
        net_return=estimate_of(told.net_return), missing=told.missing or None,
    )  # fmt: skip


def _gap(told: calls.Gap) -> Gap:
    return Gap(
        accuracy=estimate_of(told.accuracy), made_money=estimate_of(told.made_money),
        net_return=estimate_of(told.net_return), false_positives=estimate_of(told.false_positives),
    )  # fmt: skip


Versions = Annotated[
    list[Text] | None,
    Query(max_length=MOST_VERSIONS, description="Ids of ensembles; without any the latest that scored something."),
]


@router.get("/models/compare", tags=["models"], summary="Versions and accounts beside the rules", responses=REFUSALS)
async def get_comparison(desk: Desk, version: Versions = None) -> Comparison:
    """Accuracy, false positives, net return of a call and profit of a trade, with 95 % intervals."""
    return await desk.ask(read, version)
