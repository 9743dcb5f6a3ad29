"""The journal: appended whole, once, in order, and never changed; the readable tables agree with it."""

from __future__ import annotations

import psycopg
import pytest

from adapters.postgres.pool import Pool, transaction
from tests.integration.replayed import DAYS, append_three_sessions, journal_of
from trading.engine.bookkeeper import deposit
from trading.errors import BadDataError, LedgerError
from trading.ledger.double_entry import GENESIS, Draft, Posting, chain
from trading.ledger.journal import SessionDone

COUNTS = """SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM orders), (SELECT count(*) FROM fills),
    (SELECT count(*) FROM equity), (SELECT count(*) FROM replay_sessions)"""

FILL = {
    "at": "2010-01-04T23:59:59+00:00", "book": "rule", "fill_id": "o:fill:1", "order_id": "o", "entry_order_id": "o",
    "symbol": "AAPL", "side": "buy", "shares": 1, "ordered_shares": 1, "remaining_shares": 0, "price_usd_e4": 1,
    "commission_cents": 0, "fees_cents": 0, "slippage_usd_e4": 0, "reason": "entry",
}  # fmt: skip


def _fetch(pool: Pool, query: str) -> list[tuple[object, ...]]:
    with transaction(pool) as cursor:
        cursor.execute(query.encode())
        return cursor.fetchall()


def test_a_journal_comes_back_as_it_was_appended(pool: Pool) -> None:
    """Loading gives the entries that were appended, and the chain holds to the last hash."""
    store = journal_of(pool)
    assert (store.last(), store.load(), store.verify()) == ((0, GENESIS), [], GENESIS)
    batches = append_three_sessions(store)
    entries = [entry for batch in batches for entry in batch]
    assert store.load() == entries
    assert store.verify() == entries[-1].hash
    assert store.completed_sessions() == dict.fromkeys(DAYS[:3], 3)


