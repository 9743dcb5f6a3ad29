"""`inplay scan --minutes` on real minutes, and on the sample's days with minutes made for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from adapters.bars.minute_files import MinuteFiles
from adapters.bars.store import BarStore
from adapters.calendar import session_hours
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.pool import Pool
from adapters.record import Record
from adapters.sample.bundled import load_bars
from data.importing.archive import open_archive
from data.importing.importer import BarImporter
from data.importing.layout import Asked
from research.recorded_minutes import RecordedMinutes, shortest_length
from research.scan_at import ScanAt, scan_at
from tests.integration.one_process import Platform
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.minute_bars import Minutes
from trading.errors import BadDataError
from trading.scanner.at_close import large_cap
from trading.scanner.intraday import IntradayScan

ROOT = Path(__file__).parents[3]
LOOSE = replace(large_cap(), min_move=1e-9, min_relative_volume=1e-9, min_dollar_volume_usd=0.0)
STRIKE = datetime(2020, 1, 3, 14, 45, tzinfo=UTC)
"""A quarter of an hour after the open, the morning after the strike on Baghdad's airport."""
AFTER_EARNINGS = datetime(2010, 4, 29, 14, 0, tzinfo=UTC)


def _shared(name: str) -> MinuteFiles:
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is absent; set INPLAY_SHARED to the folder of real data to run this")
    return MinuteFiles(path)


@pytest.fixture
def platform(pool: Pool, empty_url: str, home: Path) -> Platform:
    """The whole sample on record."""
    made = Platform(home, empty_url, pool)
    made.import_until(None)
    return made


@dataclass(frozen=True)
class OpeningMinutes:
    """Of some names of the sample, one bar a session at the open, at the day's open price; all times are answered."""

    symbols: Sequence[str]

    def until(self, first: date, at: datetime) -> Minutes:
        """The opening minutes of the sessions from `first` on that were over at `at`."""
        hours = session_hours(first, at.date())
        bars = load_bars().table
        known = pc.is_in(bars.column("session"), pa.array(hours.sessions))
        bars = bars.filter(pc.and_(pc.is_in(bars.column("symbol"), pa.array(self.symbols)), known))
        opens = hours.open_at[hours.positions(bars.column("session").to_numpy().astype("datetime64[D]"))]
        price = bars.column("open")
        starts = pa.array(opens).cast(pa.timestamp("s", tz="UTC"))
        volume = pc.divide(bars.column("volume"), pa.scalar(100))
        table = pa.table([bars.column("symbol"), starts, price, price, price, price, volume], schema=INTRADAY_SCHEMA)
        return Minutes(table.filter(pc.less(starts, pa.scalar(at, pa.timestamp("s", tz="UTC")))), {})


def _ask(platform: Platform, at: datetime, minutes: MinuteFiles | OpeningMinutes, usual: int = 10) -> ScanAt:
    return scan_at(Record(platform.pool, platform.home), at, LOOSE, minutes=minutes, usual_sessions=usual)


def test_minutes_and_the_record_are_one_answer(platform: Platform) -> None:
    """Just after the open of 29 April 2010 First Solar's report of the 28th is a session ago, the regime the 28th's."""
    at = AFTER_EARNINGS.replace(hour=13, minute=35)
    found = _ask(platform, at, OpeningMinutes(("FSLR", "F")))
    assert isinstance(found.scan, IntradayScan)
    assert (found.bars, found.scan.mode, found.notes) == ("1m", "open", ())
    assert found.regime is not None
    assert found.regime.session == date(2010, 4, 28)
    solar = next(one for one in found.scan.in_play if one.symbol == "FSLR")
    bars = load_bars().table
    prices = {
        (row["symbol"], row["session"]): row
        for row in bars.filter(pc.equal(bars.column("symbol"), pa.scalar("FSLR"))).to_pylist()
    }
    day, before = date(2010, 4, 29), date(2010, 4, 28)
    gap = prices["FSLR", day]["open"] / prices["FSLR", before]["open"] - 1  # the made minutes close at the open
    assert "earnings 1 session ago" in solar.reason
    assert f"{100 * abs(gap):.1f} %" in solar.reason
    assert solar.parts["catalyst"] == 1.0


