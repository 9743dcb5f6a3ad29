"""What the desk tells decisions of an account's past is a fold of its journal: a restart forgets none of it."""

from __future__ import annotations

from datetime import date

import numpy as np

from trading.broker.orders import Bracket, OrderRequest
from trading.cycle.paper_desk import PaperDesk
from trading.decisions.book_view import BookView
from trading.engine.bars import Quotes
from trading.engine.rules import PAPER_RULES
from trading.ledger.journal import MemoryJournal
from trading.risk.decision_rules import rules_of

DAYS = [date(2010, 1, day) for day in (4, 5, 6, 7, 8)]
LIMITS = rules_of({"stop_out_sessions": 2, "pause_streak": 1})


def bar(open_usd: float, low_usd: float) -> Quotes:
    """A bar of AA that closes where it opened."""
    open_, low = round(open_usd * 10_000), round(low_usd * 10_000)
    return Quotes(["AA"], np.array([[open_], [open_], [low], [open_]]), np.array([1_000_000]))


def purchase(day: date, reason: str) -> OrderRequest:
    """100 shares at the next open, with a stop one dollar below."""
    stop = Bracket(stop_distance_usd_e4=10_000, target_distance_usd_e4=50_000, hold_sessions=5)
    return OrderRequest(f"order:{day}:hybrid:AA", "AA", "buy", 100, "on_open", bracket=stop, reason=reason)


def desk_of(journal: MemoryJournal) -> PaperDesk:
    """A desk as after a start."""
    return PaperDesk(journal, {"hybrid": "hybrid"}, 10_000_000, PAPER_RULES, LIMITS)


def stopped_out(reason: str) -> tuple[MemoryJournal, BookView]:
    """Bought on the second session, stopped out on the third; the journal, and what decisions see at its close."""
    journal = MemoryJournal()
    desk = desk_of(journal)
    for day, quotes in zip(DAYS, (bar(20, 20), bar(20, 20), bar(20, 18)), strict=False):
        state = desk.settle(day, quotes, [])
        desk.place(day, {"hybrid": [purchase(day, reason)] if day == DAYS[0] else []}, 1)
    return journal, state.views[0]


def test_a_stop_out_rests_the_symbol_and_pauses_the_account() -> None:
    """Both are told at the close of the stop; a desk that starts anew over the journal tells the same."""
    journal, view = stopped_out("ensemble: for it")
    assert view.resting == {"AA": f"rests 2 sessions: it was stopped out on {DAYS[2]}"}
    assert view.drawdown.scale == 0.0
    assert view.drawdown.reason.startswith("paused for 3 sessions")
    assert desk_of(journal).state(DAYS[2]).views[0] == view


def test_the_rest_ends() -> None:
    """Two closes rest it, the third doesn't."""
    journal, _ = stopped_out("rule: for it")
    desk = desk_of(journal)
    rested = []
    for day in DAYS[3:]:
        rested.append(bool(desk.settle(day, bar(20, 20), []).views[0].resting))
        desk.place(day, {}, 1)
    assert rested == [True, False]


def test_withdrawing_cancels_what_would_open_and_repeats_find_nothing() -> None:
    """The order that waits is cancelled with the reason, and never fills; the stop of what is held lives on."""
    journal = MemoryJournal()
    desk = desk_of(journal)
    desk.settle(DAYS[0], bar(20, 20), [])
    desk.place(DAYS[0], {"hybrid": [purchase(DAYS[0], "rule: x")]}, 1)
    desk.settle(DAYS[1], bar(20, 20), [])
    desk.place(DAYS[1], {"hybrid": [purchase(DAYS[1], "rule: y")]}, 1)
    assert desk.withdraw_openings("because") == [f"order:{DAYS[1]}:hybrid:AA"]
    assert desk.withdraw_openings("because") == []
    assert desk_of(journal).withdraw_openings("because") == []
    desk.settle(DAYS[2], bar(20, 18), [])
    fills = [entry.draft.payload for entry in journal.entries if entry.draft.kind == "fill"]
    assert [(told["side"], told["reason"]) for told in fills] == [("buy", "entry"), ("sell", "stop")]
    assert desk.account("hybrid").shares.sum() == 0
