"""News with a date and no time, through the command into the record, and the way back for an earlier import."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.postgres.pool import Pool, transaction
from data.news.known import news_record
from tests.fakes.importing import asked
from trading.news.record import knowable_second

DAY_OVER = datetime(2024, 8, 7, 4, tzinfo=UTC)
CLOSE = timedelta(hours=16)
DATES = (
    "date,title,stock\n2024-08-06,Orchard Devices cuts full-year outlook after the bell,ORCD\n"
    "2024-08-06 00:00:00,Orchard Devices says chief executive resigns,ORCD\n"
    "2024-08-07,Analyst downgrades Orchard Devices,ORCD\n"
)
EIGHT = "published,title,ticker\n20240806,Orchard Devices warns on margins after the close,ORCD\n"


def _import(folder: Path, url: str, text: str, *options: str) -> dict[str, object]:
    path = folder / "dates.csv"
    path.write_text(text)
    said = asked(
        folder / "home", "import", "news", str(path), "--timezone", "America/New_York", "--json", *options, url=url
    )
    assert said.returncode == 0, said.stderr
    counts: dict[str, object] = json.loads(said.stdout)
    return counts


def _known(pool: Pool) -> list[datetime]:
    with transaction(pool) as cursor:
        cursor.execute("SELECT knowable_at FROM news_articles ORDER BY knowable_at, headline")
        return [row[0].astimezone(UTC) for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("text", "known"), [(DATES, [DAY_OVER, DAY_OVER, DAY_OVER + timedelta(days=1)]), (EIGHT, [DAY_OVER])]
)
def test_days_are_known_at_the_first_close_after_their_end(
    pool: Pool, empty_url: str, tmp_path: Path, text: str, known: list[datetime]
) -> None:
    """The close of 2024-08-06 knows nothing of it, that of the day after does; each row is flagged."""
    counts = _import(tmp_path, empty_url, text)
    assert counts["flagged"] == {"no time of day, known from the end of the day": len(known)}
    assert _known(pool) == known
    closes = [datetime(2024, 8, 6, 20, tzinfo=UTC) + timedelta(days=days) for days in range(3)]
    seen = [news_record(pool, close).rows.num_rows for close in closes]
    assert seen == [0, known.count(DAY_OVER), len(known)]
    assert np.all(knowable_second(news_record(pool, closes[2]).rows) >= DAY_OVER.timestamp())


def test_an_earlier_import_is_told_and_changed_only_when_asked(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """What an earlier version took for 00:01 stays until --correct; then the catalysts of those days move as well."""
    _import(tmp_path, empty_url, DATES)
    with transaction(pool) as cursor:
        cursor.execute("UPDATE news_articles SET knowable_at = published_at + interval '1 minute', flags = '{}'")
        cursor.execute("UPDATE catalysts SET knowable_at = knowable_at - interval '1 day' + interval '1 minute', "
                       "event_date = event_date - 1")  # fmt: skip
        cursor.execute("SELECT min(event_date)::text, count(*) FROM catalysts")
        before = cursor.fetchone()
    told = _import(tmp_path, empty_url, DATES)
    assert (told["stored"], told["known_too_early"], told["corrected"]) == (0, 3, False)
    assert _known(pool)[0] == DAY_OVER - timedelta(days=1) + timedelta(minutes=1)
    mended = _import(tmp_path, empty_url, DATES, "--correct")
    assert (mended["known_too_early"], mended["corrected"]) == (3, True)
    assert _known(pool) == [DAY_OVER, DAY_OVER, DAY_OVER + timedelta(days=1)]
    with transaction(pool) as cursor:
        cursor.execute("SELECT min(event_date)::text, count(*) FROM catalysts WHERE knowable_at >= %s", [DAY_OVER])
        assert (before, cursor.fetchone()) == (("2024-08-06", 3), ("2024-08-07", 3))
    assert _import(tmp_path, empty_url, DATES)["known_too_early"] == 0


def test_an_order_of_day_and_month_that_nobody_told_is_refused_with_the_way_out(
    pool: Pool, empty_url: str, tmp_path: Path
) -> None:
    """Without an American zone 08/06/2024 may be June; told, it is read."""
    path = tmp_path / "slashes.csv"
    path.write_text("date,title,stock\n08/06/2024,Orchard Devices cuts outlook,ORCD\n")
    home = tmp_path / "home"
    refused = json.loads(asked(home, "import", "news", str(path), "--json", url=empty_url).stdout)
    assert refused["refused"] == {"day and month can be read either way: say --date-order": 1}
    read = asked(home, "import", "news", str(path), "--date-order", "month-first", "--json", url=empty_url)
    assert json.loads(read.stdout)["stored"] == 1
    assert _known(pool) == [DAY_OVER]
