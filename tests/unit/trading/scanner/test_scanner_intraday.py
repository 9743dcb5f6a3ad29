"""The scanner during a session, on minutes drawn by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_minutes import Minute, hours, minutes, random_minutes
from trading.errors import BadDataError
from trading.gates import Split
from trading.scanner.at_close import large_cap
from trading.scanner.intraday import STALE, IntradayScan, scan_intraday

HOURS = hours(6)
RULES = replace(large_cap(), min_dollar_volume_usd=0.0)
TODAY = 5
CALM: tuple[float, float, float, float] = (10.0, 10.0, 10.0, 10.0)


def _at(minute: int, session: int = TODAY) -> np.datetime64:
    """So many minutes after the regular open."""
    when: np.datetime64 = HOURS.open_at[session] + np.timedelta64(minute * 60, "s")
    return when


def _usual(symbol: str) -> list[Minute]:
    """Four sessions that trade 100 shares at 10 USD in a premarket minute, the first, the 61st and a late minute."""
    return [(symbol, session, minute, *CALM, 100) for session in (1, 3, 4) for minute in (-30, 0, 60, 300)]


def _today(symbol: str, minute: int, price: float, volume: int = 300, opened: float | None = None) -> Minute:
    return (symbol, TODAY, minute, opened or price, price, opened or price, price, volume)


def _scan(rows: list[Minute], minute: int, **more: Any) -> IntradayScan:
    panel = minutes(rows, HOURS)
    arguments = {"at": _at(minute), "rules": RULES, "usual_sessions": 3, **more}
    found = scan_intraday(panel, HOURS, **arguments)
    names = {row[0] for row in rows if _at(row[2] + 1, row[1]) <= arguments["at"]}
    assert len(found.in_play) + sum(found.excluded.values()) == len(names), "every name must be accounted for"
    return found


def test_before_the_open_the_price_is_measured_against_yesterdays_close() -> None:
    """11 USD after a close of 10 on 300 shares where 100 are usual before the open: up 10 %, three times the volume."""
    found = _scan([*_usual("A"), _today("A", -30, 11.0)], -29)
    assert (found.mode, found.session) == ("premarket", HOURS.sessions[TODAY].item())
    assert [one.symbol for one in found.in_play] == ["A"]
    move, volume = 0.10 / 0.02, 3 / 1.5
    assert found.in_play[0].parts == pytest.approx({"move": move / (1 + move), "volume": volume / (1 + volume)})
    assert found.in_play[0].reason == "up 10.0 % on 3.0\u00d7 volume"


def test_after_the_open_the_gap_is_that_of_the_open() -> None:
    """It opened 20 % up and stands 10 % up; its volume is compared with that of regular hours alone, 300 to 100."""
    rows = [*_usual("A"), _today("A", -30, 13.0, 9_000), _today("A", 0, 11.0, opened=12.0)]
    found = _scan(rows, 1)
    assert found.mode == "open"
    assert found.in_play[0].reason == "gapped up 20.0 %, now up 10.0 % on 3.0\u00d7 volume"
    assert found.in_play[0].row == len(rows) - 1, "the row is that of the panel given"


def test_later_in_the_day_volume_is_counted_since_the_open() -> None:
    """After 61 minutes 200 shares are usual; 300 in the first minute and 300 in the last are three times as many."""
    found = _scan([*_usual("A"), _today("A", 0, 11.0), _today("A", 60, 11.0)], 61)
    assert found.mode == "intraday"
    assert found.in_play[0].reason == "up 10.0 % on 3.0\u00d7 volume"


def test_a_bar_that_is_not_over_is_not_seen() -> None:
    """In the middle of the first minute of the open nothing of that minute is known."""
    rows = [*_usual("A"), _today("A", 0, 11.0)]
    found = scan_intraday(
        minutes(rows, HOURS), HOURS, at=_at(0) + np.timedelta64(30, "s"), rules=RULES, usual_sessions=3
    )
    assert found.excluded == {STALE: 1}


def test_each_name_that_is_out_is_counted_under_its_reason() -> None:
    """One name for each reason."""
    rows = [
        *_usual("FIRM"), _today("FIRM", 60, 11.0),
        *_usual("OLD"), _today("OLD", 0, 11.0),
        *_usual("CALM"), _today("CALM", 60, 10.1),
        *_usual("THIN"), _today("THIN", 60, 11.0, 100),
        *_usual("SPLIT"), _today("SPLIT", 60, 5.0),
        ("NEW", 4, 300, *CALM, 100), _today("NEW", 60, 11.0),
        *[row for row in _usual("HOLE") if row[1] != 4], ("HOLE", 0, 0, *CALM, 100), _today("HOLE", 60, 11.0),
    ]  # fmt: skip
    found = _scan(rows, 61, jumps=[Split("SPLIT", HOURS.sessions[TODAY].item(), 2, 1)])
    assert [one.symbol for one in found.in_play] == ["FIRM"]
    assert found.excluded == {
        "just after a split or break": 1,
        "short history": 2,
        "small move": 1,
        STALE: 1,
        "usual volume": 1,
    }


def test_catalysts_and_liquidity_count_as_at_the_close() -> None:
    """Known events raise a score, unknown ones leave it to the rest; 3,300 USD traded are too few for 10 million."""
    rows = [*_usual("A"), _today("A", 0, 11.0)]
    unknown, none, one = (
        _scan(rows, 1, catalysts=known).in_play[0] for known in ({}, {"A": None}, {"A": 1})
    )  # fmt: skip
    assert none.score < unknown.score < one.score
    assert "earnings 1 session ago" in one.reason
    assert _scan(rows, 1, rules=large_cap()).excluded == {"illiquid": 1}
    assert _scan(rows, 1, rules=replace(RULES, min_dollar_volume_usd=3_300.0)).in_play


def test_a_time_outside_all_hours_is_refused() -> None:
    """At night there is no session to scan."""
    panel = minutes(_usual("A"), HOURS)
    for at in (HOURS.premarket_at[0] - 1, HOURS.end_at[3] + 1):
        with pytest.raises(BadDataError, match="outside the hours"):
            scan_intraday(panel, HOURS, at=at, rules=RULES)


def test_without_any_bar_nobody_is_in_play() -> None:
    """An empty panel gives an empty scan."""
    found = scan_intraday(minutes([], HOURS), HOURS, at=_at(5), rules=RULES)
    assert (found.in_play, found.excluded) == ((), {})


LOOSE = replace(RULES, min_move=0.0005, min_relative_volume=0.05, min_price_usd=0.0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 5), session=st.integers(1, 3), minute=st.integers(-39, 200))
def test_no_scan_during_a_session_looks_ahead(seed: int, session: int, minute: int) -> None:
    """With the bars known at the instant alone the answer is the same, row for row of those bars."""
    panel, sessions = random_minutes(seed), hours(4)
    at = sessions.open_at[session] + np.timedelta64(minute * 60, "s")
    whole, part = (
        scan_intraday(bars, sessions, at=at, rules=LOOSE, usual_sessions=1) for bars in (panel, panel.known_at(at))
    )
    known = np.flatnonzero(panel.closes_at <= at)
    assert part.excluded == whole.excluded, seed
    moved = tuple(replace(one, row=int(known[one.row])) for one in part.in_play)
    assert moved == whole.in_play, seed


def test_a_planted_look_ahead_is_caught() -> None:
    """A scan of bars that close with the price of an hour later differs once they are cut; equality says something."""
    panel, sessions = random_minutes(1), hours(4)
    at = sessions.open_at[2] + np.timedelta64(3600, "s")

    def peeking(bars: Any) -> IntradayScan:
        later = replace(bars, close=np.concatenate([bars.close[60:], bars.close[-60:]]))
        return scan_intraday(later, sessions, at=at, rules=LOOSE, usual_sessions=1)

    whole, part = peeking(panel), peeking(panel.known_at(at))
    assert whole.in_play, "somebody must be in play, or nothing is compared"
    assert [one.score for one in whole.in_play] != [one.score for one in part.in_play]
