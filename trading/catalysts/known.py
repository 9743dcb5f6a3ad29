"""All that was known of catalysts at each close: earnings days, news, and the strategy's ten features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Floats, Ints
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst, earnings_catalyst
from trading.catalysts.features import catalyst_features
from trading.indicators.levels import compute_levels
from trading.indicators.swings import swings
from trading.news.coverage import silence_known
from trading.news.record import NewsAt, NewsRecord, knowable_second, no_news
from trading.patterns.chart.view import MINOR_ATR

LOOKBACK_SESSIONS = 3
_SPAN = np.int64(1 << 32)


@dataclass(frozen=True)
class KnownEvents:
    """Events that a decision at the close of a session may use.

    Attributes:
        events: columns `symbol`, `event_date` and more.
        news: stories and posts knowable before the close, and when their sources were followed.
    """

    events: pa.Table
    news: NewsRecord


def known_catalysts(panel: Panel, indicators: Mapping[str, Floats], events: pa.Table, news: NewsAt | None) -> Catalyst:
    """Catalysts at the close of each bar, from the calendar of earnings and from news, with every feature.

    Args:
        panel: bars.
        indicators: `trading.indicators.daily.compute(panel)`.
        events: earnings days; see `earnings_catalyst`.
        news: None without a source; what only news can tell is NaN then.
    """
    # Without news no time of day plays a part; the end of the day keeps the shape.
    asked = news or NewsAt(no_news(), (panel.sessions + np.timedelta64(1, "D")).astype("datetime64[s]"))
    calendar = earnings_catalyst(panel, events, LOOKBACK_SESSIONS)
    told = news_catalyst(panel, asked, LOOKBACK_SESSIONS)
    resistance = compute_levels(panel, swings(panel, indicators["atr_14"], MINOR_ATR))["resistance_distance"]
    features = catalyst_features(panel, asked.decided_at, asked.record, indicators, resistance)
    return replace(_either(calendar, told), features=features)


def _either(one: Catalyst, other: Catalyst) -> Catalyst:
    """1 where either has an event, 0 where either knows of none, else NaN; the sessions since the later event."""
    return Catalyst(
        np.fmax(one.has_catalyst, other.has_catalyst), np.fmin(one.sessions_since_event, other.sessions_since_event)
    )


def news_catalyst(panel: Panel, news: NewsAt, lookback_sessions: int = LOOKBACK_SESSIONS) -> Catalyst:
    """Stories of a kind other than `other`, each a catalyst from the first close after it became knowable.

    Posts of the public and copies of a story are none. A story is a fact whether its source was followed or not;
    silence is 0 only where a source was followed through the whole look-back, and NaN elsewhere.

    Args:
        panel: bars; its distinct sessions are what sessions are counted in.
        news: all times of one session must be the same.
        lookback_sessions: how many sessions a story stays a catalyst, the first included.
    """
    sessions, first, at = np.unique(panel.sessions, return_index=True, return_inverse=True)
    close_s = news.decided_at[first].astype("datetime64[s]").astype(np.int64)
    row_key = panel.symbol_index * _SPAN + at
    key = _story_keys(panel, news.record, close_s, sessions)
    latest = np.searchsorted(key, row_key, side="right") - 1
    found = np.flatnonzero(latest >= 0)
    found = found[key[latest[found]] // _SPAN == panel.symbol_index[found]]
    since = np.full(len(panel), np.nan)
    since[found] = row_key[found] - key[latest[found]] + 1.0
    silent = np.where(_followed(panel, news, close_s, at, lookback_sessions), 0.0, np.nan)
    has = np.where(since <= lookback_sessions, 1.0, silent)
    return Catalyst(has, since)


def _story_keys(panel: Panel, record: NewsRecord, close_s: Ints, sessions: npt.NDArray[np.datetime64]) -> Ints:
    """Company and first session whose close comes after it, as one sorted number, of each story that is a catalyst."""
    rows = record.rows
    told = pc.equal(rows.column("channel"), pa.scalar("news"))
    of_a_kind = pc.not_equal(rows.column("catalyst_kind"), pa.scalar("other"))
    wanted = pc.and_(pc.and_(told, of_a_kind), pc.invert(rows.column("is_copy")))
    rows = rows.filter(wanted)
    symbol = rows.column("symbol").to_numpy(zero_copy_only=False).astype(np.str_)
    second = knowable_second(rows)
    here = np.isin(symbol, panel.symbols)
    if len(sessions):  # before the panel's first day sessions can't be counted
        here &= second >= sessions[0].astype("datetime64[s]").astype(np.int64)
    company = np.searchsorted(panel.symbols, symbol[here])
    return np.sort(company * _SPAN + np.searchsorted(close_s, second[here], side="right"))


def _followed(panel: Panel, news: NewsAt, close_s: Ints, at: Ints, lookback_sessions: int) -> npt.NDArray[np.bool_]:
    """Whether a story of the look-back would be on record: heard from the close before its first session on."""
    if not len(panel):
        return np.zeros(0, dtype=np.bool_)
    before = at - lookback_sessions
    since_s = close_s[np.maximum(before, 0)]
    known = silence_known(
        news.record.followed, "news", panel.symbols, panel.symbol_index, at_s=close_s[at], since_s=since_s
    )
    return known & (before >= 0)
