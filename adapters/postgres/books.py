"""The accounts of a record, each with the arm that decides in it."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.postgres.pool import Pool, transaction
from trading.decisions.arms import ACCOUNTS, Arm


class BookStore:
    """Writer and reader of `books`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def arms(self) -> Mapping[str, Arm]:
        """The arm by account, in order; those of a new record where none is on record yet."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT book, arm FROM books ORDER BY position")
            return dict(cursor.fetchall()) or ACCOUNTS

    def open(self) -> Mapping[str, Arm]:
        """The accounts are on record: those of a new record if there are none."""
        with transaction(self._pool) as cursor:
            cursor.execute("LOCK TABLE books IN SHARE ROW EXCLUSIVE MODE")
            cursor.execute("SELECT count(*) FROM books")
            ((held,),) = cursor.fetchall()
            if not held:
                cursor.executemany(
                    "INSERT INTO books (book, arm, position) VALUES (%s, %s, %s)",
                    [(name, arm, position) for position, (name, arm) in enumerate(ACCOUNTS.items())],
                )
        return self.arms()
