"""Catalyst features under the strategy's names, for every bar, from what was knowable before its decision.

NaN says unknown and never "none": no source for the symbol, a record that doesn't reach back far enough, no article to
take a mean of, no minutes, no options.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Floats, Ints, Stamps
from trading.bars.intraday import IntradayPanel
from trading.bars.panel import Panel
from trading.bars.session_hours import PREMARKET
from trading.errors import BadDataError
from trading.news.article import Channel
from trading.news.coverage import Followed, silence_known
from trading.news.kinds.catalyst import KINDS
from trading.news.record import NEWS_SCHEMA, NewsRecord, knowable_second

CATALYST_FEATURES: Mapping[str, str] = MappingProxyType(
    {
        "news_sentiment_score": "mean sentiment of the stories of the last 24 hours, -1 to 1; NaN without one",
        "news_volume": "how many stories became knowable in the last 24 hours; copies of a story don't count",
        "premarket_volume": "premarket shares / mean premarket shares of the symbol's 10 sessions before",
        "gap_percentage": "open / previous close - 1, in percent",
        "social_mention_surge": "posts of the last 24 hours, copies too / mean of 24 hours in the 20 days before",
        "catalyst_score": "impact of the stories of the last 72 hours, -1 to 1: see `impact`",
        "sentiment_velocity": "news_sentiment_score less that of the 24 hours before, per day",
        "breakout_potential": "distance to the nearest resistance above the close, as a fraction of it",
        "volume_confirmation": "volume / mean volume of the 20 bars before",
        "day_trader_interest": "options activity + social_mention_surge; NaN without a source of options",
    }
)
"""What `catalyst_features` returns."""

KIND_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "fda_clinical": 1.0,
        "merger": 1.0,
        "earnings": 0.8,
        "guidance": 0.8,
        "offering": 0.6,
        "contract": 0.6,
        "legal": 0.5,
        "analyst_action": 0.4,
        "management": 0.3,
        "other": 0.2,
    }
)
"""How much a kind of news usually moves a share. Judgements of ours, not fitted: the models may learn better ones."""

HOUR_S = 3600
DAY_S = 24 * HOUR_S
HALF_LIFE_S = DAY_S
SOCIAL_DAYS = 20
PREMARKET_SESSIONS = 10
_SPAN = np.int64(1 << 33)  # seconds until the year 2242: company and second make one sortable number


def catalyst_features(
    panel: Panel,
    decided_at: Stamps,
    record: NewsRecord,
    indicators: Mapping[str, Floats],
    resistance_distance: Floats,
    *,
    minutes: IntradayPanel | None = None,
    options_activity: Floats | None = None,
) -> dict[str, Floats]:
    """Every feature of `CATALYST_FEATURES` for every bar.

    Args:
        panel: daily bars.
        decided_at: when the decision of each bar is made, UTC, not before its close, shape `(n_rows,)`. News that
            become knowable at that very second are too late.
        record: news and posts.
        indicators: of `trading.indicators.daily.compute`: `gap_pct` and `volume_ratio_20`.
        resistance_distance: of `trading.indicators.levels.compute_levels`.
        minutes: bars with premarket; None leaves `premarket_volume` unknown.
        options_activity: options volume against its average, shape `(n_rows,)`; None = no source.

    Raises:
        BadDataError: when a column is missing or `decided_at` has another length than the panel.
    """
    if len(decided_at) != len(panel):
        raise BadDataError(f"{len(decided_at)} times of decision for {len(panel)} bars; nothing was computed")
    unknown = np.full(len(panel), np.nan)
    news = news_features(record, panel.symbols, panel.symbol_index, decided_at)
    surge = news["social_mention_surge"]
    values = {
        **news,
        "premarket_volume": unknown if minutes is None else _aligned(panel, minutes),
        "gap_percentage": 100 * indicators["gap_pct"],
        "breakout_potential": resistance_distance,
        "volume_confirmation": indicators["volume_ratio_20"],
        "day_trader_interest": unknown if options_activity is None else options_activity + surge,
    }
    return {name: values[name] for name in CATALYST_FEATURES}


def news_features(
    record: NewsRecord, symbols: npt.NDArray[np.str_], symbol_index: Ints, at: Stamps
) -> dict[str, Floats]:
    """The five features made of news and posts alone, for any companies and times.

    Args:
        record: news and posts; what isn't knowable before a question's time doesn't count for it.
        symbols: tickers, ascending, shape `(n_symbols,)`.
        symbol_index: which of them each question is about, shape `(n,)`.
        at: time of each question, UTC, shape `(n,)`.
    """
    missing = set(NEWS_SCHEMA.names) - set(record.rows.column_names)
    if missing:
        raise BadDataError(f"the news lack the column(s) {sorted(missing)}; nothing was computed")
    asked = _Asked(symbols, symbol_index, at.astype("datetime64[s]").astype(np.int64))
    stories = _Mentions.of(record, symbols, "news", copies=False)
    posts = _Mentions.of(record, symbols, "social", copies=True)
    today, yesterday = stories.mean_score(asked, DAY_S, 0), stories.mean_score(asked, 2 * DAY_S, DAY_S)
    usual = posts.count(asked, (SOCIAL_DAYS + 1) * DAY_S, DAY_S) / SOCIAL_DAYS
    surge = np.divide(posts.count(asked, DAY_S, 0), usual, out=np.full(len(at), np.nan), where=usual > 0)
    return {
        "news_sentiment_score": today,
        "news_volume": stories.count(asked, DAY_S, 0),
        "social_mention_surge": surge,
        "catalyst_score": stories.impact(asked, 3 * DAY_S),
        "sentiment_velocity": today - yesterday,
    }


@dataclass(frozen=True)
class _Asked:
    """Questions: company, as position in `symbols`, and second; each of shape `(n,)`."""

    symbols: npt.NDArray[np.str_]
    company: Ints
    at_s: Ints


@dataclass(frozen=True)
class _Mentions:
    """Articles of one channel by company, then second; each array of shape `(n_mentions,)`."""

    key: Ints
    second: Ints
    score: Floats
    weight: Floats
    channel: Channel
    followed: tuple[Followed, ...]

    @classmethod
    def of(cls, record: NewsRecord, symbols: npt.NDArray[np.str_], channel: Channel, *, copies: bool) -> _Mentions:
        rows = record.rows
        wanted = pc.equal(rows.column("channel"), pa.scalar(channel))
        if not copies:
            wanted = pc.and_(wanted, pc.invert(rows.column("is_copy")))
        rows = rows.filter(wanted)
        symbol = rows.column("symbol").to_numpy(zero_copy_only=False).astype(np.str_)
        known = np.isin(symbol, symbols)
        rows, symbol = rows.filter(pa.array(known)), symbol[known]
        second = knowable_second(rows)
        kind = rows.column("catalyst_kind").to_numpy(zero_copy_only=False).astype(np.str_)
        names = np.array(sorted(KINDS))
        weight = np.array([KIND_WEIGHTS[name] for name in names.tolist()])[np.searchsorted(names, kind)]
        score = rows.column("score").to_numpy(zero_copy_only=False).astype(np.float64)
        key = np.searchsorted(symbols, symbol) * _SPAN + second
        # Ties in an order of their own, so that sums don't depend on the order of the table.
        order = np.lexsort((rows.column("article_id").to_numpy(zero_copy_only=False).astype(np.str_), key))
        return cls(
            key=key[order],
            second=second[order],
            score=score[order],
            weight=weight[order],
            channel=channel,
            followed=record.followed,
        )

    def _window(self, asked: _Asked, oldest_s: int, newest_s: int) -> tuple[Ints, Ints]:
        """Mentions from `oldest_s` ago, included, to `newest_s` ago, excluded: first and one past the last."""
        here = asked.company * _SPAN + asked.at_s
        return np.searchsorted(self.key, here - oldest_s), np.searchsorted(self.key, here - newest_s)

    def _known(self, asked: _Asked, oldest_s: int) -> npt.NDArray[np.bool_]:
        return silence_known(
            self.followed, self.channel, asked.symbols, asked.company, at_s=asked.at_s, since_s=asked.at_s - oldest_s
        )

    def count(self, asked: _Asked, oldest_s: int, newest_s: int) -> Floats:
        """How many; NaN where the record doesn't reach back so far."""
        first, last = self._window(asked, oldest_s, newest_s)
        return np.where(self._known(asked, oldest_s), (last - first).astype(np.float64), np.nan)

    def _pairs(self, asked: _Asked, oldest_s: int, newest_s: int) -> tuple[Ints, Ints]:
        """(question, mention with a score) of every mention in the window of every question."""
        first, last = self._window(asked, oldest_s, newest_s)
        counts = last - first
        question = np.repeat(np.arange(len(counts)), counts)
        mention = np.arange(len(question)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        scored = np.isfinite(self.score[mention])
        return question[scored], mention[scored]

    def mean_score(self, asked: _Asked, oldest_s: int, newest_s: int) -> Floats:
        """Mean sentiment; NaN without a scored mention, or where the record doesn't reach back so far."""
        question, mention = self._pairs(asked, oldest_s, newest_s)
        size = len(asked.at_s)
        total = np.bincount(question, weights=self.score[mention], minlength=size)
        count = np.bincount(question, minlength=size)
        mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
        return np.where(self._known(asked, oldest_s), mean, np.nan)

    def impact(self, asked: _Asked, oldest_s: int) -> Floats:
        """Sum x of weight · sentiment, halved with each day of age, as x / (1 + |x|); 0 without news."""
        question, mention = self._pairs(asked, oldest_s, 0)
        age_s = asked.at_s[question] - self.second[mention]
        pull = self.weight[mention] * self.score[mention] * np.exp2(-age_s / HALF_LIFE_S)
        total = np.bincount(question, weights=pull, minlength=len(asked.at_s))
        return np.where(self._known(asked, oldest_s), total / (1 + np.abs(total)), np.nan)


def premarket_ratio(minutes: IntradayPanel) -> tuple[Ints, Floats]:
    """Premarket shares of each (symbol, session) against the mean of the symbol's sessions before.

    Known when premarket is over. A session with bars and none before the open had no premarket trade.

    Returns:
        The first row of each (symbol, session) of `minutes`, and its ratio; NaN with fewer than ten sessions before,
        or where nothing is usual.
    """
    offsets = minutes.session_offsets
    starts = offsets[:-1]
    if not len(starts):
        return starts, np.zeros(0)
    shares = np.add.reduceat(np.where(minutes.phase == PREMARKET, minutes.volume, 0.0), starts)
    symbol = minutes.symbol_index[starts]
    so_far = np.concatenate([[0.0], np.cumsum(shares)])  # whole numbers: exact below 2^53
    number = np.arange(len(starts))
    before = number - PREMARKET_SESSIONS
    enough = before >= np.searchsorted(symbol, symbol)
    usual = (so_far[number] - so_far[np.maximum(before, 0)]) / PREMARKET_SESSIONS
    return starts, np.divide(shares, usual, out=np.full(len(starts), np.nan), where=enough & (usual > 0))


def _aligned(panel: Panel, minutes: IntradayPanel) -> Floats:
    """`premarket_ratio` of each daily bar; NaN where the day has no minutes."""
    starts, ratio = premarket_ratio(minutes)
    tickers = minutes.symbols[minutes.symbol_index[starts]]
    here = np.isin(tickers, panel.symbols)
    span = np.int64(1 << 32)
    key = np.searchsorted(panel.symbols, tickers[here]) * span + minutes.sessions[starts][here].astype(np.int64)
    wanted = panel.symbol_index * span + panel.sessions.astype(np.int64)
    values = np.full(len(panel), np.nan)
    if not len(key):
        return values
    at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[at] == wanted, ratio[here][at], values)
