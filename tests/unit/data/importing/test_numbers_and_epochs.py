"""Numbers and times as vendors and countries write them: read, or refused in a sentence with the way out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.importing.archive import open_archive
from data.importing.layout import Asked
from data.importing.number_texts import NumberStyle
from data.importing.times import time_format_of
from tests.fakes.bar_files import HEAD, YEAR, days_file, minutes_of, taken
from trading.errors import BadDataError, ConfigurationError

SEMICOLONS = HEAD.replace(",", ";")


def _rows(tmp_path: Path, rows: list[str], head: str = HEAD) -> Path:
    mark = ";" if ";" in head else ","
    path = tmp_path / "A.csv"
    path.write_text(head + "".join(f"{day}{mark}{row}\n" for day, row in zip(YEAR, rows, strict=False)))
    return path


def test_volumes_with_a_fraction_are_rounded_down_and_counted(tmp_path: Path) -> None:
    """Stooq's 2159976.4053000 are 2,159,976 whole shares; 5.0 has no fraction."""
    rows = [f"10,11,9,10,{volume}" for volume in ("2159976.4053000", "1532.25", "5.0", "0.75", "7")]
    got = taken(_rows(tmp_path, rows))
    assert got.bars.column("volume").to_pylist() == [2_159_976, 1_532, 5, 0, 7]
    assert got.findings == {"fractional_volume": 3}


def test_a_unit_of_the_volume_makes_no_fraction_of_the_machine(tmp_path: Path) -> None:
    """1.1 and 0.29 hundreds are 110 and 29 shares, though 0.29 x 100 is 28.999999999999996 in binary."""
    got = taken(_rows(tmp_path, ["10,11,9,10,1.1", "10,11,9,10,0.29"]), Asked(volume_unit=100))
    assert (got.bars.column("volume").to_pylist(), got.findings) == ([110, 29], {})


def test_volumes_with_a_fraction_in_parquet_are_rounded_too(tmp_path: Path) -> None:
    """A column of floats; what is past 2^53 is refused."""
    columns = {"date": YEAR[:3], **dict.fromkeys(("open", "high", "low", "close"), [10.5] * 3)}
    pq.write_table(pa.table({**columns, "volume": [7.5, 8.0, 1e17]}), tmp_path / "A.parquet")
    got = taken(tmp_path / "A.parquet")
    assert (got.bars.column("volume").to_pylist(), got.findings) == ([7, 8], {"fractional_volume": 1})
    assert got.unread.column("gate").to_pylist() == ["volume_not_whole"]


THOUSANDS = ["19.96;20.08;19.26;19.52;11.500", "19.50;19.50;19.37;19.41;1.016.500", "19.39;19.54;18.94;19.00;900"]


def test_points_between_thousands_of_the_volume_are_refused_with_two_ways_out(tmp_path: Path) -> None:
    """11.500 shares are no eleven and a half: refused whole; read as thousands, or as fractions, when it is said."""
    path = _rows(tmp_path, THOUSANDS, SEMICOLONS)
    assert "Say --thousands . if they do, --decimal ." in taken(path).refused["A.csv"]
    read = taken(path, Asked(numbers=NumberStyle(".", ".", said=True)))
    assert read.bars.column("volume").to_pylist() == [11_500, 1_016_500, 900]
    assert read.bars.column("close").to_pylist() == [19.52, 19.41, 19.0]


@pytest.mark.parametrize("volumes", [("1532.250", "900"), ("0.125", "12.5"), ("12.500", "12.75"), ("12.500", "15000")])
def test_fractions_of_three_digits_beside_other_numbers_are_fractions(tmp_path: Path, volumes: tuple[str, str]) -> None:
    """A number of four digits without a mark, or a fraction of other length, refutes thousands."""
    rows = [f"10.5,11,9,10,{volume}" for volume in volumes]
    got = taken(_rows(tmp_path, rows))
    assert got.bars.column("volume").to_pylist() == [int(float(volume)) for volume in volumes]


