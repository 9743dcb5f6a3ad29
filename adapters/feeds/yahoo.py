"""Yahoo's bars through yfinance, one symbol a page, with Yahoo's adjustment for splits undone.

Yahoo restates all earlier prices at each split, so what it gives for a day of the past changes with time. Multiplied by
every split since, up to today, prices are again those of the day. Dividends are not in Open to Close.

Source: https://ranaroussi.github.io/yfinance/reference/api/yfinance.Ticker.history.html
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from adapters.bars.files import SHAPES, Timeframe
from adapters.exchange_time import TIME_ZONE
from adapters.feeds.port import Page, Span
from adapters.pace import TokenBucket, backoff_s
from trading.errors import AskedTooOftenError, ConfigurationError, UnavailableError

REQUESTS_PER_MIN = 60
"""Yahoo publishes no limit; it refuses programs that ask in haste."""
TIMEOUT_S = 20.0
ATTEMPTS = 4
REFUSED_PAUSE_S = 300.0
MINUTES_FOR = timedelta(days=29)
"""How long Yahoo keeps minutes."""
MINUTES_AT_ONCE = timedelta(days=7)
PRICE_DECIMALS = 4


@dataclass(frozen=True)
class YahooBars:
    """Yahoo's history; a `BarHistory`.

    Attributes:
        now: up to when splits are looked for; the adjustment is as of this instant.
        session: of HTTP; yfinance's own, which looks like a browser's, by default.
        wait: passes that many seconds.
    """

    now: datetime
    session: Any = None
    bucket: TokenBucket | None = None
    wait: Callable[[float], object] = time.sleep

    @property
    def name(self) -> str:
        """Of the source on record."""
        return "yahoo"

    @property
    def corrections(self) -> tuple[str, ...]:
        """What is changed in all rows."""
        words = (
            f"Yahoo's adjustment for splits up to {self.now:%Y-%m-%d} undone with its own list of splits: prices "
            f"multiplied by them and rounded to {PRICE_DECIMALS} decimals, volume divided"
        )
        return (words,)

    def page(self, span: Span, cursor: str | None) -> Page:
        """See `BarHistory`. A symbol that Yahoo has nothing of is an empty page."""
        if span.timeframe == "1m" and span.first_at < self.now - MINUTES_FOR:
            raise ConfigurationError(
                f"Yahoo keeps minutes for {MINUTES_FOR.days} days. Nothing was fetched. Ask from "
                f"{self.now - MINUTES_FOR:%Y-%m-%d} on, or for days with --timeframe 1d."
            )
        at = int(cursor or 0)
        more = str(at + 1) if at + 1 < len(span.symbols) else None
        bars = self._bars(span.symbols[at], span) if span.symbols else None
        return Page(SHAPES[span.timeframe].schema.empty_table() if bars is None else bars, more)

    def _bars(self, symbol: str, span: Span) -> pa.Table | None:
        days = self._history(symbol, "1d", span.first_at - timedelta(days=1), self.now + timedelta(days=1))
        if span.timeframe == "1d":
            return None if days is None else _table(symbol, days, _factors(days, days.index), span)
        pieces, start = [], span.first_at
        while start <= span.last_at:
            end = min(start + MINUTES_AT_ONCE, span.last_at + timedelta(minutes=1))
            pieces.append(self._history(symbol, "1m", start, end))
            start = end if end > start else span.last_at + timedelta(minutes=1)
        found = [piece for piece in pieces if piece is not None]
        if days is None or not found:
            return None
        minutes = pd.concat(found)
        minutes = minutes[~minutes.index.duplicated(keep="last")]
        return _table(symbol, minutes, _factors(days, minutes.index), span)

    def _history(self, symbol: str, interval: str, start: datetime, end: datetime) -> pd.DataFrame | None:
        ticker = _yfinance().Ticker(symbol.replace(".", "-"), session=self.session)
        for attempt in range(1, ATTEMPTS + 1):
            _BUCKET.take() if self.bucket is None else self.bucket.take()
            try:
                with _errors_raised():
                    found: pd.DataFrame = ticker.history(
                        interval=interval, start=start, end=end, auto_adjust=False, actions=True, timeout=TIMEOUT_S,
                        prepost=interval == "1m",
                    )  # fmt: skip
            except _yfinance().exceptions.YFTickerMissingError:
                return None
            except _yfinance().exceptions.YFRateLimitError as error:
                raise AskedTooOftenError(
                    "Yahoo was asked too often. Pages before are kept; ask the same again in some minutes: it goes on.",
                    REFUSED_PAUSE_S,
                ) from error
            except Exception as error:  # what curl, requests and yfinance raise has no common base
                if attempt == ATTEMPTS:
                    raise UnavailableError(
                        f"Yahoo can't be had for {symbol}: {type(error).__name__}: {str(error)[:200]}. Pages before "
                        "are kept; ask the same again: it goes on."
                    ) from error
                self.wait(backoff_s(attempt, 0.0))
            else:
                return found if len(found) else None
        raise AssertionError("the loop above returns or raises")


_BUCKET = TokenBucket(REQUESTS_PER_MIN)


def _factors(days: pd.DataFrame, index: pd.Index[Any]) -> npt.NDArray[np.float64]:
    """By how much each instant's price was divided since: the product of the splits of later days."""
    splits = days["Stock Splits"].to_numpy(dtype=np.float64)
    ratio = np.where(splits > 0, splits, 1.0)
    # a split counts from its day on, so that day itself is not restated
    later = np.append(np.cumprod(ratio[::-1])[::-1], 1.0)
    day = pd.DatetimeIndex(days.index).tz_convert(TIME_ZONE).normalize()
    asked = pd.DatetimeIndex(index).tz_convert(TIME_ZONE).normalize()
    factors: npt.NDArray[np.float64] = later[day.searchsorted(asked, side="right")]
    return factors


