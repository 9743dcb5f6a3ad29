"""Whatever the engine writes, the database takes, and its readable tables and readers agree with the account."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.postgres.accounts import Accounts
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.queries import Queries
from tests.fakes.engine_script import SYMBOLS, Moment, live, scripts
from tests.integration.replayed import journal_of
from trading.engine.account import Account
from trading.engine.engine import Engine
from trading.engine.fees import INTERACTIVE_BROKERS_FIXED
from trading.engine.fills import FillModel
from trading.engine.instruments import Instruments
from trading.engine.rules import PAPER_RULES, AccountRules, EngineRules
from trading.ledger.double_entry import chain

MARGIN = EngineRules(AccountRules("margin"), FillModel(fees=INTERACTIVE_BROKERS_FIXED))
NUMBERS = count(1)


def named(moment: Moment, book: str) -> Moment:
    """The moment with ids of the account's own: one journal knows an id once."""
    return replace(
        moment,
        orders=tuple(replace(order, order_id=f"{book}:{order.order_id}") for order in moment.orders),
        cancels=tuple(f"{book}:{order_id}" for order_id in moment.cancels),
        changes=tuple(
            replace(change, change_id=f"{book}:{change.change_id}", order_id=f"{book}:{change.order_id}")
            for change in moment.changes
        ),
    )


@settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moments=st.one_of(scripts(6), scripts(3, 3)), rules=st.sampled_from([PAPER_RULES, MARGIN]))
def test_the_record_takes_and_tells_what_the_engine_did(pool: Pool, moments: list[Moment], rules: EngineRules) -> None:
    """No entry is refused; orders that are open, shares filled and the equity in the tables are the account's."""
    book, store = f"book{next(NUMBERS)}", journal_of(pool)
    engine = Engine(Account(book, Instruments(SYMBOLS)), rules)
    engine.deposit(moments[0].step, 10_000_000)
    for moment in moments:
        live(engine, named(moment, book))
        seq, digest = store.last()
        store.append(chain(engine.log.drafts(), last_seq=seq, last_hash=digest))
        engine.log.clear()
    account = engine.account
    open_ids = {account.orders.ids[row] for row in account.orders.plain_rows().tolist()}
    views = Queries(pool).orders(book, 10_000)
    assert {view.order_id for view in views if view.status == "open" and not view.order_id.endswith(LEGS)} == open_ids
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT symbol, sum(CASE WHEN side IN ('buy', 'buy_to_cover') THEN shares ELSE -shares END)::bigint "
            "FROM fills WHERE book = %s GROUP BY symbol", [book],
        )  # fmt: skip
        filled = dict(cursor.fetchall())
    split = {action.symbol for moment in moments for action in moment.actions if action.kind == "split"}
    for number, symbol in enumerate(SYMBOLS):
        if symbol not in split:
            assert filled.get(symbol, 0) == account.shares[number]
    points = [point for point in Queries(pool).equity_curve() if point.book == book]
    assert {point.session: point.equity_cents for point in points} == account.equity_cents
    held = Accounts(pool).positions(book, 10)
    assert {view.position.symbol: view.position.shares for view in held} == {
        symbol: int(shares) for symbol, shares in zip(SYMBOLS, account.shares.tolist(), strict=True) if shares
    }


LEGS = (":stop", ":target", ":time", ":settled")
"""Ends of the ids of orders that nobody placed as such."""