def test_dollars_and_commas_between_thousands_are_read(tmp_path: Path) -> None:
    """As Nasdaq writes them, in quotes."""
    path = _rows(
        tmp_path, ['$1,234.50,"$1,240.00",$999.10,"$1,234.50","1,234,567"'.replace("$1,234.50", '"$1,234.50"', 1)]
    )
    row = taken(path).bars.to_pylist()[0]
    assert (row["open"], row["high"], row["low"], row["volume"]) == (1234.5, 1240.0, 999.1, 1_234_567)


def test_a_decimal_comma_is_told_by_the_prices(tmp_path: Path) -> None:
    """1.234,50 can only be one number; the volume's points stand between thousands then. It is said as a guess."""
    path = _rows(tmp_path, ["1.234,50;1.240,00;999,10;1.234,50;12.000"] * 2, SEMICOLONS)
    assert "numbers have a decimal ','" in open_archive(path, Asked()).guessed
    row = taken(path).bars.to_pylist()[0]
    assert (row["open"], row["low"], row["volume"]) == (1234.5, 999.1, 12_000)


def test_both_marks_before_a_fraction_and_doubtful_commas_are_refused(tmp_path: Path) -> None:
    """12,50 beside 12.50; and 12,345 alone, which is twelve or twelve thousand."""
    both = _rows(tmp_path, ["12,50;13;12;12.5;7"], SEMICOLONS)
    with pytest.raises(BadDataError, match="both marks before a fraction"):
        open_archive(both, Asked())
    doubtful = _rows(tmp_path, ["12,345;12,345;12,345;12,345;7"], SEMICOLONS)
    with pytest.raises(ConfigurationError, match=r"--decimal , or --decimal \. --thousands ,"):
        open_archive(doubtful, Asked())
    said = taken(doubtful, Asked(numbers=NumberStyle(",", ".", said=True)))
    assert said.bars.column("open").to_pylist() == [12.345]


def test_shortened_volumes_are_read_and_counted(tmp_path: Path) -> None:
    """12.3M, 950K and 1.2B, as Investing.com writes them."""
    rows = [f"10.5,11,9,10,{volume}" for volume in ("12.3M", "950K", "1.2b", "7")]
    got = taken(_rows(tmp_path, rows))
    assert got.bars.column("volume").to_pylist() == [12_300_000, 950_000, 1_200_000_000, 7]
    assert got.findings == {"shortened_volume": 3}


LEAN = [f"20240{1 + at // 28}{at % 28 + 1:02} 00:00,1005153,1022907,1002079,1022636,2093609" for at in range(1, 20)]
NAMES = ("time", "open", "high", "low", "close", "volume")


def test_prices_in_ten_thousandths_are_asked_about_and_divided(tmp_path: Path) -> None:
    """LEAN counts in 1/10,000 USD: 1,005,153 are 100.5153."""
    path = tmp_path / "spy.csv"
    path.write_text("\n".join(LEAN) + "\n")
    columns = {name: f"f{at}" for at, name in enumerate(NAMES)}
    assert "--price-unit 0.0001" in taken(path, Asked(columns, header=False)).refused["spy.csv"]
    row = taken(path, Asked(columns, header=False, price_unit=0.0001)).bars.to_pylist()[0]
    assert (row["open"], row["high"], row["close"]) == (100.5153, 102.2907, 102.2636)
    assert taken(path, Asked(columns, header=False, price_unit=1.0)).bars.column("open")[0].as_py() == 1_005_153


def test_the_adjusted_close_is_in_the_same_unit(tmp_path: Path) -> None:
    """Half of the close is a factor of a half, in ten-thousandths too."""
    path = days_file(
        tmp_path / "A.csv", YEAR, "1000000,1000000,1000000,1000000,7,500000", HEAD.strip() + ",Adj Close\n"
    )
    assert taken(path, Asked(price_unit=0.0001)).bars.column("factor")[0].as_py() == 0.5


