"""Minute bars of files: what is a bar, what is refused, and nothing that wasn't over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from adapters.bars.minute_files import (
    BAD_PRICE,
    BAD_VOLUME,
    CONTRADICTED,
    NO_SYMBOL,
    NO_TRADE,
    OUTSIDE,
    REPEATED,
    MinuteFiles,
)
from research.session_minutes import during_session
from trading.errors import BadDataError

HEAD = "symbol,ts_et,open,high,low,close,volume\n"
DAY = date(2010, 5, 6)
AT = datetime(2010, 5, 6, 14, 0, tzinfo=UTC)
"""10:00 in New York."""


def _file(folder: Path, *rows: str, name: str = "minutes.csv", head: str = HEAD) -> Path:
    path = folder / name
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


def _good(minute: str, symbol: str = "A") -> str:
    return f"{symbol},2010-05-06 {minute}:00,10,11,9,10.5,100"


def test_a_minute_is_known_at_its_end(tmp_path: Path) -> None:
    """At 10:00 the minute that began at 9:59 is known and the one that begins at 10:00 isn't; at 9:59:59 neither is."""
    files = MinuteFiles(_file(tmp_path, _good("09:58"), _good("09:59"), _good("10:00")))
    assert files.until(DAY, AT).bars.num_rows == 2
    assert files.until(DAY, AT - timedelta(seconds=1)).bars.num_rows == 1
    assert files.until(DAY, AT + timedelta(minutes=1)).bars.num_rows == 3
    starts = files.until(DAY, AT).bars.column("starts_at").to_pylist()
    assert max(starts) == datetime(2010, 5, 6, 13, 59, tzinfo=UTC), "New York was four hours behind"


def test_each_row_is_a_bar_or_refused_for_one_reason(tmp_path: Path) -> None:
    """One bad row of each kind, one repetition, two that contradict each other; what is left is one bar."""
    path = _file(
        tmp_path,
        _good("09:30"),
        _good("09:30"),
        ",2010-05-06 09:31:00,10,11,9,10,5",
        "A,2010-05-06 09:32:00,10,9,11,10,5",
        "A,2010-05-06 09:33:00,,11,9,10,5",
        "A,2010-05-06 09:34:00,0,11,0,10,5",
        "A,2010-05-06 09:35:00,10,11,9,10,-5",
        "A,2010-05-06 09:36:00,10,11,9,10,0",
        "A,2010-05-06 03:00:00,10,11,9,10,5",
        "B,2010-05-06 09:40:00,10,11,9,10,5",
        "B,2010-05-06 09:40:00,10,11,9,10.1,5",
    )
    begin = MinuteFiles(path).until(date(2010, 5, 5), AT)
    assert begin.bars.column("symbol").to_pylist() == ["A"]
    assert begin.refused == {
        NO_SYMBOL: 1, BAD_PRICE: 3, BAD_VOLUME: 1, NO_TRADE: 1, OUTSIDE: 1, REPEATED: 1, CONTRADICTED: 2,
    }  # fmt: skip


def test_a_folder_is_all_its_files_and_other_times_arent_read(tmp_path: Path) -> None:
    """Two files make two symbols; a row of the year before is neither a bar nor refused."""
    _file(tmp_path, _good("09:30"), "A,2009-05-06 09:30:00,1,1,1,1,-1", name="a.csv")
    _file(tmp_path, _good("09:30", "B"), name="b.csv")
    found = MinuteFiles(tmp_path).until(DAY, AT)
    assert (sorted(found.bars.column("symbol").to_pylist()), dict(found.refused)) == (["A", "B"], {})


@pytest.mark.parametrize("head", ["symbol,ts_et,open\n", "symbol,when,open,high,low,close,volume\n"])
def test_a_file_that_isnt_minutes_is_refused_whole(tmp_path: Path, head: str) -> None:
    """A missing column is named; so is an empty folder and a file that isn't there."""
    with pytest.raises(BadDataError, match="has no column"):
        MinuteFiles(_file(tmp_path, head=head)).until(DAY, AT)
    (tmp_path / "minutes.csv").unlink()
    with pytest.raises(BadDataError, match=r"holds 0 \.parquet"):
        MinuteFiles(tmp_path).until(DAY, AT)


def test_why_there_are_no_minutes_is_said(tmp_path: Path) -> None:
    """On a Sunday, before the first minute of the day is over, and beyond the calendar."""
    files = MinuteFiles(_file(tmp_path, _good("09:58"), "A,2010-05-05 09:58:00,10,11,9,10.5,100"))
    assert "outside the hours" in str(during_session(files, datetime(2010, 5, 9, 15, tzinfo=UTC), 10))
    assert "over by 09:58" in str(during_session(files, AT - timedelta(minutes=2), 10))
    assert "calendar" in str(during_session(files, datetime(2199, 5, 9, 15, tzinfo=UTC), 10))
    found = during_session(files, AT, 10)
    assert not isinstance(found, str)
    assert (found.known_at, len(found.bars)) == (AT - timedelta(minutes=1), 2)
