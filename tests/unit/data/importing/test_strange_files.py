"""Files of any shape end in bars, refused rows or a sentence, never in a traceback, and no row is lost."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from data.importing.archive import open_archive
from data.importing.layout import Asked
from trading.errors import InplayError

NAMES = ["Date", "Open", "High", "Low", "Close", "Volume"]
OTHERS = ["date", "Time", "Symbol", "close", "Adj Close", "vol", "", "x", "Open.1", "cum_adj", "t", "\u00e9", "ts_et"]
VALUES = [
    "2024-01-02", "02/01/2024", "1704171600", "1704171600000", "45293", "", "NaN", "1e400", "-", "1,234.5", "1.234,50",
    "$5", "12.3M", "10", "10.5", "-3", "2024-01-02T09:30:00Z", "2024-01-02 09:30:00 EST", "09:30", "9" * 19, "9" * 23,
    "\x00", "\ufeff", "Total", "20240102", "0001-01-01", "9999-12-31", "12.000", "1.234.567", "\u00bd", "\u0663",
]  # fmt: skip
ROWS = st.lists(st.lists(st.sampled_from(VALUES), min_size=1, max_size=9), max_size=6)
ASKED = st.builds(
    Asked,
    timeframe=st.sampled_from([None, "1d", "1m"]),
    timezone=st.sampled_from(["", "UTC", "America/New_York"]),
    stamp=st.sampled_from([None, "start", "end"]),
    time_format=st.sampled_from(["", "%Y-%m-%d", "epoch seconds"]),
)


@settings(max_examples=300, deadline=None)
@given(
    extra=st.lists(st.sampled_from(OTHERS), max_size=3), rows=ROWS, mark=st.sampled_from(",;\t|"), asked=ASKED,
    end=st.sampled_from(["\n", "\r\n"]),
)  # fmt: skip
def test_a_file_of_any_shape_is_told_in_words(
    extra: list[str], rows: list[list[str]], mark: str, asked: Asked, end: str
) -> None:
    """Names and values of all kinds, short rows and long ones: what isn't an error of ours adds up to the rows."""
    names = NAMES + extra
    full = [[*row, *["10"] * (len(names) - len(row))] for row in rows]
    with TemporaryDirectory() as folder, suppress(InplayError):
        path = Path(folder) / "A.csv"
        lines = [mark.join(cell.replace(mark, "") for cell in row[: len(names)]) for row in [names, *full]]
        path.write_text(end.join(lines) + end, newline="")
        ((_, chunks),) = open_archive(path, asked).files()
        inside = list(chunks)
        assert sum(chunk.bars.num_rows + chunk.unread.num_rows for chunk in inside) == len(rows)