def test_orders_fills_and_equity_tell_what_the_journal_tells(pool: Pool) -> None:
    """The fill, the order that found no trade, the stop's own leg after a split, and the equity of each close."""
    append_three_sessions(journal_of(pool))
    orders = _fetch(pool, "SELECT order_id, side, shares, kind, status FROM orders ORDER BY order_id")
    assert orders == [
        ("order:1:rule:AAPL", "buy", 100, "on_open", "filled"),
        ("order:1:rule:AAPL:stop", "sell", 200, "stop", "filled"),
        ("order:1:rule:HALT", "buy", 10, "on_open", "expired"),
    ]
    fills = _fetch(pool, "SELECT symbol, side, shares, price_usd_e4, session FROM fills ORDER BY session")
    bought_at = 200_100  # 20.00 USD and 5 bp of slippage
    stop = (bought_at - 5_000) // 2  # the bracket halves with the price
    sold_at = stop - -(-stop * 5 // 10_000)  # less 5 bp, rounded against us
    assert fills == [("AAPL", "buy", 100, bought_at, DAYS[1]), ("AAPL", "sell", 200, sold_at, DAYS[2])]
    cash = 10_000_000 - 200_100 - 100 + 200 * sold_at // 100 - 100  # commissions: 1 USD at least, each
    equity = _fetch(pool, "SELECT session, cash_cents, positions_cents, equity_cents FROM equity ORDER BY session")
    assert equity[0] == (DAYS[0], 10_000_000, 0, 10_000_000)
    assert equity[2] == (DAYS[2], cash, 0, cash)


def test_a_repeated_command_changes_nothing(pool: Pool) -> None:
    """The same batch again says False, and every table is as it was."""
    store = journal_of(pool)
    batches = append_three_sessions(store)
    before = _fetch(pool, COUNTS)
    for day, batch in zip(DAYS, batches, strict=False):
        assert store.append(batch, SessionDone(day, f"done:{day}", 3)) is False
    assert _fetch(pool, COUNTS) == before


def test_a_command_with_other_content_is_refused(pool: Pool) -> None:
    """The id of a command on record with another body is an error, and nothing is written."""
    store = journal_of(pool)
    store.append(chain([deposit("rule", DAYS[0], 100)]))
    with pytest.raises(LedgerError, match="deposit:rule:2010-01-04 was repeated with other content"):
        store.append(chain([deposit("rule", DAYS[0], 200)]))
    assert len(store.load()) == 1


def test_entries_that_leave_a_hole_are_refused(pool: Pool) -> None:
    """Only the next entry is taken, by the store and by the database itself."""
    store = journal_of(pool)
    entries = chain([deposit("rule", DAYS[0], 100), deposit("ensemble", DAYS[0], 100)])
    with pytest.raises(LedgerError, match="does not continue"):
        store.append(entries[1:])
    second = entries[1]
    with pytest.raises(BadDataError, match="does not continue"), transaction(pool) as cursor:
        cursor.execute(
            "INSERT INTO journal VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [2, DAYS[0], "deposit", "deposit:ensemble", "ensemble", second.body, second.prev_hash, second.hash],
        )
    assert store.last() == (0, GENESIS)


def test_a_batch_that_fails_half_way_leaves_nothing(pool: Pool) -> None:
    """A fill without its order stops the whole batch: journal, orders and fills are as before."""
    orphan = Draft("x:fill:1", DAYS[1], "fill", {**FILL, "order_id": "x", "entry_order_id": "x"})
    store = journal_of(pool)
    with pytest.raises(BadDataError, match="nothing was written"):
        store.append(chain([deposit("rule", DAYS[0], 100), orphan]))
    assert store.last() == (0, GENESIS)


def test_a_fill_of_the_deciding_session_is_refused(pool: Pool) -> None:
    """An order made from a bar never fills on that bar, whoever writes the fill."""
    order = {name: FILL[name] for name in ("at", "book", "order_id", "symbol", "side", "shares", "reason")}
    drafts = [Draft("o", DAYS[0], "order", {**order, "kind": "market"}), Draft("o:fill:1", DAYS[0], "fill", FILL)]
    with pytest.raises(BadDataError, match="precedes the bar after its order"):
        journal_of(pool).append(chain(drafts))


@pytest.mark.parametrize("change", ["UPDATE journal SET book = 'x'", "DELETE FROM journal", "TRUNCATE journal"])
def test_the_journal_cannot_be_changed(pool: Pool, change: str) -> None:
    """The database refuses to update, delete or empty it."""
    journal_of(pool).append(chain([deposit("rule", DAYS[0], 100)]))
    with pytest.raises(BadDataError, match="append-only"), transaction(pool) as cursor:
        cursor.execute(change.encode())


def test_a_journal_altered_behind_our_back_is_noticed(pool: Pool, empty_url: str) -> None:
    """With triggers and checks switched off by the owner of the database, loading still finds the altered entry."""
    store = journal_of(pool)
    store.append(chain([deposit("rule", DAYS[0], 100), deposit("ensemble", DAYS[0], 100)]))
    with psycopg.connect(empty_url) as owner:
        owner.execute("ALTER TABLE journal DISABLE TRIGGER USER")
        owner.execute("ALTER TABLE journal DROP CONSTRAINT hash_is_of_this_body")
        owner.execute("UPDATE journal SET body = replace(body, '100', '900') WHERE seq = 1")
    with pytest.raises(LedgerError, match="entry 1 was altered"):
        store.load()


def test_an_entry_whose_hash_is_not_of_its_body_is_refused(pool: Pool) -> None:
    """The database computes the hash itself."""
    entry = chain([Draft("d", DAYS[0], "deposit", {"book": "rule"}, (Posting("a", 0),))])[0]
    with pytest.raises(BadDataError, match="hash_is_of_this_body"), transaction(pool) as cursor:
        cursor.execute(
            "INSERT INTO journal VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [1, DAYS[0], "deposit", "d", "rule", entry.body + " ", GENESIS, entry.hash],
        )
