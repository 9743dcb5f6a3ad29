"""The paper accounts: balances."""

from __future__ import annotations

from fastapi import APIRouter

from adapters.postgres.accounts import AccountView
from serve.answers.portfolio import Account, Portfolio
from serve.desk import Desk
from serve.report import ACCOUNT_LABELS
from serve.schema import book_of
from serve.sources import Sources

router = APIRouter()


def read(sources: Sources) -> Portfolio:
    """Every account, marked at the latest close."""
    views = sources.accounts.accounts()
    restrictions = sources.accounts.restrictions(sources.decision_rules())
    accounts = [account_of(view, restrictions.get(view.book, "")) for view in views]
    return Portfolio(session=views[0].session if views else None, accounts=accounts)


def account_of(view: AccountView, restriction: str) -> Account:
    """An account; `restriction` is what its losses forbid, empty if nothing."""
    return Account(
        book=book_of(view.book),
        title=ACCOUNT_LABELS[view.book],
        cash_usd=view.cash_cents / 100,
        positions_usd=view.positions_cents / 100,
        equity_usd=view.equity_cents / 100,
        start_equity_usd=view.start_cents / 100,
        total_return=view.equity_cents / view.start_cents - 1,
        drawdown=1 - view.equity_cents / max(view.start_cents, view.peak_cents),
        open_positions=view.open_positions,
        state=restriction or "trading",
    )


@router.get("/portfolio", tags=["accounts"], summary="The accounts")
async def get_portfolio(desk: Desk) -> Portfolio:
    """Cash, positions and equity at the latest close."""
    return await desk.ask(read)
