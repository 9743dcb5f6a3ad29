"""The gates of minute bars: hours and the clock, and jumps judged by whole days."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.unit.trading.made_minutes import hours
from trading.bars.intraday import INTRADAY_SCHEMA
from trading.bars.panel import BARS_SCHEMA
from trading.gates import History, Screened, screen_minutes

HOURS = hours()
DAY = 25
MINUTE = np.timedelta64(60, "s")


def _minutes(*bars: tuple[int, float, int]) -> pa.Table:
    """Bars of A on the 26th session: (minutes since the open, price, volume)."""
    at, price, volume = zip(*bars, strict=True)
    starts = HOURS.open_at[DAY] + np.array(at) * MINUTE
    stamps = pa.array(starts.astype("datetime64[s]")).cast(pa.timestamp("s", "UTC"))
    columns = [pa.array(["A"] * len(at)), stamps, *[pa.array(price, pa.float64())] * 4, pa.array(volume)]
    return pa.table(columns, names=INTRADAY_SCHEMA.names).cast(INTRADAY_SCHEMA)


def _history() -> History:
    """Twenty-five sessions about 100 USD with 1,000 shares each."""
    rows = [
        {"symbol": "A", "session": day.item(), "volume": 1_000}
        | dict.fromkeys(("open", "high", "low", "close"), 100 + number % 3)
        for number, day in enumerate(HOURS.sessions[:DAY])
    ]
    return History(pa.Table.from_pylist(rows, BARS_SCHEMA))


def _refused(screened: Screened) -> list[str]:
    return list(screened.quarantined.column("gate").to_pylist())


def test_a_minute_outside_of_trading_hours_is_refused() -> None:
    """A minute before premarket and one after the close of after-hours trading; those at the edges are kept."""
    early, end = (
        int((at[DAY] - HOURS.open_at[DAY]).astype(np.int64) // 60) for at in (HOURS.premarket_at, HOURS.end_at)
    )
    found = screen_minutes(_minutes(*((at, 100.0, 5) for at in (early - 1, early, 0, end - 1, end))), hours=HOURS)
    assert _refused(found) == ["outside_hours"] * 2
    assert found.bars.num_rows == 3


def test_a_minute_that_is_not_over_by_the_clock_is_refused() -> None:
    """At 14:32:30 the minute of 14:31 is over and that of 14:32 isn't."""
    now = HOURS.open_at[DAY] + np.timedelta64(150, "s")
    found = screen_minutes(_minutes((1, 100.0, 5), (2, 100.0, 5)), hours=HOURS, now=now)
    assert (_refused(found), found.bars.num_rows) == (["future_bar"], 1)


def test_values_that_are_none_are_refused_and_doubles_told_apart() -> None:
    """A price of zero, a negative volume, the same bar twice, and two that contradict each other."""
    bars = _minutes((0, 0.0, 5), (1, 100.0, -5), (2, 100.0, 5), (2, 100.0, 5), (3, 100.0, 5), (3, 101.0, 5))
    found = screen_minutes(bars, hours=HOURS)
    assert sorted(_refused(found)) == [
        "bad_price", "contradicting_duplicate", "contradicting_duplicate", "duplicate", "negative_volume",
    ]  # fmt: skip
    assert found.bars.num_rows == 1


def test_a_jump_without_volume_is_a_break_and_one_with_news_is_none() -> None:
    """60 after 100: on 1,000 shares nothing explains it, on ten times the usual volume news do."""
    quiet = screen_minutes(_minutes((0, 60.0, 500), (389, 60.0, 500)), hours=HOURS, history=_history())
    assert [(one.symbol, one.session) for one in quiet.breaks] == [("A", HOURS.sessions[DAY].item())]
    loud = screen_minutes(_minutes((0, 60.0, 5_000), (389, 60.0, 5_000)), hours=HOURS, history=_history())
    assert loud.breaks == ()
    assert [one.gate for one in loud.findings] == ["large_move_with_volume"]


def test_a_late_minute_of_a_day_of_news_makes_no_break() -> None:
    """Beside the rest of its day, on record already, its own volume says nothing: the day as a whole is judged."""
    others = _minutes((0, 160.0, 5_000), (389, 160.0, 5_000))
    late = screen_minutes(_minutes((200, 161.0, 3)), hours=HOURS, history=_history(), others=others)
    assert late.breaks == ()
    assert (late.bars.num_rows, late.bars.column("close").to_pylist()) == (1, [161.0])
