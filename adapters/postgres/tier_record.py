"""What is on record about the tiers: the manifest as it changes, what is being changed, how full the disk is by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

from adapters.bars.files import BarFile
from adapters.bars.locations import MOVES
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool, transaction
from trading.errors import BadDataError


@dataclass(frozen=True)
class Measurement:
    """How full the disk was on a day, in bytes.

    Attributes:
        used: on the file system of the data folder, by whatever it is.
        capacity: of that file system.
        bars: of the tiers that lie on it.
        database: of PostgreSQL.
    """

    day: date
    used: int
    capacity: int
    bars: int
    database: int


class TierRecord:
    """Writer of the tiers' side of the manifest, of intents and of measurements."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._bars = BarRecord(pool)

    def files(self) -> list[BarFile]:
        """The whole manifest, the earliest written first."""
        return self._bars.files(timeframe=None)

    def begin_change(self, paths: Sequence[str]) -> int:
        """It is on record that these files may be written or deleted; returns the number of the intent."""
        with transaction(self._pool) as cursor:
            cursor.execute("INSERT INTO bar_file_changes (paths) VALUES (%s) RETURNING change_id", [list(paths)])
            ((change_id,),) = cursor.fetchall()
        return int(change_id)

    def changes(self) -> list[tuple[int, list[str]]]:
        """Intents that were begun and not ended, with their paths."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT change_id, paths FROM bar_file_changes ORDER BY change_id")
            return [(int(change_id), list(paths)) for change_id, paths in cursor.fetchall()]

    def end_change(self, change_id: int) -> None:
        """Nothing is left over of the intent."""
        with transaction(self._pool) as cursor:
            cursor.execute("DELETE FROM bar_file_changes WHERE change_id = %s", [change_id])

    def swap(self, sources: Sequence[BarFile], target: BarFile) -> None:
        """The manifest names the target and none of the sources; it has the rank of the last of them.

        Args:
            sources: in the order of the manifest.
            target: holds every bar of theirs, in its latest version.

        Raises:
            BadDataError: when the manifest isn't what the sources were read from; it was not changed.
            LedgerError: when a source can't go to the target's tier (`adapters.bars.locations.MOVES`); likewise.
        """
        for file in sources:
            MOVES.require(file.path, file.tier, target.tier)
        *earlier, last = sources
        with transaction(self._pool) as cursor:
            for file in earlier:
                cursor.execute("DELETE FROM bar_files WHERE path = %s AND sha256 = %s", [file.path, file.sha256])
                _require_one(cursor.rowcount, file)
            cursor.execute(
                "UPDATE bar_files SET path = %s, tier = %s, first_session = %s, last_session = %s, sessions = %s, "
                "rows = %s, sha256 = %s WHERE path = %s AND sha256 = %s",
                [target.path, target.tier, target.first_session, target.last_session, list(target.sessions),
                 target.rows, target.sha256, last.path, last.sha256],
            )  # fmt: skip
            _require_one(cursor.rowcount, last)

    def record_measurement(self, measured: Measurement) -> None:
        """The measurement is on record as that of its day."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO storage_measurements (day, used_bytes, capacity_bytes, bars_bytes, database_bytes) "
                "VALUES (%s, %s, %s, %s, %s) ON CONFLICT (day) DO UPDATE SET used_bytes = excluded.used_bytes, "
                "capacity_bytes = excluded.capacity_bytes, bars_bytes = excluded.bars_bytes, "
                "database_bytes = excluded.database_bytes",
                list(astuple(measured)),
            )

    def measurements(self, since: date) -> list[Measurement]:
        """One for each day from `since` on that has one, ascending."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "SELECT day, used_bytes, capacity_bytes, bars_bytes, database_bytes FROM storage_measurements "
                "WHERE day >= %s ORDER BY day",
                [since],
            )
            return [Measurement(*row) for row in cursor.fetchall()]

    def database_bytes(self) -> int:
        """What the database takes on its disk, without its log."""
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            ((size,),) = cursor.fetchall()
        return int(size)


def _require_one(rows: int, file: BarFile) -> None:
    if rows != 1:
        raise BadDataError(
            f"{file.path} was changed or taken off the manifest meanwhile. Nothing was moved or deleted; the next "
            "pass looks anew."
        )
