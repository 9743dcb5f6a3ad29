"""Orders of a simulated account that wait for the owner's yes: asked once, and what was refused never fills."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from actors import paper_trading
from actors.paper_trading import PaperTrading
from actors.wiring import Wiring
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool, transaction
from research.checks.causes import Changes
from trading.approval.asked import ApprovalTerms, Silence, Verdict
from trading.bars.panel import BARS_SCHEMA
from trading.broker.controls import Control
from trading.broker.orders import OrderRequest, Side

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
EVENING = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
AFTER = datetime(2026, 11, 17, 21, 30, tzinfo=UTC)


class Clock:
    """What the service reads."""

    at = EVENING

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Monday evening."""
    made = Clock()
    monkeypatch.setattr(paper_trading, "now", made)
    return made


def bars(session: date) -> pa.Table:
    """AAPL and MSFT, both at 100 dollars."""
    prices = [[100.0] * 2 for _ in range(4)]
    return pa.table([["AAPL", "MSFT"], [session] * 2, *prices, [1_000_000] * 2], schema=BARS_SCHEMA)


class Paper:
    """The service on a record, started anew for each question as after a kill."""

    def __init__(self, home: Path, url: str, silence: Silence | None) -> None:
        terms = (
            None if silence is None else ApprovalTerms("hybrid", silence, timedelta(minutes=30), "https://x.example")
        )
        self.wiring = Wiring(home, SecretStr(url), 10_000_000, approval=terms)

    def settle(self, session: date) -> int:
        """The fills of the hybrid account in the session."""
        return PaperTrading(self.wiring).settle(session, bars(session), []).fills["hybrid"]

    def evening(self, session: date, *orders: tuple[str, Side]) -> None:
        """A session is settled and its orders are placed, alike in two accounts."""
        service = PaperTrading(self.wiring)
        service.settle(session, bars(session), [])
        for _ in range(2):  # a repeat changes nothing
            wanted = {
                book: [OrderRequest(f"order:{session}:{book}:{s}", s, side, 10, "on_open") for s, side in orders]
                for book in ("rule", "hybrid")
            }
            service.place(session, wanted, 2)


def filled(pool: Pool) -> list[tuple[str, str]]:
    """Account and symbol of every purchase."""
    with transaction(pool) as cursor:
        cursor.execute("SELECT book, symbol FROM fills ORDER BY book, symbol")
        return [(str(book), str(symbol)) for book, symbol in cursor.fetchall()]


def cancelled(pool: Pool) -> dict[str, str]:
    """The reason of each order that was cancelled."""
    with transaction(pool) as cursor:
        cursor.execute("SELECT order_id, closed_reason FROM orders WHERE status = 'cancelled'")
        return dict(cursor.fetchall())


BOTH = (("AAPL", "buy"), ("MSFT", "buy"))
HYBRID = f"order:{MONDAY}:hybrid:"


def answer(pool: Pool, verdict: Verdict, *symbols: str) -> None:
    """The owner answers by a link in the night."""
    store = ApprovalStore(pool)
    asked = store.of(MONDAY, "hybrid")
    assert asked is not None
    ids = [HYBRID + symbol for symbol in symbols]
    store.answer(asked.number, ids, verdict, who="link", reason="", at=EVENING + timedelta(hours=3))


def test_what_the_owner_refused_is_not_bought_and_the_other_account_shows_the_plan(
    pool: Pool, empty_url: str, home: Path, clock: Clock
) -> None:
    """AAPL is refused and MSFT approved: the account that trades buys MSFT, the one beside it both."""
    paper = Paper(home, empty_url, "hold")
    paper.evening(MONDAY, *BOTH)
    (asked,) = ApprovalStore(pool).latest(5)
    assert [(one.order_id, one.shares, one.about_cents) for one in asked.orders] == [
        (HYBRID + "AAPL", 10, 1_000_00), (HYBRID + "MSFT", 10, 1_000_00),
    ]  # fmt: skip
    assert (asked.account, asked.expires_at) == ("hybrid", datetime(2026, 11, 17, 14, tzinfo=UTC))
    answer(pool, "no", "AAPL")
    answer(pool, "yes", "MSFT")
    clock.at = AFTER
    assert paper.settle(TUESDAY) == 1
    assert paper.settle(TUESDAY) == 1, "a repeat answers the same"
    assert filled(pool) == [("hybrid", "MSFT"), ("rule", "AAPL"), ("rule", "MSFT")]
    assert cancelled(pool) == {HYBRID + "AAPL": "refused by the owner"}
    journal = JournalStore(pool, clock=clock)
    assert journal.verify()
    (cancel,) = [entry.draft for entry in journal.load() if entry.draft.kind == "cancel"]
    assert cancel.session == MONDAY
    assert Changes().cause(cancel, on_record=True) == "refused by the owner", "what parity says of it"


