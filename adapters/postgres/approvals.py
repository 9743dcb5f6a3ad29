"""Lists of orders that wait for the owner's yes, and the answers: one for each order, whoever asks at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.approval.asked import Answer, Asked, AskedOrder, Verdict

LISTS = "SELECT number, session, account, asked_at, expires_at, silence FROM approval_requests"
MOST_WAITING = 100
"""Lists that are looked at for a message; one a session and account is made."""


class ApprovalStore:
    """Writer and reader of `approval_requests`, `approval_orders` and `approval_answers`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def ask(self, asked: Asked) -> bool:
        """The list is on record; False when one of the session and account is there already, which stays."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO approval_requests (session, account, asked_at, expires_at, silence) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (session, account) DO NOTHING RETURNING number",
                [asked.session, asked.account, asked.asked_at, asked.expires_at, asked.silence],
            )
            row = cursor.fetchone()
            if row is None:
                return False
            cursor.executemany(
                "INSERT INTO approval_orders (number, position, order_id, symbol, side, shares, about_cents, reason) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    (row[0], place, one.order_id, one.symbol, one.side, one.shares, one.about_cents, one.reason)
                    for place, one in enumerate(asked.orders, 1)
                ],
            )
        return True

    def numbered(self, number: int) -> Asked | None:
        """The list of that number."""
        return self._one(f"{LISTS} WHERE number = %s", number)

    def of(self, session: date, account: str) -> Asked | None:
        """The list of the account's orders that were decided at the session's close; None where nothing was asked."""
        return self._one(f"{LISTS} WHERE session = %s AND account = %s", session, account)

    def asked_since(self, since: datetime) -> list[Asked]:
        """Lists of complete sessions that were asked since then, the earliest first."""
        return self._many(
            f"{LISTS} JOIN replay_sessions USING (session) WHERE asked_at >= %s ORDER BY number LIMIT {MOST_WAITING}",
            since,
        )

    def latest(self, most: int) -> list[Asked]:
        """The latest lists, the latest first."""
        return self._many(f"{LISTS} ORDER BY number DESC LIMIT %s", most)

    def answer(
        self, number: int, order_ids: Sequence[str], verdict: Verdict, *, who: str, reason: str, at: datetime
    ) -> tuple[Asked, list[Answer]]:
        """The orders have an answer; returns how the list stands then, and what this answer added to it.

        Of two that come at once one finds the other's answer on record. One that comes too late adds nothing of its
        own: what no answer means is on record then.

        Raises:
            KeyError: there is no such list.
        """
        with transaction(self._pool) as cursor:
            asked = _locked(cursor, "number = %s", number)
            if asked is None:
                raise KeyError(number)
            new = asked.answered(order_ids, verdict, who, reason, at)
            stands = _with(cursor, asked, new)
        return stands, [] if asked.is_over(at) else new

    def settle(self, session: date, account: str, at: datetime, *, ended: bool = False) -> Asked | None:
        """The list as it stands; once it is over every order has an answer. None where nothing was asked.

        Args:
            session: at whose close it was asked.
            account: likewise.
            at: now.
            ended: the orders' open has come, so that it is over whatever the clock says.
        """
        with transaction(self._pool) as cursor:
            asked = _locked(cursor, "session = %s AND account = %s", session, account)
            if asked is None:
                return None
            return _with(cursor, asked, asked.by_silence(at) if ended or asked.is_over(at) else [])

    def accounts(self, session: date) -> list[str]:
        """Whose orders of the session were asked about."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT account FROM approval_requests WHERE session = %s ORDER BY account", [session])
            return [str(name) for (name,) in cursor.fetchall()]

    def refusals(self, session: date, symbol: str) -> dict[str, str]:
        """By account, why the order of the symbol wasn't placed, where the owner or silence refused it."""
        return {
            account: asked.answers[one.order_id].refusal
            for account in self.accounts(session)
            if (asked := self.of(session, account)) is not None
            for one in asked.orders
            if one.symbol == symbol and one.order_id in asked.answers and asked.answers[one.order_id].refusal
        }

    def is_due(self, account: str, at: datetime) -> bool:
        """Whether an order of the account's book that wasn't sent yet may be: it is decided, or it is too late to."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT 1 FROM approval_requests JOIN approval_orders AS o USING (number) "
                "JOIN broker_orders USING (order_id) LEFT JOIN approval_answers AS a USING (order_id) "
                "WHERE account = %s AND (a.order_id IS NOT NULL OR expires_at <= %s) "
                "AND NOT EXISTS (SELECT FROM broker_answers AS b WHERE b.order_id = o.order_id) LIMIT 1",
                [account, at],
            )
            return cursor.fetchone() is not None

    def _one(self, query: str, *values: object) -> Asked | None:
        return next(iter(self._many(query, *values)), None)

    def _many(self, query: str, *values: object) -> list[Asked]:
        with transaction(self._pool) as cursor:
            return _read(cursor, query, *values)


def _locked(cursor: Cursor, where: str, *values: object) -> Asked | None:
    return next(iter(_read(cursor, f"{LISTS} WHERE {where} FOR UPDATE", *values)), None)


def _read(cursor: Cursor, query: str, *values: object) -> list[Asked]:
    cursor.execute(query, values)
    lists = cursor.fetchall()
    numbers = [row[0] for row in lists]
    cursor.execute(
        "SELECT number, order_id, symbol, side, shares, about_cents, reason FROM approval_orders "
        "WHERE number = ANY(%s) ORDER BY position",
        [numbers],
    )
    orders: dict[int, list[AskedOrder]] = {}
    for number, *rest in cursor.fetchall():
        orders.setdefault(number, []).append(AskedOrder(*rest))
    cursor.execute(
        "SELECT number, a.order_id, verdict, who, a.reason, answered_at FROM approval_answers AS a "
        "JOIN approval_orders USING (order_id) WHERE number = ANY(%s)",
        [numbers],
    )
    answers: dict[int, dict[str, Answer]] = {}
    for number, *rest in cursor.fetchall():
        answers.setdefault(number, {})[rest[0]] = Answer(*rest)
    return [
        Asked(
            session=session, account=account, orders=tuple(orders[number]), asked_at=asked_at, expires_at=expires_at,
            silence=silence, number=number, answers=answers.get(number, {}),
        )
        for number, session, account, asked_at, expires_at, silence in lists
    ]  # fmt: skip


def _with(cursor: Cursor, asked: Asked, new: Sequence[Answer]) -> Asked:
    """The list with more answers, which are on record."""
    cursor.executemany(
        "INSERT INTO approval_answers (order_id, verdict, who, reason, answered_at) VALUES (%s, %s, %s, %s, %s)",
        [(one.order_id, one.verdict, one.who, one.reason, one.at) for one in new],
    )
    return Asked(
        session=asked.session, account=asked.account, orders=asked.orders, asked_at=asked.asked_at,
        expires_at=asked.expires_at, silence=asked.silence, number=asked.number,
        answers={**asked.answers, **{one.order_id: one for one in new}},
    )  # fmt: skip
