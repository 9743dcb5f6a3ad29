"""Sums over what is on record about bars, for comparing them with the files and with each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from adapters.bars.files import Timeframe
from adapters.postgres.pool import Pool, transaction


@dataclass(frozen=True)
class ImportSums:
    """What an import says of itself, and what the tables hold of it.

    Attributes:
        quarantined: rows of it in `bar_quarantine` that aren't released.
        released: rows of it in `bar_releases`.
        corrections: rows of it in `bar_corrections`.
    """

    import_id: int
    source: str
    timeframe: Timeframe
    complete: bool
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    rows_duplicate: int
    rows_corrected: int
    rows_released: int
    quarantined: int
    released: int
    corrections: int


@dataclass(frozen=True)
class FoundBy:
    """What one gate saw of one symbol in one session; None where it concerns more than one."""

    symbol: str | None
    session: date | None
    gate: str
    severity: str
    findings: int
    rows: int


class BarSums:
    """Reader of sums; changes nothing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def imports(self) -> list[ImportSums]:
        """Every import, in order."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT import_id, source, timeframe, state = 'complete', rows_in, rows_stored, rows_quarantined, "
                "rows_duplicate, rows_corrected, rows_released, coalesce(q.n, 0), coalesce(r.n, 0), coalesce(c.n, 0) "
                "FROM bar_imports "
                "LEFT JOIN (SELECT import_id, count(*) AS n FROM bar_quarantine WHERE quarantine_id NOT IN "
                "(SELECT quarantine_id FROM bar_releases) GROUP BY 1) AS q USING (import_id) "
                "LEFT JOIN (SELECT import_id, count(*) AS n FROM bar_releases JOIN bar_quarantine USING "
                "(quarantine_id) GROUP BY 1) AS r USING (import_id) "
                "LEFT JOIN (SELECT import_id, count(*) AS n FROM bar_corrections GROUP BY 1) AS c USING (import_id) "
                "ORDER BY import_id"
            )
            return [ImportSums(*row) for row in cursor.fetchall()]

    def findings(
        self, first: date | None = None, last: date | None = None, symbols: Collection[str] | None = None
    ) -> list[FoundBy]:
        """What the gates saw, by symbol, session and gate; what concerns more sessions is there for any `first`."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT symbol, session, gate, severity, count(*), sum(rows)::bigint FROM bar_findings "
                "WHERE (session IS NULL OR session BETWEEN coalesce(%s, '-infinity'::date) AND "
                "coalesce(%s, 'infinity'::date)) AND (%s::text[] IS NULL OR symbol = ANY(%s)) "
                "GROUP BY 1, 2, 3, 4 ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3, 4",
                [first, last, *[None if symbols is None else sorted(symbols)] * 2],
            )
            return [FoundBy(*row) for row in cursor.fetchall()]
