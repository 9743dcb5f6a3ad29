"""The formats by name. A new one is an entry here, a file of ten rows in tests/data/formats, a row in docs/data.md."""

from __future__ import annotations

from adapters.exchange_time import TIME_ZONE
from data.importing.formats import Format, Shape

BARS = ("date", "open", "high", "low", "close", "volume")
SPLITS, BOTH = "splits", "splits and dividends"
_PRICE = r"\d+(\.\d*)?"
_OHLCV = ("time", "open", "high", "low", "close", "volume")
_LETTERS = ("t", "o", "h", "l", "c", "v")

YAHOO = Format(
    "yahoo",
    "Yahoo Finance",
    (
        Shape((*BARS, "adjclose"), verbatim=("Adj Close",), alone=True),
        Shape(BARS[1:], headed=True),
        Shape((*BARS[1:], "dividends", "stocksplits")),
        Shape((*BARS, "adjclose"), common=True),
        Shape(BARS, common=True),
    ),
    adjusted=SPLITS,
    pays_twice=True,
)
STOOQ = Format(
    "stooq",
    "Stooq",
    (Shape((*BARS[:-1], "vol", "per", "time"), verbatim=("<PER>",)), Shape(BARS, common=True)),
    adjusted=BOTH,
)
ALPHA_VANTAGE = Format(
    "alphavantage",
    "Alpha Vantage",
    (
        Shape(("timestamp", *BARS[1:], "dividendamount", "splitcoefficient")),
        Shape(("timestamp", *BARS[1:]), common=True),
    ),
    timezone=TIME_ZONE,
    symbol=r"^(?:time_series_)?(?:daily(?:_adjusted)?|intraday(?:_\d+min)?)_([A-Za-z][\w.-]*)$",
)
POLYGON = Format(
    "polygon",
    "Polygon",
    (
        Shape(("ticker", "volume", "open", "close", "high", "low", "windowstart")),
        Shape((*_LETTERS, "vw", "n"), starts="v"),
        Shape(_LETTERS, common=True),
    ),
    columns={"time": "windowstart"},
)
ALPACA = Format(
    "alpaca",
    "Alpaca",
    (
        Shape(("timestamp", *BARS[1:], "tradecount", "vwap")),
        Shape((*_LETTERS, "vw", "n")),
        Shape(_LETTERS, common=True),
    ),
)
IBKR = Format(
    "ibkr",
    "Interactive Brokers",
    (Shape((*BARS, "barcount")), Shape(BARS, common=True)),
    adjusted=SPLITS,
)
TRADINGVIEW = Format(
    "tradingview",
    "TradingView",
    (
        Shape(("time", *BARS[1:]), verbatim=("time", "open", "high", "low", "close", "Volume"), starts="time"),
        Shape(("time", *BARS[1:]), common=True),
    ),
    adjusted=SPLITS,
    symbol=r"^[A-Za-z]+_([A-Za-z][\w.]*), *\w+(?: \(\d+\))?(?:_\w+)?$",
)
NINJATRADER = Format(
    "ninjatrader",
    "NinjaTrader",
    (Shape(values=(r"\d{8}( \d{6})?", *[_PRICE] * 4, r"\d+"), delimiter=";", fields=_OHLCV),),
    stamp="end",
    symbol=r"^([A-Za-z][\w.-]*?)\.(?:Last|Bid|Ask)$",
)
METATRADER = Format(
    "metatrader",
    "MetaTrader",
    (
        Shape(("date", "open", "high", "low", "close", "tickvol", "vol")),
        Shape(
            values=(r"\d{4}\.\d\d\.\d\d", r"\d\d:\d\d(:\d\d)?", *[_PRICE] * 4, r"\d+"),
            delimiter=",",
            fields=("time", *_OHLCV),
        ),
    ),
    symbol=r"^([A-Za-z][A-Za-z.-]*)(?:1|1440|_(?:M1|Daily|D1)(?:_\d{8,12}_\d{8,12})?)$",
)
LEAN = Format(
    "lean",
    "LEAN",
    (
        Shape(values=(r"\d{8} \d\d:\d\d", *[r"\d+"] * 4, _PRICE), delimiter=",", fields=_OHLCV),
        Shape(
            values=(r"\d{1,8}", *[r"\d+"] * 4, _PRICE),
            delimiter=",",
            fields=_OHLCV,
            day=r"^(\d{8})_[A-Za-z][\w.-]*_minute_trade$",
        ),
    ),
    timezone=TIME_ZONE,
    price_unit=1e-4,
    symbol=r"^(?:\d{8}_)?([A-Za-z][A-Za-z0-9.-]*)(?:_minute_trade)?$",
)
DATABENTO = Format(
    "databento",
    "Databento",
    (Shape(("tsevent", "rtype", "publisherid", "open", "high", "low", "close", "volume")),),
    columns={"time": "tsevent"},
    whole_unit=1e-9,
    needs_symbol="Export it with a column of symbols (map_symbols), or say --column symbol=COLUMN",
)
NASDAQ = Format(
    "nasdaq",
    "Nasdaq.com",
    (Shape(("date", "closelast", "volume", "open", "high", "low")),),
    columns={"close": "closelast"},
    order="%m",
    adjusted=SPLITS,
    nameless=r"HistoricalData_?\d*(?: ?\(\d+\))?",
)
GOOGLE_FINANCE = Format("googlefinance", "GOOGLEFINANCE", (Shape(BARS, common=True),), order="%m", adjusted=SPLITS)
TIINGO = Format(
    "tiingo",
    "Tiingo",
    (Shape((*BARS, "divcash", "splitfactor")), Shape((*BARS, "adjclose", "adjopen")), Shape(BARS, common=True)),
)
EODHD = Format(
    "eodhd",
    "EODHD",
    (
        Shape((*BARS, "adjustedclose"), verbatim=("Adjusted_close",), alone=True),
        Shape((*BARS, "adjustedclose"), common=True),
    ),
)

FORMATS = (
    YAHOO, STOOQ, ALPHA_VANTAGE, POLYGON, ALPACA, IBKR, TRADINGVIEW, NINJATRADER, METATRADER, LEAN, DATABENTO, NASDAQ,
    GOOGLE_FINANCE, TIINGO, EODHD,
)  # fmt: skip
NAMES = ("auto", *(one.name for one in FORMATS))