def test_real_minutes_of_other_years_lack_only_what_the_record_lacks(platform: Platform) -> None:
    """In January 2020 the record tells nothing: no regime, no catalyst, and the answer says so."""
    found = _ask(platform, STRIKE, _shared("us_etf_1min_2019_12"))
    assert isinstance(found.scan, IntradayScan)
    assert (found.regime, len(found.notes), found.known_at <= STRIKE) == (None, 1, True)
    assert "unknown" in found.notes[0]
    strict = scan_at(Record(platform.pool, platform.home), STRIKE, large_cap(), minutes=_shared("us_etf_1min_2019_12"))
    said = {one.symbol: one.reason for one in strict.scan.in_play}
    assert "gapped up" in said["UCO"], "oil rose"
    assert "gapped down" in said["SPXL"], "shares fell"


def test_without_minutes_of_the_day_the_daily_answer_says_so(platform: Platform) -> None:
    """At 10:00 of the flash crash the file has no minutes: the answer is that of the close before, with a note."""
    at = datetime(2010, 5, 6, 14, 0, tzinfo=UTC)
    found = _ask(platform, at, _shared("us_1min_trades_premarket"))
    bare = scan_at(Record(platform.pool, platform.home), at, LOOSE)
    assert (found.bars, found.scan, found.regime) == ("1d", bare.scan, bare.regime)
    assert (len(found.notes), bare.notes) == (1, ())
    assert "no minute bar of 2010-05-06" in found.notes[0]
    with pytest.raises(BadDataError, match="Nothing on record"):
        _ask(platform, datetime(2013, 10, 12, 15, tzinfo=UTC), _shared("us_1min_trades_premarket"))  # a Saturday


def test_later_minutes_change_nothing(platform: Platform, tmp_path: Path) -> None:
    """The file cut at the instant gives the same premarket answer as the whole; a later cut is another answer."""
    import pandas as pd  # noqa: PLC0415

    source = _shared("us_1min_trades_premarket")
    at = datetime(2013, 10, 11, 13, 0, tzinfo=UTC)
    frame = pd.read_parquet(source.path)
    cut = tmp_path / "cut.parquet"
    frame[frame["ts_et"] < pd.Timestamp("2013-10-11 09:00")].to_parquet(cut)
    whole, part = _ask(platform, at, source, 3), _ask(platform, at, MinuteFiles(cut), 3)
    assert isinstance(whole.scan, IntradayScan)
    assert (whole.scan.mode, whole.scan, whole.flags) == ("premarket", part.scan, part.flags)
    assert "SPY" in {one.symbol for one in whole.scan.in_play}
    later = at.replace(minute=20)
    assert _ask(platform, later, source, 3).scan.in_play != _ask(platform, later, MinuteFiles(cut), 3).scan.in_play


def test_the_command_says_which_minutes(home: Path) -> None:
    """A folder that isn't there is an error with what to do, and makes no data folder."""
    environ = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {"INPLAY_HOME": str(home)}
    ended = subprocess.run(
        [sys.executable, "-m", "cli.main", "scan", "--at", "2010-05-06T10:00-04:00", "--minutes", "/none", "--json"],
        capture_output=True, text=True, timeout=120, cwd=ROOT, env=environ, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "run --sample" in json.loads(ended.stdout)["error"]
    assert not home.exists()


def test_minutes_on_record_answer_as_their_file_does(pool: Pool, home: Path) -> None:
    """The archive, imported into a record without daily bars, gives the same names in the same order."""
    files = _shared("us_etf_1min_2019_12")
    BarImporter(Record(pool, home), lambda: datetime(2026, 1, 1, tzinfo=UTC)).run(open_archive(files.path, Asked()))
    recorded = RecordedMinutes(BarStore(home, BarRecord(pool)))
    ours, theirs = (scan_at(Record(pool, home), STRIKE, LOOSE, minutes=source) for source in (recorded, files))
    assert shortest_length(BarRecord(pool), STRIKE.date()) == "1m"
    assert isinstance(ours.scan, IntradayScan)
    assert ours.scan == theirs.scan
    assert "There are no daily bars on record in" in ours.notes[0]
    assert "only bars of 1m. Nothing was changed. Import daily bars as well: `inplay import bars" in ours.notes[0]
