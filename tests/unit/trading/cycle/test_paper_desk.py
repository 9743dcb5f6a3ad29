"""The desk: commands may be repeated, and may fail at any point, without doubling or losing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain, repeat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.journal import FlakyJournal
from tests.fakes.paper_script import FIRST, Step, quotes_of, scripts
from trading.broker.orders import Bracket, OrderRequest
from trading.cycle.paper_desk import PaperDesk
from trading.cycle.summary import SessionSummary
from trading.decisions.arms import Arm
from trading.engine.rules import PAPER_RULES
from trading.errors import LedgerError, UnavailableError
from trading.ledger.double_entry import verify
from trading.ledger.journal import Journal, MemoryJournal

BOOKS: Mapping[str, Arm] = {"rule": "rule", "hybrid": "hybrid"}
CASH_CENTS = 10_000_000
ORDER = OrderRequest("order:1", "AA", "buy", 10, "on_open", bracket=Bracket(10_000, 20_000, hold_sessions=3))
BAR = quotes_of({"AA": (200_000, 201_000, 199_000, 200_500, 1000)})
NOTHING = quotes_of({})


def desk_on(journal: Journal) -> PaperDesk:
    """A desk as after a start."""
    return PaperDesk(journal, BOOKS, CASH_CENTS, PAPER_RULES)


def run(desk: PaperDesk, step: Step) -> None:
    """One session: both accounts order the same, the ensemble in its own name."""
    desk.settle(step.session, step.quotes, step.actions)
    orders = {"rule": step.orders, "hybrid": step.orders[:1]}
    named = {book: [named_for(book, order) for order in chosen] for book, chosen in orders.items()}
    desk.place(step.session, named, len(step.prices))


def named_for(book: str, order: OrderRequest) -> OrderRequest:
    """The order with an id of the book."""
    return replace(order, order_id=f"{order.order_id}:{book}")


def undisturbed(steps: list[Step]) -> MemoryJournal:
    """The journal of the steps without any failure."""
    journal = MemoryJournal()
    desk = desk_on(journal)
    for step in steps:
        run(desk, step)
    return journal


@settings(max_examples=30, deadline=None)
@given(steps=scripts(6), repeats=st.lists(st.integers(1, 5), min_size=6, max_size=6), reload=st.booleans())
def test_a_repeated_command_changes_nothing(steps: list[Step], repeats: list[int], reload: bool) -> None:  # noqa: FBT001
    """One to five times each, on the same desk or on one that was started anew: the same journal, byte for byte."""
    expected, journal = undisturbed(steps), MemoryJournal()
    desk = desk_on(journal)
    for step, times in zip(steps, repeats, strict=False):
        for _ in range(times):
            if reload:
                desk = desk_on(journal)
            run(desk, step)
    assert (journal.entries, journal.done) == (expected.entries, expected.done)


@settings(max_examples=30, deadline=None)
@given(
    steps=scripts(6),
    failures=st.lists(st.sampled_from([None, "before", "after"]), max_size=20),
    reload=st.booleans(),
)
def test_a_failing_journal_loses_and_doubles_nothing(
    steps: list[Step],
    failures: list[str | None],
    reload: bool,  # noqa: FBT001
) -> None:
    """Each session is tried until it works; the journal is that of an undisturbed run, whichever write failed."""
    journal = FlakyJournal(chain(failures, repeat(None)))
    desk = desk_on(journal)
    for step in steps:
        for _ in range(len(failures) + 1):
            try:
                run(desk, step)
            except UnavailableError:
                desk = desk_on(journal) if reload else desk
            else:
                break
    expected = undisturbed(steps)
    assert (journal.entries, journal.done) == (expected.entries, expected.done)
    assert desk.journal_hash == verify([(e.seq, e.body, e.prev_hash, e.hash) for e in journal.entries])


@settings(max_examples=30, deadline=None)
@given(steps=scripts(6))
def test_a_desk_started_anew_answers_as_the_one_before(steps: list[Step]) -> None:
    """Sessions, equity, fills, symbols and drawdown come from the journal alone."""
    journal = MemoryJournal()
    desk = desk_on(journal)
    for step in steps:
        run(desk, step)
    anew = desk_on(journal)
    assert anew.sessions() == desk.sessions() == [step.session for step in steps]
    for step in steps:
        assert anew.completed(step.session) == desk.completed(step.session)
        assert anew.state(step.session) == desk.state(step.session)


def test_nothing_is_complete_before_its_orders_are_placed() -> None:
    """A settled session is not complete; a placed one answers with equity, fills and stocks in play."""
    desk = desk_on(MemoryJournal())
    assert (desk.completed(FIRST), desk.sessions()) == (None, [])
    state = desk.settle(FIRST, NOTHING, [])
    assert desk.completed(FIRST) is None
    assert [(view.name, view.equity_cents, view.symbols) for view in state.views] == [
        ("rule", CASH_CENTS, frozenset()),
        ("hybrid", CASH_CENTS, frozenset()),
    ]
    desk.place(FIRST, {"rule": [ORDER]}, 7)
    both = {"rule": CASH_CENTS, "hybrid": CASH_CENTS}
    assert desk.completed(FIRST) == SessionSummary(FIRST, both, {"rule": 0, "hybrid": 0}, 7)


def test_a_waiting_order_counts_as_held_and_its_fill_is_counted() -> None:
    """A symbol that is ordered is taken until the order ends; the next session reports one fill."""
    desk = desk_on(MemoryJournal())
    desk.settle(FIRST, NOTHING, [])
    assert desk.place(FIRST, {"rule": [ORDER]}, 1) == 1
    assert desk.place(FIRST, {"rule": [ORDER]}, 1) == 0
    after = desk.settle(FIRST + timedelta(days=1), BAR, [])
    assert after.views[0].symbols == frozenset({"AA"})
    assert after.fills == {"rule": 1, "hybrid": 0}


def settled_only() -> PaperDesk:
    """A desk whose first session waits for its orders."""
    desk = desk_on(MemoryJournal())
    desk.settle(FIRST, NOTHING, [])
    return desk


def complete() -> PaperDesk:
    """A desk whose first session is complete."""
    desk = settled_only()
    desk.place(FIRST, {}, 0)
    return desk


def test_a_session_is_not_settled_before_the_one_before_has_its_orders() -> None:
    """Its orders would be lost."""
    with pytest.raises(LedgerError, match="has no orders yet"):
        settled_only().settle(FIRST + timedelta(days=1), NOTHING, [])


def test_sessions_come_in_order() -> None:
    """An earlier session after a later one would trade on prices of the past."""
    with pytest.raises(LedgerError, match="Sessions come in order"):
        complete().settle(date(2009, 1, 2), NOTHING, [])


def test_orders_need_a_settled_session_and_a_known_account() -> None:
    """Both would leave orders that nobody fills; nothing is written."""
    journal = MemoryJournal()
    with pytest.raises(LedgerError, match="came before its bar was settled"):
        desk_on(journal).place(FIRST, {"rule": [ORDER]}, 1)
    desk = desk_on(journal)
    desk.settle(FIRST, NOTHING, [])
    before = list(journal.entries)
    with pytest.raises(LedgerError, match="no books of this desk"):
        desk.place(FIRST, {"rules": [ORDER]}, 1)
    assert journal.entries == before
