"""Minutes before a split or a break, events counted in sessions, and flags during a session."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from tests.unit.trading.made_minutes import hours, minutes
from trading.bars.minute_bars import restated
from trading.bars.panel import as_date
from trading.catalysts.earnings import sessions_since
from trading.gates import Break, Split
from trading.scanner.flags import flags_now
from trading.scanner.ranking import InPlay

HOURS = hours(30)
DAYS = [as_date(day) for day in HOURS.sessions]


def test_minutes_before_a_split_are_in_new_shares() -> None:
    """Two for one: 10 USD and 100 shares were 5 USD and 200; the same split listed twice counts once."""
    bars = minutes([("A", 0, 0, 10, 10, 10, 10, 100), ("A", 1, 0, 5, 5, 5, 5, 200), ("B", 0, 0, 10, 10, 10, 10, 100)])
    split = Split("A", DAYS[1], 2, 1)
    now = restated(bars, [split, split], [])
    assert (now.close.tolist(), now.volume.tolist()) == ([5, 5, 10], [200, 200, 100])
    assert bars.close.tolist() == [10, 5, 10], "the panel given is as it was"


def test_minutes_before_a_break_are_gone() -> None:
    """A symbol starts at its break, another is untouched."""
    bars = minutes([("A", 0, 0, 10, 10, 10, 10, 100), ("A", 1, 0, 5, 5, 5, 5, 200), ("B", 0, 0, 10, 10, 10, 10, 100)])
    now = restated(bars, [], [Break("A", DAYS[1], "spin-off")])
    assert (now.close.tolist(), now.symbols.tolist()) == ([5, 10], ["A", "B"])


def test_an_event_is_counted_in_sessions() -> None:
    """Yesterday's is one session ago; three sessions ago is still a catalyst, four is none; today's doesn't count."""
    days = {"A": DAYS[-2], "B": DAYS[-4], "C": DAYS[-5], "D": DAYS[-1], "E": date(1999, 1, 4)}
    events = pa.table({"symbol": list(days), "event_date": pa.array(days.values(), pa.date32())})
    assert sessions_since(events, HOURS.sessions) == {"A": 1, "B": 3, "C": None}
    assert sessions_since(events.slice(0, 0), HOURS.sessions) == {}


def test_flags_count_what_was_traded_so_far() -> None:
    """300,000 shares at 4 USD are 1.2 million USD, no longer illiquid; the session before doesn't count."""
    bars = minutes(
        [("A", 0, 0, 4, 4, 4, 4, 900_000), ("A", 1, 0, 4, 4, 4, 4, 200_000), ("A", 1, 1, 4, 4, 4, 4, 100_000)]
    )
    split = Split("A", DAYS[0], 2, 1)

    def flagged(row: int) -> tuple[str, ...]:
        return flags_now(bars, [InPlay("A", 0.5, {}, 1, "", row)], [split], HOURS.sessions[:2])["A"]

    assert flagged(1) == (
        "penny: 4.00 USD is below 5", "illiquid: 800,000 USD traded, below 1,000,000", "split 1 session ago",
    )  # fmt: skip
    assert flagged(2) == ("penny: 4.00 USD is below 5", "split 1 session ago")
    assert flags_now(bars, [], [], np.zeros(0, dtype="datetime64[D]")) == {}