def _table(symbol: str, rows: pd.DataFrame, factors: npt.NDArray[np.float64], span: Span) -> pa.Table:
    """The rows within the span; a row in which nothing was traded stays, for the gates to judge."""
    instants = pd.DatetimeIndex(rows.index)
    inside = np.asarray((instants >= _stamp(span.first_at)) & (instants <= _stamp(span.last_at)))
    schema = SHAPES[span.timeframe].schema
    names = ("Open", "High", "Low", "Close")
    prices = [pa.array(np.round((rows[name].to_numpy(np.float64) * factors)[inside], PRICE_DECIMALS)) for name in names]
    volume = np.round((rows["Volume"].to_numpy(np.float64) / factors)[inside])
    columns = [pa.array([symbol] * int(inside.sum()), pa.string()), _times(instants[inside], span.timeframe), *prices]
    shares = pa.array(np.where(np.isnan(volume), 0, volume).astype(np.int64), mask=np.isnan(volume))
    return pa.table([*columns, shares], names=schema.names).cast(schema)


def _times(instants: pd.DatetimeIndex, timeframe: Timeframe) -> Any:
    if timeframe == "1d":
        return pa.array(instants.tz_convert(TIME_ZONE).date, pa.date32())
    return pa.array(instants.tz_convert("UTC"), SHAPES["1m"].schema.field("starts_at").type, safe=False)


def _stamp(at: datetime) -> pd.Timestamp:
    return pd.Timestamp(at.astimezone(UTC))


def _yfinance() -> Any:
    try:
        import yfinance  # noqa: PLC0415 - optional, and slow to import
        import yfinance.exceptions  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "Yahoo needs yfinance, which isn't installed. Nothing was fetched. Install it: pip install 'inplay[yahoo]'."
        ) from error
    return yfinance


@contextmanager
def _errors_raised() -> Iterator[None]:
    """What goes wrong is raised, not written to a log and answered with an empty table."""
    config = _yfinance().config
    before = config.debug.hide_exceptions
    config.debug.hide_exceptions = False
    try:
        yield
    finally:
        config.debug.hide_exceptions = before
