"""The feature rows of sessions on record: Parquet in the tiers, a file a session, listed in the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import FEATURES, KEYS, SCHEMA_KEY, Wanted, schema_of
from adapters.bars.store import BarStore
from adapters.bars.versions import sessions_of, spans
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.feature_schemas import FeatureSchemas
from adapters.postgres.pool import Pool
from trading.errors import BadDataError
from trading.views.feature_rows import FeatureRows, FeatureSchema

PREFIX = "feature_"
"""Before the name of a feature in a file, so that a feature may be named like one of the keys."""


class FeatureRowStore:
    """Writer and reader of feature rows.

    Args:
        pool: of the record.
        files: of the tiers.
    """

    def __init__(self, pool: Pool, files: BarStore) -> None:
        self._files = files
        self._manifest = BarRecord(pool)
        self._schemas = FeatureSchemas(pool)
        self._known: dict[str, FeatureSchema] = {}

    def record(self, rows: FeatureRows, *, at: datetime) -> int:
        """The rows are those of their session; returns how many are new, 0 when the same are on record.

        A session that is run again with other rows has the later ones: its decisions are made from them.

        Raises:
            UnavailableError: when the disk is full or not writable; nothing is on record of these rows then.
            BadDataError: when the file of an earlier run of the session is lost or damaged.
        """
        if not len(rows):
            return 0
        before = self.of(rows.session)
        if before is not None and before.same(rows):
            return 0
        (file,) = self._files.write(_table(rows), FEATURES)
        self._schemas.record_file(file, rows.schema, at=at)
        return len(rows)

    def of(self, session: date, symbols: Sequence[str] | None = None) -> FeatureRows | None:
        """The rows of one session, of these symbols if given; None where none of the session are on record.

        Raises:
            BadDataError: when its file is missing or is not what the manifest says.
            UnavailableError: when the store of its tier doesn't answer.
        """
        if session not in self.sessions(session, session):
            return None
        (found,) = self.stream(session, session)
        return found if symbols is None else found.take(np.flatnonzero(np.isin(found.symbols, list(symbols))))

    def sessions(self, first: date | None = None, last: date | None = None) -> list[date]:
        """Those that have rows, ascending."""
        files = self._manifest.files(first, last, timeframe=FEATURES)
        days = {session for file in files for session in file.sessions}
        return sorted(day for day in days if (first or day) <= day <= (last or day))

    def stream(self, first: date, last: date) -> Iterator[FeatureRows]:
        """The rows of each session from `first` to `last`, ascending; in memory are those of a month at most.

        Raises:
            BadDataError: when a file is missing or is not what the manifest says.
            UnavailableError: when the store of a tier doesn't answer; it is never a shorter answer.
        """
        for start, end in spans(self._manifest.files(first, last, timeframe=FEATURES)):
            tables = self._files.parts(FEATURES, Wanted(max(first, start), min(last, end), None))
            holder = {day: at for at, table in enumerate(tables) for day in np.unique(sessions_of(table)).tolist()}
            for session in sorted(holder):
                table = tables[holder[session]]
                yield self._rows(session, table.filter(pc.equal(table.column("session"), pa.scalar(session))))

    def sweep(self) -> int:
        """Nothing is left over of files that were not yet on record; only the writer calls it, before it writes."""
        return self._files.sweep(features=True)

    def _rows(self, session: date, table: pa.Table) -> FeatureRows:
        told = schema_of(table)
        if told is None:
            raise BadDataError(f"the feature rows of {session} don't say of which schema they are; nothing was read")
        schema = self._known.get(told) or self._schemas.load(told)
        self._known[told] = schema
        expected = [PREFIX + name for name in schema.names]
        if table.column_names[len(KEYS) :] != expected:
            raise BadDataError(
                f"The file of the feature rows of {session} has other columns than its schema {told[:12]}. Nothing was "
                "read or changed. Restore it from a backup."
            )
        matrix = np.empty((table.num_rows, len(schema.names)), dtype=np.float32)
        for at, name in enumerate(expected):
            matrix[:, at] = table.column(name).to_numpy()
        return FeatureRows(
            session, np.array(table.column("symbol").to_pylist(), dtype=np.str_),
            table.column("direction").to_numpy(), table.column("in_play").to_numpy(), matrix, schema,
        )  # fmt: skip


def _table(rows: FeatureRows) -> pa.Table:
    columns = [
        pa.array(rows.symbols.tolist(), pa.string()),
        pa.array([rows.session] * len(rows), pa.date32()),
        pa.array(rows.direction, pa.int8()),
        pa.array(rows.in_play, pa.bool_()),
        *(pa.array(np.ascontiguousarray(column)) for column in rows.matrix.T),
    ]
    further = [pa.field(PREFIX + name, pa.float32()) for name in rows.schema.names]
    metadata = {SCHEMA_KEY: rows.schema.sha256.encode()}
    return pa.Table.from_arrays(columns, schema=pa.schema([*KEYS, *further], metadata))
