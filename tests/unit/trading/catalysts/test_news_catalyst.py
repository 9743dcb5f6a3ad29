"""Stories as catalysts: from the first close after they were knowable, and silence only where somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa

from tests.unit.trading.made_bars import closes
from trading.bars.panel import Panel
from trading.catalysts.earnings import Catalyst
from trading.catalysts.features import CATALYST_FEATURES
from trading.catalysts.known import news_catalyst
from trading.cycle.stages import analyse, recognise
from trading.news.coverage import Followed
from trading.news.record import NEWS_SCHEMA, NewsAt, NewsRecord

# Monday 2010-01-04 to Friday 2010-01-15, closes at 21:00 UTC but for an early one on the 8th.
PANEL = Panel.from_arrow(pa.concat_tables([closes("A", [10.0] * 10), closes("B", [20.0] * 10)]))
EARLY = np.datetime64("2010-01-08")
CLOSES = PANEL.sessions.astype("datetime64[s]") + np.where(PANEL.sessions == EARLY, 18, 21).astype("timedelta64[h]")
CLOSES = CLOSES.astype("datetime64[s]")
NO_EVENTS = pa.table({"symbol": pa.array([], pa.string()), "event_date": pa.array([], pa.date32())})


def _story(
    at: datetime, symbol: str = "A", kind: str = "merger", channel: str = "news", *, copy: bool = False
) -> list[object]:
    return [f"{symbol}{at}{kind}", symbol, at, channel, kind, 0.5, copy]


def _followed(first: int, last: int) -> Followed:
    """Of A, from the close of the session `first` to that of `last`, heard all the time."""
    begin, end = CLOSES[first : first + 1], CLOSES[last : last + 1]
    return Followed("news", {"A"}, begin, end, begin)


def _of_a(stories: Sequence[list[object]], *followed: Followed) -> Catalyst:
    columns = list(zip(*stories, strict=True)) if stories else [[] for _ in NEWS_SCHEMA]
    rows = pa.table(
        [pa.array(list(column), field.type) for column, field in zip(columns, NEWS_SCHEMA, strict=True)],
        schema=NEWS_SCHEMA,
    )
    found = news_catalyst(PANEL, NewsAt(NewsRecord(rows, followed), CLOSES))
    return Catalyst(found.has_catalyst[:10], found.sessions_since_event[:10])


THURSDAY_CLOSE = datetime(2010, 1, 7, 21, 0, tzinfo=UTC)
NAN = np.nan


def test_a_story_counts_at_the_first_close_after_it_and_for_three_sessions() -> None:
    """A second before Thursday's close: from Thursday on. At the very close, or after it: from Friday on."""
    before, since = _of_a([_story(THURSDAY_CLOSE - timedelta(seconds=1))], _followed(0, 9)), [1, 2, 3, 4, 5, 6, 7]
    np.testing.assert_equal(before.has_catalyst, [NAN, NAN, NAN, 1, 1, 1, 0, 0, 0, 0])
    np.testing.assert_equal(before.sessions_since_event, [NAN, NAN, NAN, *since])
    for late in (timedelta(0), timedelta(microseconds=-1), timedelta(hours=3)):
        found = _of_a([_story(THURSDAY_CLOSE + late)], _followed(0, 9))
        np.testing.assert_equal(found.sessions_since_event, [NAN] * 4 + [1, 2, 3, 4, 5, 6], err_msg=str(late))


def test_on_a_half_day_the_early_close_decides() -> None:
    """A story of Friday at 19:00 UTC comes an hour after the early close: it counts from Monday on."""
    for hour, first in ((17, 4), (19, 5)):
        found = _of_a([_story(datetime(2010, 1, 8, hour, tzinfo=UTC))])
        assert np.flatnonzero(np.isfinite(found.sessions_since_event))[0] == first


def test_copies_posts_and_other_news_are_no_catalyst() -> None:
    """Only a new story in the news with a kind of its own is one; another company's is none of ours."""
    at = THURSDAY_CLOSE - timedelta(hours=1)
    stories = [_story(at, copy=True), _story(at, channel="social"), _story(at, kind="other"), _story(at, "B")]
    assert _of_a(stories, _followed(0, 9)).has_catalyst[3:].tolist() == [0.0] * 7


def test_silence_is_known_only_through_a_followed_look_back() -> None:
    """Followed from the close of session 2 to that of 6: sessions 5 and 6 have three whole sessions behind them."""
    np.testing.assert_equal(_of_a([], _followed(2, 6)).has_catalyst, [NAN] * 5 + [0, 0] + [NAN] * 3)
    story = _story(THURSDAY_CLOSE - timedelta(hours=1))
    np.testing.assert_equal(_of_a([story]).has_catalyst, [NAN] * 3 + [1, 1, 1] + [NAN] * 4, "a story is a fact")


def test_a_calendar_and_news_together_say_what_either_knows() -> None:
    """A report of the 5th and a merger of the 8th: each a catalyst in its time; the calendar's silence is 0."""
    events = pa.table({"symbol": ["A"], "event_date": pa.array([date(2010, 1, 5)], pa.date32())})
    rows = pa.Table.from_pylist(
        [dict(zip(NEWS_SCHEMA.names, _story(datetime(2010, 1, 8, 15, tzinfo=UTC)), strict=True))], schema=NEWS_SCHEMA
    )
    found = recognise(analyse(PANEL), events, NewsAt(NewsRecord(rows), CLOSES)).catalyst
    np.testing.assert_equal(found.has_catalyst[2:10], [1, 1, 1, 1, 1, 0, 0, 0])
    np.testing.assert_equal(found.sessions_since_event[2:10], [1, 2, 1, 2, 3, 4, 5, 6])
    assert np.isnan(found.has_catalyst[10:]).all(), "nobody follows B"


def test_without_news_what_they_tell_is_unknown_and_what_prices_tell_is_not() -> None:
    """All ten features are there; those of news are NaN everywhere, the gap isn't."""
    features = recognise(analyse(PANEL), NO_EVENTS).catalyst.features
    assert list(features) == list(CATALYST_FEATURES)
    for name in ("news_sentiment_score", "news_volume", "catalyst_score", "social_mention_surge", "premarket_volume"):
        assert np.isnan(features[name]).all(), name
    assert features["gap_percentage"][1:10].tolist() == [0.0] * 9
