"""`broker_orders` and what belongs to it: the book at a broker, on record before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from adapters.postgres.pool import Cursor, Pool, transaction
from trading.broker.book import ANSWERS, Answered, Ordered
from trading.errors import ConfigurationError
from trading.risk.past import DrawdownState, state_on_record

ORDER_FIELDS = (
    "order_id", "session", "purpose", "entry_id", "symbol", "side", "shares", "limit_usd_e4", "stop_usd_e4",
    "target_usd_e4", "hold_sessions", "reason", "recorded_at",
)  # fmt: skip
"""Columns of `broker_orders` and fields of `Ordered`."""
ORDER_COLUMNS = ", ".join(ORDER_FIELDS)


@dataclass(frozen=True)
class Mark:
    """The book as the decisions of a session saw it.

    Attributes:
        symbols: held, or ordered and not ended.
        exposure_cents: by symbol: positions at the session's closes, and what open entries may cost.
        unpriced: held without a known price, so counted as nothing.
        drawdown: what its losses allowed.
        reconciled: False where the broker couldn't be asked: these are the books of before.
    """

    session: date
    cash_cents: int
    positions_cents: int
    symbols: frozenset[str]
    exposure_cents: Mapping[str, int]
    unpriced: tuple[str, ...]
    drawdown: DrawdownState
    reconciled: bool

    @property
    def equity_cents(self) -> int:
        """Cash and positions."""
        return self.cash_cents + self.positions_cents


@dataclass(frozen=True)
class Look:
    """How the latest look at the broker's account ended.

    Attributes:
        connected: it answered, and its account agrees with the books.
        listening: its stream of events is heard.
        detail: why not connected, or what was adopted.
        open_orders: at the broker; None when it couldn't tell.
        reconciled_at: when account and books agreed last; None if never.
    """

    broker: str
    connected: bool
    listening: bool
    detail: str
    open_orders: int | None
    reconciled_at: datetime | None
    looked_at: datetime


class ExecutionRecord:
    """Orders, answers and marks of the book at a broker.

    Args:
        clock: says when something was recorded.
    """

    def __init__(self, pool: Pool, *, clock: Callable[[], datetime]) -> None:
        self._pool, self._clock = pool, clock

    @property
    def pool(self) -> Pool:
        """Where it is kept."""
        return self._pool

    def claim(self, broker: str, account_id: str) -> None:
        """The record belongs to this account.

        Raises:
            ConfigurationError: when it belongs to another one. Nothing was sent.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO broker_account (broker, account_id, since) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [broker, account_id, self._clock()],
            )
            cursor.execute("SELECT broker, account_id FROM broker_account")
            found = cursor.fetchone()
        if found != (broker, account_id):
            owner = "another account" if found is None else f"{found[0]}, account {found[1]}"
            raise ConfigurationError(
                f"This record holds the orders and fills of {owner}, and {broker} is account {account_id}. Nothing "
                "was sent. Use another data folder or database for it, or the keys that the record was made with."
            )

    def orders(self) -> list[Ordered]:
        """All of them with their latest answer, in the order in which they were recorded."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                f"SELECT {ORDER_COLUMNS}, coalesce(a.answer, ''), a.answered_at, coalesce(a.why, '') "  # noqa: S608
                "FROM broker_orders LEFT JOIN LATERAL (SELECT answer, answered_at, reason AS why FROM broker_answers "
                "WHERE order_id = broker_orders.order_id ORDER BY seq DESC LIMIT 1) a ON true ORDER BY seq"
            )
            names = (*ORDER_FIELDS, "answer", "answered_at", "why")
            return [Ordered(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def is_placed(self, session: date) -> bool:
        """Whether the session's orders are on record."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT 1 FROM broker_executions WHERE session = %s", [session])
            return cursor.fetchone() is not None

    def place(self, session: date, ordered: Sequence[Ordered]) -> bool:
        """The session's orders are on record, all or none; False when those of an earlier call are."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO broker_executions VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                [session, len(ordered), self._clock()],
            )
            if not cursor.rowcount:
                return False
            _insert(cursor, ordered)
        return True

    def add(self, ordered: Sequence[Ordered]) -> None:
        """More orders of a session whose orders are on record already, all or none."""
        with transaction(self._pool) as cursor:
            _insert(cursor, ordered)

    def last_placed(self) -> date | None:
        """The latest session whose orders are on record; None before the first one."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT max(session) FROM broker_executions")
            row: tuple[date | None] | None = cursor.fetchone()
        return None if row is None else row[0]

    def answered(self, order_id: str, answer: Answered, reason: str) -> None:
        """How sending the order ended is on record; the latest answer counts.

        Raises:
            LedgerError: when it can't follow the answer on record (`trading.broker.book.ANSWERS`). Nothing was written.
        """
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT answer FROM broker_answers WHERE order_id = %s ORDER BY seq DESC LIMIT 1", [order_id]
            )
            row: tuple[Answered] | None = cursor.fetchone()
            ANSWERS.require(order_id, "" if row is None else row[0], answer)
            cursor.execute(
                "INSERT INTO broker_answers (order_id, answer, reason, answered_at) VALUES (%s, %s, %s, %s)",
                [order_id, answer, reason, self._clock()],
            )

    def mark(self, mark: Mark) -> None:
        """The session's mark is on record; a repeat changes nothing."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO broker_sessions VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [mark.session, mark.cash_cents, mark.positions_cents, mark.equity_cents, sorted(mark.symbols),
                 json.dumps(dict(sorted(mark.exposure_cents.items()))), list(mark.unpriced),
                 mark.drawdown.scale, mark.drawdown.reason, mark.reconciled, self._clock()],
            )  # fmt: skip

    def marks(self) -> list[Mark]:
        """All of them, by session."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT session, cash_cents, positions_cents, symbols, exposure_cents, unpriced, scale, scale_reason, "
                "reconciled FROM broker_sessions ORDER BY session"
            )
            return [
                Mark(
                    session=session,
                    cash_cents=cash,
                    positions_cents=positions,
                    symbols=frozenset(symbols),
                    exposure_cents=exposure,
                    unpriced=tuple(unpriced),
                    drawdown=state_on_record(*scale),
                    reconciled=known,
                )
                for session, cash, positions, symbols, exposure, unpriced, *scale, known in cursor.fetchall()
            ]

    def looked(self, look: Look) -> None:
        """The look is the latest on record."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO broker_status VALUES (true, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (one) DO UPDATE SET "
                "broker = EXCLUDED.broker, connected = EXCLUDED.connected, listening = EXCLUDED.listening, "
                "detail = EXCLUDED.detail, open_orders = EXCLUDED.open_orders, looked_at = EXCLUDED.looked_at, "
                "reconciled_at = coalesce(EXCLUDED.reconciled_at, broker_status.reconciled_at)",
                [look.broker, look.connected, look.listening, look.detail, look.open_orders, look.reconciled_at,
                 look.looked_at],
            )  # fmt: skip

    def last_look(self) -> Look | None:
        """The latest look; None before the first one."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT broker, connected, listening, detail, open_orders, reconciled_at, looked_at FROM broker_status"
            )
            row = cursor.fetchone()
        return None if row is None else Look(*row)


def _insert(cursor: Cursor, ordered: Sequence[Ordered]) -> None:
    for one in ordered:
        cursor.execute(
            f"INSERT INTO broker_orders ({ORDER_COLUMNS}) "  # noqa: S608 - a constant
            f"VALUES ({', '.join(['%s'] * len(ORDER_FIELDS))})",
            [getattr(one, name) for name in ORDER_FIELDS],
        )
