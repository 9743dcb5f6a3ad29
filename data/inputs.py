"""What came into a record from outside, copied into a data folder of its own: bars, actions, news, events, the VIX.

What the platform made of it, from patterns to accounts and models, isn't copied, so a run in the new folder begins
where the first one did.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from psycopg import sql

from adapters.postgres.surroundings import connect
from adapters.record import Record
from data.backup.database import dumped, load
from trading.errors import ConfigurationError

INPUTS = frozenset(
    {
        "schema_migrations", "bar_breaks", "bar_corrections", "bar_file_changes", "bar_files", "bar_findings",
        "bar_import_parts", "bar_imports", "bar_quarantine", "bar_releases", "catalysts", "dividends",
        "feature_schemas", "feed_sessions", "instruments", "news_articles", "news_coverage", "news_imports",
        "news_links", "news_sentiment", "news_sources", "sentiment_scorers", "split_rulings", "splits",
        "trial_ledger", "vix_closes", "vix_imports",
    }
)  # fmt: skip
"""Tables of what came in. The ledger of trials is among them for its sealed spans, which nothing may learn from."""


def copy_inputs(record: Record, url: str, home: Path, database: str) -> None:
    """The inputs of a record are in another data folder and its database, which had no tables.

    Args:
        record: that is read.
        url: of its database.
        home: the other data folder.
        database: its URL.

    Raises:
        ConfigurationError: when some bars lie outside the data folder. Nothing was copied.
        UnavailableError: when a database can't be dumped or loaded.
    """
    files = [file for file in record.bar_tables.files() if file.timeframe != "features"]
    away = [file for file in files if not (record.home / file.path).is_file()]
    if away:
        raise ConfigurationError(
            f"{len(away):,} of {len(files):,} files of bars lie in tiers outside {record.home}. Nothing was rehearsed: "
            "a rehearsal reads the data folder only. Import the bars of these years into a folder of their own."
        )
    with tempfile.TemporaryDirectory(prefix="inplay-inputs-") as folder:
        dump = Path(folder) / "dump"
        with dumped(url, dump):
            pass
        load(database, dump)
    _clear(database)
    for file in files:
        target = home / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record.home / file.path, target)


def _clear(database: str) -> None:
    """Everything but the inputs is gone, and feature rows are from the manifest of files."""
    with connect(database) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        made = sorted(name for (name,) in tables if name not in INPUTS)
        connection.execute("SET LOCAL session_replication_role = replica")  # append-only tables are a copy's here
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(sql.Identifier, made))))
        connection.execute("DELETE FROM bar_files WHERE timeframe = 'features'")
