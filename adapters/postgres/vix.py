"""`vix_closes`: the VIX day by day, every version of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from adapters.postgres.bulk import insert_missing
from adapters.postgres.pool import Pool, transaction
from trading.arrays import Days, Floats
from trading.market.vix import VixRows


@dataclass(frozen=True)
class VixCounts:
    """What an import did; `rows_in` = added + corrected + unchanged + repeated + refused.

    Attributes:
        added: days that are new.
        corrected: days whose close is another than before; the old one stays as an earlier version.
        unchanged: days on record already.
        repeated: rows that said the same of a day as an earlier one.
        refused: reason and count.
    """

    rows_in: int
    added: int
    corrected: int
    unchanged: int
    repeated: int
    refused: dict[str, int]


class VixStore:
    """Writer and reader of `vix_closes`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record(self, rows: VixRows, *, source: str, imported_at: datetime) -> VixCounts:
        """The closes are on record, a changed one as the next version of its day; a repeat changes none."""
        with transaction(self._pool) as cursor:
            cursor.execute("LOCK TABLE vix_closes IN SHARE ROW EXCLUSIVE MODE")  # versions are counted: one at a time
            cursor.execute(
                "SELECT DISTINCT ON (day) day, version, close FROM vix_closes ORDER BY day, version DESC", []
            )
            last = {day: (version, close) for day, version, close in cursor.fetchall()}
            changed = {day: close for day, close in rows.closes.items() if day not in last or last[day][1] != close}
            added = [day for day in changed if day not in last]
            new = [
                (day, last[day][0] + 1 if day in last else 1, close, source, imported_at)
                for day, close in changed.items()
            ]
            insert_missing(cursor, "vix_closes", ("day", "version", "close", "source", "imported_at"), new)
            counts = VixCounts(
                rows_in=rows.rows_in,
                added=len(added),
                corrected=len(changed) - len(added),
                unchanged=len(rows.closes) - len(changed),
                repeated=rows.repeated,
                refused=dict(rows.refused),
            )
            facts = (
                source, counts.rows_in, counts.added, counts.corrected, counts.unchanged, counts.repeated,
                counts.refused, sum(counts.refused.values()), imported_at,
            )  # fmt: skip
            insert_missing(cursor, "vix_imports", _IMPORT_COLUMNS, [facts])
        return counts

    def closes_before(self, session: date, *, imported_by: datetime | None = None) -> tuple[Days, Floats] | None:
        """Days before `session`, ascending, and the latest version of their closes; None without any.

        A database that was made before the VIX was kept has none either.

        Args:
            session: that is decided at.
            imported_by: only versions that were on record at that instant; all if None.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT to_regclass('vix_closes') IS NOT NULL")
            (there,) = cursor.fetchone() or (False,)
            if not there:
                return None
            cursor.execute(
                "SELECT DISTINCT ON (day) day, close FROM vix_closes WHERE day < %s "
                "AND imported_at <= coalesce(%s, 'infinity'::timestamptz) ORDER BY day, version DESC",
                [session, imported_by],
            )
            rows = cursor.fetchall()
        if not rows:
            return None
        days, closes = zip(*rows, strict=True)
        return np.array(days, dtype="datetime64[D]"), np.array(closes, dtype=np.float64)


_IMPORT_COLUMNS = (
    "source", "rows_in", "added", "corrected", "unchanged", "repeated", "refused", "refused_sum", "imported_at",
)  # fmt: skip
