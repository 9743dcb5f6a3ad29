"""Lists of orders and their answers on a real record: one answer for each order, whoever comes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool, transaction
from adapters.postgres.refusals import owner_was_asked, refused_of
from tests.fakes.approvals import CLOSED, ENDS, SESSION, a_list
from trading.approval.asked import NOBODY, REFUSED, UNANSWERED, Asked, Verdict
from trading.errors import BadDataError

NIGHT = CLOSED + timedelta(hours=3)


@pytest.fixture
def store(pool: Pool) -> ApprovalStore:
    """An empty record."""
    return ApprovalStore(pool)


def asked_by(store: ApprovalStore, asked: Asked) -> Asked:
    """The list as it is on record."""
    assert store.ask(asked)
    found = store.of(asked.session, asked.account)
    assert found is not None
    return found


def verdicts(asked: Asked | None) -> dict[str, tuple[str, str]]:
    """By symbol, what was decided and by whom."""
    assert asked is not None
    named = {one.order_id: one.symbol for one in asked.orders}
    return {named[name]: (one.verdict, one.who) for name, one in asked.answers.items()}


def test_a_list_is_read_as_it_was_put_and_a_repeat_changes_nothing(store: ApprovalStore) -> None:
    """The place of the orders as well; another list of the session and account is not taken."""
    there = asked_by(store, a_list("MSFT", "AAPL"))
    assert there == a_list("MSFT", "AAPL", number=there.number)
    assert not store.ask(a_list("NVDA", silence="place"))
    assert store.of(SESSION, "hybrid") == store.numbered(there.number) == there
    assert store.latest(5) == [there]
    assert (store.of(SESSION, "rule"), store.numbered(99)) == (None, None)
    assert (store.accounts(SESSION), store.accounts(date(2026, 11, 13))) == (["hybrid"], [])


def test_of_two_that_answer_at_once_one_wins_for_all_orders(store: ApprovalStore) -> None:
    """Approve all and refuse all at the same moment, forty times: never a mixture, and one of them added nothing."""
    for turn in range(40):
        day = SESSION + timedelta(days=turn)
        there = asked_by(store, a_list("AAPL", "MSFT", "NVDA", session=day))
        ids, together = [one.order_id for one in there.orders], Barrier(2)

        def answer(
            verdict: Verdict, number: int = there.number, ids: list[str] = ids, together: Barrier = together
        ) -> int:
            together.wait(10)
            return len(store.answer(number, ids, verdict, who="link", reason="", at=NIGHT)[1])

        with ThreadPoolExecutor(2) as threads:
            added = sorted(threads.map(answer, ("yes", "no")))
        assert added == [0, 3]
        assert len(set(verdicts(store.of(day, "hybrid")).values())) == 1


def test_an_answer_that_comes_too_late_puts_on_record_what_no_answer_means(store: ApprovalStore) -> None:
    """At the very end, and for a list that nobody looked at: AAPL was refused in time, the rest follows the setting."""
    there = asked_by(store, a_list("AAPL", "MSFT", silence="place"))
    ids = [one.order_id for one in there.orders]
    store.answer(there.number, ids[:1], "no", who="command:me", reason="earnings", at=NIGHT)
    stands, new = store.answer(there.number, ids, "no", who="link", reason="", at=ENDS)
    assert new == []
    assert verdicts(stands) == {"AAPL": ("no", "command:me"), "MSFT": ("yes", NOBODY)}


def test_a_clock_that_is_set_back_opens_nothing_again(store: ApprovalStore) -> None:
    """Once the end was seen, or the open came, no answer is taken whatever the clock says then."""
    there = asked_by(store, a_list())
    ids = [one.order_id for one in there.orders]
    assert verdicts(store.settle(SESSION, "hybrid", NIGHT)) == {}, "not over yet"
    held = {"AAPL": ("no", NOBODY), "MSFT": ("no", NOBODY)}
    assert verdicts(store.settle(SESSION, "hybrid", ENDS)) == held
    assert store.answer(there.number, ids, "yes", who="link", reason="", at=NIGHT)[1] == []
    assert verdicts(store.of(SESSION, "hybrid")) == held

    later = SESSION + timedelta(days=1)
    there = asked_by(store, a_list(session=later))
    assert verdicts(store.settle(later, "hybrid", NIGHT, ended=True)) == held
    assert store.answer(there.number, ids, "yes", who="link", reason="", at=NIGHT)[1] == []
    assert store.settle(date(2026, 1, 5), "hybrid", NIGHT) is None


def test_answers_are_never_changed(store: ApprovalStore, pool: Pool) -> None:
    """PostgreSQL refuses to delete a list, its orders or its answers, and a second answer of an order."""
    there = asked_by(store, a_list())
    store.answer(there.number, [there.orders[0].order_id], "yes", who="link", reason="", at=NIGHT)
    for table in ("approval_requests", "approval_orders", "approval_answers"):
        with pytest.raises(BadDataError, match="append-only"), transaction(pool) as cursor:
            cursor.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - a constant
    with pytest.raises(BadDataError, match="duplicate key"), transaction(pool) as cursor:
        cursor.execute("INSERT INTO approval_answers SELECT * FROM approval_answers")


def decide(pool: Pool, account: str, symbol: str, outcome: float | None, status: str = "") -> None:
    """A purchase that was decided, its order on paper, and what became of its setup; None while it is open."""
    with transaction(pool) as cursor:
        cursor.execute(
            "INSERT INTO decisions (session, account, symbol, probabilities, source, action, shares, patterns, reason) "
            "VALUES (%s, %s, %s, '{}', 'rule', 'buy', 10, '{}', 'for it')",
            [SESSION, account, symbol],
        )
        cursor.execute(
            "INSERT INTO pattern_training_data (symbol, timestamp, session, family, pattern_type, direction, "
            "pattern_success, max_gain, max_loss, optimal_hold_time, outcome_return, outcome_exit, "
            "outcome_known_session) "
            "SELECT %(symbol)s, %(at)s, %(session)s, 'candlestick', 'x', 1, r > 0, greatest(r, 0), least(r, 0), 1, r, "
            "'target', k FROM (SELECT %(r)s::double precision AS r, %(known)s::date AS k) AS o WHERE r IS NOT NULL "
            "AND NOT EXISTS (SELECT FROM pattern_training_data WHERE session = %(session)s AND symbol = %(symbol)s)",
            {"symbol": symbol, "at": CLOSED, "session": SESSION, "r": outcome, "known": SESSION + timedelta(days=9)},
        )
        if status:
            cursor.execute(
                "INSERT INTO orders (order_id, book, symbol, side, shares, kind, decided_session, decided_at, reason, "
                "status) VALUES (%s, %s, %s, 'buy', 10, 'on_open', %s, %s, 'r', %s)",
                [f"order:{SESSION}:{account}:{symbol}", account, symbol, SESSION, CLOSED, status],
            )


@pytest.mark.parametrize("account", ["hybrid", "broker"])
def test_what_the_owner_refused_is_a_limit_beside_the_others(store: ApprovalStore, pool: Pool, account: str) -> None:
    """Refused by a person, refused by silence, and what was placed: each with the outcome of the trade not made."""
    with transaction(pool) as cursor:
        cursor.execute("INSERT INTO replay_sessions VALUES (%s, 'c', 5, %s)", [SESSION, CLOSED])
    paper = account == "hybrid"
    decide(pool, account, "AAPL", 0.04, "cancelled" if paper else "")
    decide(pool, account, "MSFT", -0.02, "cancelled" if paper else "")
    decide(pool, account, "NVDA", 0.01, "filled" if paper else "")
    assert not owner_was_asked(pool, account)
    there = asked_by(store, a_list("AAPL", "MSFT", "NVDA", account=account))
    name = {one.symbol: one.order_id for one in there.orders}
    store.answer(there.number, [name["AAPL"]], "no", who="link", reason="", at=NIGHT)
    store.answer(there.number, [name["NVDA"]], "yes", who="link", reason="", at=NIGHT)
    store.settle(SESSION, account, ENDS)
    refused = refused_of(pool, account)
    assert dict(zip(refused.limit.tolist(), refused.net_return.tolist(), strict=True)) == {
        "owner": 0.04, "unanswered": -0.02,
    }  # fmt: skip
    assert owner_was_asked(pool, account)
    assert [store.refusals(SESSION, symbol) for symbol in ("AAPL", "MSFT", "NVDA")] == [
        {account: REFUSED}, {account: UNANSWERED}, {},
    ]  # fmt: skip