@pytest.mark.parametrize("silence", ["hold", "place"])
def test_silence_is_what_was_set_when_it_was_asked(
    pool: Pool, empty_url: str, home: Path, clock: Clock, silence: Silence
) -> None:
    """Nobody answers, and the settings are others by then: what was asked holds."""
    bought = ["AAPL", "MSFT"] if silence == "place" else []
    Paper(home, empty_url, silence).evening(MONDAY, *BOTH)
    clock.at = AFTER
    Paper(home, empty_url, None).settle(TUESDAY)
    assert [symbol for book, symbol in filled(pool) if book == "hybrid"] == bought
    assert set(cancelled(pool).values()) == (set() if bought else {"not approved by the owner in time"})
    asked = ApprovalStore(pool).of(MONDAY, "hybrid")
    assert asked is not None
    assert {one.who for one in asked.answers.values()} == {"silence"}


def test_the_open_ends_it_whatever_the_clock_says(pool: Pool, empty_url: str, home: Path, clock: Clock) -> None:
    """A clock that stands: Tuesday's bars come, so Monday's list is closed and an answer adds nothing."""
    paper = Paper(home, empty_url, "hold")
    paper.evening(MONDAY, *BOTH)
    assert clock.at == EVENING
    assert paper.settle(TUESDAY) == 0
    answer(pool, "yes", "AAPL", "MSFT")
    assert paper.settle(TUESDAY) == 0
    assert [symbol for book, symbol in filled(pool) if book == "hybrid"] == []


def test_sales_are_never_asked_about(pool: Pool, empty_url: str, home: Path, clock: Clock) -> None:
    """A session with exits alone makes no list; with both, the list has the purchase alone and the sale goes on."""
    paper = Paper(home, empty_url, None)
    paper.evening(MONDAY, *BOTH)
    clock.at = AFTER
    asking = Paper(home, empty_url, "hold")
    asking.evening(TUESDAY, ("AAPL", "sell"))
    assert ApprovalStore(pool).latest(5) == []
    clock.at = AFTER + timedelta(days=1)
    asking.evening(date(2026, 11, 18), ("MSFT", "sell"), ("AAPL", "buy"))
    (asked,) = ApprovalStore(pool).latest(5)
    assert [(one.symbol, one.side) for one in asked.orders] == [("AAPL", "buy")]
    clock.at += timedelta(days=1)
    asking.settle(date(2026, 11, 19))
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT symbol, side FROM fills WHERE book = 'hybrid' AND session >= %s ORDER BY symbol", [TUESDAY]
        )
        assert cursor.fetchall() == [
            ("AAPL", "buy"), ("AAPL", "sell"), ("MSFT", "buy"), ("MSFT", "sell"),
        ]  # fmt: skip


def test_a_replay_asks_nothing_and_is_as_without(pool: Pool, empty_url: str, home: Path, clock: Clock) -> None:
    """Monday is traded when Tuesday is over: no list, and both purchases fill though nobody said yes."""
    clock.at = AFTER
    paper = Paper(home, empty_url, "hold")
    paper.evening(MONDAY, *BOTH)
    assert ApprovalStore(pool).latest(5) == []
    assert paper.settle(TUESDAY) == 2


def test_orders_that_come_too_late_to_ask_follow_what_silence_means(
    pool: Pool, empty_url: str, home: Path, clock: Clock
) -> None:
    """Monday's bars come on Tuesday at ten, after the open: the list is over when it is made, and nothing is bought."""
    clock.at = datetime(2026, 11, 17, 15, tzinfo=UTC)
    paper = Paper(home, empty_url, "hold")
    paper.evening(MONDAY, *BOTH)
    answer(pool, "yes", "AAPL")  # by a clock that was set back
    clock.at = AFTER
    assert paper.settle(TUESDAY) == 1
    assert cancelled(pool) == {HYBRID + "MSFT": "not approved by the owner in time"}


def test_while_trading_is_suspended_nothing_is_asked(pool: Pool, empty_url: str, home: Path, clock: Clock) -> None:
    """What is withheld needs no yes; a suspension after the yes withdraws it all the same."""
    controls = ControlRecord(pool)
    controls.give(Control("suspend", "command", "a look", EVENING))
    paper = Paper(home, empty_url, "hold")
    paper.evening(MONDAY, *BOTH)
    assert ApprovalStore(pool).latest(5) == []
    controls.give(Control("resume", "command", "done", EVENING))
    clock.at = AFTER
    paper.evening(TUESDAY, *BOTH)
    asked = ApprovalStore(pool).of(TUESDAY, "hybrid")
    assert asked is not None
    ids = [one.order_id for one in asked.orders]
    ApprovalStore(pool).answer(asked.number, ids, "yes", who="link", reason="", at=AFTER)
    controls.give(Control("suspend", "command", "again", AFTER))
    clock.at = AFTER + timedelta(days=1)
    assert paper.settle(date(2026, 11, 18)) == 0