def test_a_real_price_past_ten_thousand_is_taken(tmp_path: Path) -> None:
    """Berkshire's 627,000.00 has decimals; so has a table of floats with one fraction among whole prices."""
    assert taken(_rows(tmp_path, ["627000.00,630000.00,620000.00,627000.00,7"] * 3)).bars.num_rows == 3
    columns = {"date": YEAR[:2], **dict.fromkeys(("open", "high", "low"), [627_000.0] * 2), "volume": [7, 8]}
    pq.write_table(pa.table({**columns, "close": [627_000.0, 627_400.5]}), tmp_path / "B.parquet")
    assert taken(tmp_path / "B.parquet").bars.num_rows == 2


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1_000), ("us", 10**6), ("ns", 10**9)])
@pytest.mark.parametrize("first", [date(1999, 1, 4), date(2001, 9, 4), date(2024, 1, 2)])
def test_epochs_of_any_unit_are_read(tmp_path: Path, unit: str, factor: int, first: date) -> None:
    """Midnight of New York in winter, 05:00 UTC, from nine digits of seconds on; newest first is the same."""
    days = [first + timedelta(days=n) for n in range(28) if (first + timedelta(days=n)).weekday() < 5]
    hour = 5 if first.month == 1 else 4
    stamps = [int(datetime(d.year, d.month, d.day, hour, tzinfo=UTC).timestamp()) * factor for d in days]
    for order in (1, -1):
        got = taken(days_file(tmp_path / f"{unit}.csv", stamps[::order])).bars.column("session").to_pylist()
        assert got == days[::order]


def test_seconds_of_nine_and_ten_digits_and_before_1970_stand_in_one_column(tmp_path: Path) -> None:
    """The ninth of September 2001 is the billionth second; what is before 1990 is before the calendar."""
    days = [date(2001, 9, 4), date(2001, 9, 7), date(2001, 9, 10), date(2001, 9, 17)]
    stamps = [int(datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp()) for d in days]
    assert {len(str(stamp)) for stamp in stamps} == {9, 10}
    got = taken(days_file(tmp_path / "A.csv", [*stamps, -86_400]))
    assert got.bars.column("session").to_pylist() == days
    assert got.unread.column("gate").to_pylist() == ["before_calendar"]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("20240102093000", "%Y%m%d%H%M%S"), ("202401020930", "%Y%m%d%H%M"), ("2024.01.02 09:30", "%Y.%m.%d %H:%M"),
     ("915426000", "epoch seconds"), ("1704171600000000000", "epoch nanoseconds"), ("1577923200.0", "epoch seconds"),
     ("Jan 13, 2024", "%b %d %Y"), ("1/13/24 9:30 AM", "%m/%d/%y %I:%M %p"),
     ("2024-01-02 09:30 +0000", "%Y-%m-%d %H:%M %z")],
)  # fmt: skip
def test_the_form_of_times_is_found(text: str, pattern: str) -> None:
    """Digits alone, MetaTrader's points, epochs, months by name."""
    assert time_format_of(pa.array([text] * 3)).pattern == pattern


def test_a_spreadsheets_serial_days_are_refused_by_name() -> None:
    """45293 is the 2nd of January 2024 there."""
    with pytest.raises(BadDataError, match="'45293' are a spreadsheet's serial days"):
        time_format_of(pa.array(["45293", "45294", "45295.5"]))


@pytest.mark.parametrize("zone", ["America/New_York", "US/Eastern", "EDT", "ET"])
def test_a_zone_by_name_is_read(tmp_path: Path, zone: str) -> None:
    """As Interactive Brokers writes it; 09:30 in June is 13:30 UTC."""
    stamps = [f"{at:%Y%m%d %H:%M:%S} {zone}" for at in minutes_of(date(2024, 6, 3), "09:30", "15:59")]
    got = taken(days_file(tmp_path / "A.csv", stamps)).bars.column("starts_at")
    assert got[0].as_py() == datetime(2024, 6, 3, 13, 30, tzinfo=UTC)
