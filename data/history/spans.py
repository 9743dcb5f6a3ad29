"""Which bars a command asks a feed for."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from adapters.bars.files import Timeframe
from adapters.calendar import session_hours
from adapters.feeds.port import Span
from trading.bars.symbols import symbols_of
from trading.errors import BadDataError, ConfigurationError

WEEK = timedelta(days=10)
"""Holds a session, whatever holidays there are."""


def symbols_named(symbols: str, universe: Path | None) -> tuple[str, ...]:
    """The symbols of a list `SPY,QQQ` or of a file, ascending, each once.

    Raises:
        ConfigurationError: when it is neither, or both.
        BadDataError: when the file can't be read or names none.
    """
    if bool(symbols) == (universe is not None):
        raise ConfigurationError("Nothing was fetched. Say which symbols: either --symbols SPY,QQQ or --universe FILE.")
    named = _listed(universe) if universe is not None else symbols.split(",")
    clean = symbols_of(named)
    wrong = [name for name in clean if not name.replace(".", "").replace("-", "").isalnum()]
    if not clean or wrong:
        raise BadDataError(f"{wrong[0]!r} is no symbol. Nothing was fetched." if wrong else "No symbol is named.")
    return tuple(clean)


def _listed(path: Path) -> list[str]:
    try:
        if path.suffix.lower() == ".parquet":
            return [str(name) for name in pq.read_table(path, columns=["symbol"]).column("symbol").to_pylist()]
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, ValueError, KeyError) as error:
        raise BadDataError(f"The symbols of {path} can't be read: {error}. Nothing was fetched.") from error
    heads = [name.strip().lower() for name in rows[0]] if rows else []
    at = next((heads.index(name) for name in ("symbol", "ticker") if name in heads), None)
    return [row[at or 0] for row in rows[0 if at is None else 1 :] if len(row) > (at or 0)]


def history_span(
    symbols: tuple[str, ...], timeframe: Timeframe, first: date, last: date | None, *, now: datetime, delay: timedelta
) -> Span:
    """The bars of complete sessions from `first` to `last`; up to the latest complete one without `last`.

    A session is complete once after-hours trading has ended and `delay` has passed: until then a feed's bars change.

    Raises:
        ConfigurationError: when no session of the span is complete, or `last` isn't.
    """
    hours = session_hours(min(first, now.date() - WEEK), now.date())
    complete = [end.astype("datetime64[s]").item().replace(tzinfo=UTC) + delay <= now for end in hours.end_at]
    over = hours.sessions[: sum(complete)]
    if not len(over) or first > over[-1].item() or (last is not None and (last < first or last > over[-1].item())):
        latest = over[-1] if len(over) else "none"
        raise ConfigurationError(
            f"The latest session that is complete is {latest}, and {first} to {last or 'now'} was asked for. Nothing "
            "was fetched. A session is complete after 20:00 New York time; the live feed brings it before that."
        )
    inside = [at for at, day in enumerate(over) if first <= day.item() and (last is None or day.item() <= last)]
    if not inside:
        raise ConfigurationError(f"The exchange had no session from {first} to {last}. Nothing was fetched.")
    begin, end = inside[0], inside[-1]
    if timeframe == "1d":
        starts = datetime.combine(over[begin].item(), datetime.min.time(), UTC)
        ends = datetime.combine(over[end].item(), datetime.min.time(), UTC) + timedelta(
            hours=23, minutes=59, seconds=59
        )
        return Span(symbols, timeframe, starts, ends)
    return Span(symbols, timeframe, _utc(hours.premarket_at[begin]), _utc(hours.end_at[end]) - timedelta(minutes=1))


def _utc(stamp: object) -> datetime:
    found: datetime = stamp.astype("datetime64[s]").item()  # type: ignore[attr-defined]
    return found.replace(tzinfo=UTC)
