"""The cold tier in an object store: a real S3 server process, which is also stopped and made to refuse."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from adapters.bars.locations import TierLocations
from adapters.bars.places import BucketPlace, S3Access
from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.postgres.tier_record import TierRecord
from data.tiers.archive import Archive
from data.tiers.holdings import holdings
from tests.integration.data.s3_server import S3Server
from tests.integration.data.tier_bars import SESSIONS, TODAY, strays, write_small_files
from trading.errors import BadDataError, UnavailableError


@pytest.fixture
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One server a test, since some stop it."""
    running = S3Server(tmp_path_factory.mktemp("s3") / "server.log")
    yield running
    running.stop()


def test_old_bars_live_in_the_store_and_are_read_from_it(s3: S3Server, home: Path, pool: Pool) -> None:
    """The year before is in the bucket, in pages with checksums; a range over all tiers reads as it was written."""
    expected = write_small_files(home, pool)
    locations = TierLocations(cold=s3.make_bucket(), s3=s3.access)
    Archive(home, TierRecord(pool), locations).run(TODAY)
    cold = [file for file in BarRecord(pool).files() if file.tier == "cold"]
    assert {file.first_session.year for file in cold} == {2019}
    assert not (home / "bars" / "cold").exists()
    store = BarStore(home, BarRecord(pool), locations)
    assert store.read_all().equals(expected)
    one = store.read(date(2019, 5, 1), date(2019, 5, 3), symbols=["B"])
    assert one.column("symbol").to_pylist() == ["B"] * 3
    assert strays(home, pool, locations) == set()
    assert [(held.tier, held.missing) for held in holdings(BarRecord(pool).files(), home, locations)] == [
        ("hot", ()),
        ("warm", ()),
        ("cold", ()),
    ]


def test_a_damaged_object_is_noticed_by_its_pages(s3: S3Server, home: Path, pool: Pool) -> None:
    """One byte of a page differs: the read says so, though it fetches only a part and no hash of the whole."""
    write_small_files(home, pool, SESSIONS[:5])
    locations = TierLocations(cold=s3.make_bucket(), s3=s3.access)
    Archive(home, TierRecord(pool), locations).run(TODAY)
    file = BarRecord(pool).files()[0]
    place = BucketPlace(locations.cold or "", s3.access)
    with place.open(file.path) as source:
        data = bytearray(source.read())
    with place.open(file.path) as source:
        column = pq.ParquetFile(source).metadata.row_group(0).column(5)
    begin = column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset
    data[begin + column.total_compressed_size - 1] ^= 1  # the last byte of the last page of closes
    place.put(file.path, io.BytesIO(bytes(data)))
    with pytest.raises((BadDataError, UnavailableError), match=file.path):
        BarStore(home, BarRecord(pool), locations).read_all()


def test_an_outage_is_an_error_and_never_a_shorter_answer(s3: S3Server, home: Path, pool: Pool) -> None:
    """With the server stopped, a range that touches cold bars names them; one that doesn't is answered."""
    write_small_files(home, pool)
    locations = TierLocations(cold=s3.make_bucket(), s3=s3.access)
    Archive(home, TierRecord(pool), locations).run(TODAY)
    s3.stop()
    store = BarStore(home, BarRecord(pool), locations)
    with pytest.raises(UnavailableError, match=r"2019-0[45].* are missing, so nothing is answered"):
        store.read(SESSIONS[0], SESSIONS[-1])
    assert store.read(date(2020, 5, 1), TODAY).num_rows == 2 * sum(day >= date(2020, 5, 1) for day in SESSIONS)


def test_a_store_that_refuses_takes_nothing_and_loses_nothing(s3: S3Server, home: Path, pool: Pool) -> None:
    """No bucket of that name: the move fails, names the place, and every bar is where it was."""
    expected = write_small_files(home, pool, SESSIONS[:5])
    locations = TierLocations(cold="s3://nobody-made-this/x", s3=s3.access)
    with pytest.raises(UnavailableError, match="s3://nobody-made-this/x does not take"):
        Archive(home, TierRecord(pool), locations).run(TODAY)
    assert BarStore(home, BarRecord(pool), locations).read_all().equals(expected)
    assert strays(home, pool) == set()


def test_a_secret_is_in_no_message(home: Path, pool: Pool) -> None:
    """A store that nobody answers for is named by its address, and the key isn't."""
    write_small_files(home, pool, SESSIONS[:1])
    access = S3Access("http://127.0.0.1:9", "us-east-1", SecretStr("an-access-key"), SecretStr("a-secret-key"))
    locations = TierLocations(cold="s3://bars", s3=access)
    with pytest.raises(UnavailableError) as caught:
        Archive(home, TierRecord(pool), locations).run(TODAY)
    for words in (str(caught.value), repr(locations)):
        assert "a-secret-key" not in words
        assert "an-access-key" not in words
