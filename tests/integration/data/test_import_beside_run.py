"""News imported while the record is in use: by two imports at once, and beside a run that owns the folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.machine.lock import RunLock
from adapters.news.files import FileNews
from adapters.postgres.migrate import migrate
from adapters.postgres.news import ON_RECORD, NewsCounts
from adapters.postgres.news_coverage import CoverageStore
from adapters.postgres.pool import Pool, open_pool, transaction
from adapters.postgres.queries import Queries
from adapters.postgres.server import EmbeddedPostgres
from adapters.record import writing
from adapters.settings import Settings
from data.news.importing import NewsImport
from trading.errors import BadDataError
from trading.news.normalise import Rules

NOW = datetime(2026, 1, 5, tzinfo=UTC)
RULES = Rules("wire", "news", NOW, delay=timedelta(minutes=5))


def _file(folder: Path, count: int) -> FileNews:
    begin = datetime(2024, 5, 1, 12, tzinfo=UTC)
    rows = (
        {"published_at": (begin + timedelta(hours=at)).isoformat(), "headline": f"Acme story {at}", "symbols": ["ACME"]}
        for at in range(count)
    )
    path = folder / "news.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return FileNews(path, {})


def _counted(pool: Pool) -> tuple[int, int, int]:
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM news_articles), (SELECT count(*) FROM news_links), count(*) FROM news_imports"
        )
        row = cursor.fetchone()
    assert row
    return row


def test_two_imports_of_one_file_at_once_store_each_article_once(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """Started together, over connections of their own: what one stores the other finds, and both add up."""
    fetched = _file(tmp_path, 400).fetch()
    together = threading.Barrier(2)
    counts: list[NewsCounts] = []

    def bring() -> None:
        own = open_pool(empty_url)
        try:
            together.wait(30)
            counts.append(NewsImport(own).bring(fetched, RULES)[0])
        finally:
            own.close()

    threads = [threading.Thread(target=bring) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(counts) == 2
    assert sum(one.stored for one in counts) == sum(one.duplicate[ON_RECORD] for one in counts) == 400
    assert all(one.rows_in == one.stored + sum(one.duplicate.values()) for one in counts)
    assert _counted(pool) == (400, 400, 2)


@pytest.fixture
def running(home: Path) -> Iterator[Pool]:
    """A folder owned by a run, whose database is up; what the run's own services use."""
    with RunLock(home, now=NOW):
        server = EmbeddedPostgres(home)
        pool = open_pool(server.start())
        try:
            migrate(pool)
            yield pool
        finally:
            pool.close()
            server.stop()


def test_an_import_beside_a_run_uses_its_database_and_leaves_it_up(running: Pool, home: Path, tmp_path: Path) -> None:
    """The lock is held, the import is on record for the run at once, and the run's database still answers."""
    fetched = _file(tmp_path, 10).fetch()
    with writing(Settings(home=home), now=NOW) as record:
        counts, _ = NewsImport(record.pool).bring(fetched, RULES)
    assert counts.stored == 10
    assert _counted(running) == (10, 10, 1)


def test_without_a_run_the_database_is_up_for_the_import_only(home: Path, tmp_path: Path) -> None:
    """The folder is locked meanwhile and free afterwards, and the articles are there the next time."""
    fetched = _file(tmp_path, 10).fetch()
    for stored in (10, 0):
        with writing(Settings(home=home), now=NOW) as record:
            assert NewsImport(record.pool).bring(fetched, RULES)[0].stored == stored
        assert not (home / "postgres/data/postmaster.pid").exists()
        with RunLock(home, now=NOW):
            pass


def test_the_latest_news_are_read_back_by_company(pool: Pool, tmp_path: Path) -> None:
    """Two of ACME's ten, the latest first, with what was read out of them; none of another company."""
    NewsImport(pool).bring(_file(tmp_path, 10).fetch(), RULES)
    found = Queries(pool).news("ACME", 2)
    assert [one.headline for one in found] == ["Acme story 9", "Acme story 8"]
    assert (found[0].symbols, found[0].kind, found[0].channel) == (["ACME"], "other", "news")
    assert found[0].knowable_at - found[0].published_at == timedelta(minutes=5)
    assert Queries(pool).news("NONE", 2) == []
    assert len(Queries(pool).news(None, 500)) == 10


def test_an_archive_called_whole_makes_silence_known(pool: Pool, tmp_path: Path) -> None:
    """Between its first and last article, and an hour more; for other companies it is refused under that name."""
    _, articles = NewsImport(pool).bring(_file(tmp_path, 10).fetch(), RULES)
    store, span = CoverageStore(pool), (articles[0].knowable_at, articles[-1].knowable_at)
    for _ in range(2):
        store.archived("wire", "news", ["ACME"], span)
    (followed,) = store.followed(NOW)
    assert followed.symbols == {"ACME"}
    assert [str(part[0]) for part in (followed.begin, followed.end)] == ["2024-05-01T12:05:00", "2024-05-01T21:05:00"]
    assert store.followed(span[0]) == ()
    with pytest.raises(BadDataError, match="another --source"):
        store.archived("wire", "news", ["ELSE"], span)
