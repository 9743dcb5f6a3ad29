"""`feature_schemas`, and the manifest's rows of the files that are made by them."""

from __future__ import annotations

from datetime import datetime

from adapters.bars.files import BarFile
from adapters.postgres.bars_record import insert_files
from adapters.postgres.pool import Pool, transaction
from trading.errors import BadDataError
from trading.views.feature_rows import FeatureSchema


class FeatureSchemas:
    """Writer and reader of `feature_schemas`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def record_file(self, file: BarFile, schema: FeatureSchema, *, at: datetime) -> None:
        """The manifest names the file, and its schema is on record; both or neither."""
        with transaction(self._pool) as cursor:
            cursor.execute(
                "INSERT INTO feature_schemas (schema_hash, version, names) VALUES (%s, %s, %s) "
                "ON CONFLICT (schema_hash) DO NOTHING",
                [schema.sha256, schema.version, list(schema.names)],
            )
            insert_files(cursor, [file], at)

    def load(self, schema_hash: str) -> FeatureSchema:
        """The schema of that hash.

        Raises:
            BadDataError: when none is on record, or what is isn't what the hash says.
        """
        with transaction(self._pool) as cursor:
            cursor.execute("SELECT version, names FROM feature_schemas WHERE schema_hash = %s", [schema_hash])
            row = cursor.fetchone()
        found = None if row is None else FeatureSchema(row[0], tuple(row[1]))
        if found is None or found.sha256 != schema_hash:
            raise BadDataError(
                f"Feature rows are of the schema {schema_hash[:12]}, which the record doesn't know, so that nobody can "
                "tell what their columns mean. Nothing was read or changed. Restore the record from a backup."
            )
        return found
