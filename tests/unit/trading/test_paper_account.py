"""What holds for a paper account whatever the market does."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings

from tests.fakes.paper_script import Step, scripts
from trading.book import Book, deposit
from trading.ledger import Draft, body_of, draft_of
from trading.orders import cents
from trading.paper import PaperRules, PaperSession

CASH_CENTS = 10_000_000


def live(steps: list[Step]) -> tuple[Book, list[Draft], list[Book]]:
    """The account after the steps, every entry, and the account as its journal told it after each step."""
    book, journal, folds = Book("rule"), [deposit("rule", steps[0].session, CASH_CENTS)], []
    book.apply(journal[0])
    for step in steps:
        session = PaperSession(book, step.session, step.quotes, PaperRules())
        session.run(step.actions)
        session.place(step.orders)
        journal += session.drafts
        folds.append(fold(journal))
    return book, journal, folds


def fold(journal: list[Draft]) -> Book:
    """The account that the journal's text tells of."""
    book = Book("rule")
    for seq, draft in enumerate(journal, start=1):
        book.apply(draft_of(body_of(seq, draft)))
    return book


def balances(journal: list[Draft]) -> Counter[str]:
    """Cents per ledger account."""
    total: Counter[str] = Counter()
    for draft in journal:
        for posting in draft.postings:
            total[posting.account] += posting.amount_cents
    return total


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_the_journal_alone_restores_the_account(steps: list[Step]) -> None:
    """A fold of the journal's text equals the live account, order of everything included."""
    book, _, folds = live(steps)
    assert repr(folds[-1]) == repr(book)


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_money_neither_appears_nor_vanishes(steps: list[Step]) -> None:
    """Every entry balances, and the ledger's accounts are the book's cash, costs and shares."""
    book, journal, _ = live(steps)
    assert all(sum(posting.amount_cents for posting in draft.postings) == 0 for draft in journal)
    ledger = balances(journal)
    assert ledger["rule:cash"] == book.cash_cents
    shares: Counter[str] = Counter()
    for draft in journal:
        for posting in draft.postings:
            shares[posting.account] += posting.shares
    for symbol in ("AA", "BB", "CC"):
        held = book.positions.get(symbol)
        account = f"rule:position:{symbol}"
        assert (ledger[account], shares[account]) == ((held.cost_cents, held.shares) if held else (0, 0))
    cost = sum(position.cost_cents for position in book.positions.values())
    assert book.cash_cents + cost == CASH_CENTS - ledger["rule:realised"] - ledger["rule:commission"]


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_cash_is_never_negative_and_equity_is_cash_and_positions(steps: list[Step]) -> None:
    """After each session, and the equity on record is the cash plus every position at its last print."""
    for step, book in zip(steps, live(steps)[2], strict=True):
        assert book.cash_cents >= 0
        worth = sum(cents(p.last_close_usd_e4, p.shares) for p in book.positions.values())
        assert book.equity_cents[step.session] == book.cash_cents + worth
        assert all(position.shares > 0 for position in book.positions.values())


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_the_profits_of_closed_trades_explain_the_cash(steps: list[Step]) -> None:
    """Cash = deposit + profits of closed trades - cost and commission of the open ones."""
    book = live(steps)[0]
    still_out = sum(p.cost_cents + p.entry_commission_cents for p in book.positions.values())
    assert book.cash_cents == CASH_CENTS + sum(book.trades) - still_out


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_an_order_ends_in_the_session_after_it_was_made(steps: list[Step]) -> None:
    """It is filled at that session's open or cancelled, never in its own session and never later."""
    _, journal, _ = live(steps)
    follows = {earlier.session: later.session for earlier, later in pairwise(steps)}
    placed = {draft.payload["order_id"]: draft.session for draft in journal if draft.kind == "order"}
    ends = {
        draft.payload["order_id"]: draft.session
        for draft in journal
        if draft.kind == "cancel" or (draft.kind == "fill" and draft.payload["side"] == "buy")
    }
    expected = {order_id: follows[session] for order_id, session in placed.items() if session in follows}
    assert ends == expected


@settings(max_examples=60, deadline=None)
@given(steps=scripts())
def test_nothing_fills_outside_the_bar(steps: list[Step]) -> None:
    """A trade on the tape costs at least the bar's worst price for us less its slippage, and happens only in a bar."""
    _, journal, _ = live(steps)
    tape = {step.session: step.quotes for step in steps}
    for draft in journal:
        if draft.kind != "fill" or draft.payload["reason"] == "settled":
            continue
        told = draft.payload
        quote = tape[draft.session][told["symbol"]]
        assert quote.volume > 0
        on_tape = told["price_usd_e4"] + told["slippage_usd_e4"] * (-1 if told["side"] == "buy" else 1)
        assert quote.low_usd_e4 <= on_tape <= quote.high_usd_e4
        assert told["slippage_usd_e4"] >= 0
