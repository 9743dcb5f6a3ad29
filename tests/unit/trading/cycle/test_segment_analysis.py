"""One analysis of a segment answers for each of its sessions as an analysis of the history up to it would."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import close_times
from tests.unit.trading.drawn import wandering
from trading.bars.history import as_of
from trading.bars.panel import Panel, as_date, as_day
from trading.bars.segments import Segment
from trading.cycle.segment_analysis import LEAST_BARS, SegmentMarket, SegmentPatterns, bars_needed
from trading.cycle.stages import Market, Patterns, analyse, recognise, regimes_of, setups_at
from trading.errors import BadDataError
from trading.evidence.log import detections_at, pattern_log
from trading.evidence.outcomes import outcomes_on_record
from trading.news.record import NEWS_SCHEMA, NewsAt, NewsRecord
from trading.outcomes.barriers import OutcomeRules
from trading.risk.decision_rules import DecisionRules
from trading.risk.exposure import ExposureLimits, surroundings
from trading.scanner.at_close import large_cap, scan

WHOLE = wandering(7, (420, 420, 400, 300, 300, 200, 30, 3))
DAYS = np.unique(WHOLE.sessions)
ASKED = [as_date(day) for day in DAYS[[20, 150, 151, 250, 330, 400, -2, -1]]]
SEGMENT = Segment(as_date(DAYS[0]), as_date(DAYS[-1]))
SECTORS = dict.fromkeys(("S0", "S1", "S2"), "Energy") | dict.fromkeys(("S3", "S4", "S5"), "Utilities")
VIX = (DAYS, np.random.default_rng(3).uniform(15, 30, len(DAYS)))
RULES = OutcomeRules()
BARS, SHORT = bars_needed(DecisionRules()), 20


def events(until: date) -> pa.Table:
    """Reports of two companies every forty sessions, as known at a close."""
    days = [day for day in DAYS[10::40].tolist() if day <= until]
    return pa.table(
        {
            "symbol": pa.array(["S0", "S1"] * len(days), pa.string()),
            "event_date": pa.array([day for day in days for _ in range(2)], pa.date32()),
        }
    )


def news(until: date) -> NewsRecord:
    """A story of S0 at noon of every thirtieth session, as known at a close, from a source followed all the time."""
    days = DAYS[5::30]
    at = (days[days <= as_day(until)] + np.timedelta64(12, "h")).astype("datetime64[us]")
    count = len(at)
    columns = [
        np.arange(count).astype(str), ["S0"] * count, at.astype(np.int64), ["news"] * count, ["earnings"] * count,
        np.full(count, 0.5), np.zeros(count, dtype=bool),
    ]  # fmt: skip
    rows = [pa.array(one).cast(field.type) for one, field in zip(columns, NEWS_SCHEMA, strict=True)]
    return NewsRecord(pa.table(rows, NEWS_SCHEMA))


def anew(panel: Panel, session: date) -> tuple[Market, Patterns]:
    """The history up to the session analysed for itself, as nothing of it was before."""
    earlier = VIX[0] < as_day(session)
    market = analyse(as_of(panel, (), (), session), vix=(VIX[0][earlier], VIX[1][earlier]), sectors=SECTORS)
    return market, recognise(market, events(session), NewsAt(news(session), close_times(market.panel.sessions)))


def ahead(panel: Panel = WHOLE) -> SegmentPatterns:
    """All sessions as one segment."""
    return SegmentPatterns(SegmentMarket(SEGMENT, analyse(panel, vix=VIX, sectors=SECTORS)), close_times)


def view(patterns: SegmentPatterns, session: date) -> tuple[Market, Patterns]:
    """The view at a close, with the news known then."""
    known = {"events": events(session), "news": news(session)}
    return patterns.market_at(session, BARS), patterns.at(session, BARS, **known)


def rows_of(whole: Panel, part: Panel) -> Any:
    """The rows of the whole panel that the bars of the part are."""
    named = [f"{symbol} {day}" for symbol, day in zip(whole.row_symbols, whole.sessions, strict=True)]
    at = {name: row for row, name in enumerate(named)}
    return np.array([at[f"{symbol} {day}"] for symbol, day in zip(part.row_symbols, part.sessions, strict=True)])


@pytest.mark.parametrize("session", ASKED, ids=str)
def test_a_view_is_the_history_up_to_its_session_bit_for_bit(session: date) -> None:
    """Bars, indicators, context, catalysts and regimes: equal, not close; later bars and days are absent."""
    market, patterns = view(ahead(), session)
    fresh, found = anew(WHOLE, session)
    rows = rows_of(fresh.panel, market.panel)
    assert market.panel.sessions.max() == as_day(session)
    assert market.panel.symbols.tolist() == fresh.panel.symbols.tolist()
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(market.panel, name), getattr(fresh.panel, name)[rows])
    assert market.indicators.keys() == fresh.indicators.keys()
    for name, values in market.indicators.items():
        np.testing.assert_array_equal(values, fresh.indicators[name][rows], err_msg=name)
    for one in fields(market.context):
        np.testing.assert_array_equal(getattr(market.context, one.name), getattr(fresh.context, one.name), one.name)
    assert market.vix is not None
    assert (market.vix[0] < as_day(session)).all()
    np.testing.assert_array_equal(patterns.catalyst.has_catalyst, found.catalyst.has_catalyst[rows])
    np.testing.assert_array_equal(patterns.catalyst.sessions_since_event, found.catalyst.sessions_since_event[rows])
    for name, values in patterns.catalyst.features.items():
        np.testing.assert_array_equal(values, found.catalyst.features[name][rows], err_msg=name)
    assert regimes_of(market, patterns).at(session) == regimes_of(fresh, found).at(session)
    assert len(regimes_of(market, patterns).sessions) == len(fresh.context.sessions)


@pytest.mark.parametrize("session", ASKED, ids=str)
def test_what_is_decided_and_recorded_from_a_view_is_that_of_the_whole_history(session: date) -> None:
    """Setups, scan, correlations and the pattern log, where formations began long before the view included."""
    market, patterns = view(ahead(), session)
    fresh, found = anew(WHOLE, session)
    day = as_day(session)
    ours, theirs = setups_at(market, patterns, day), setups_at(fresh, found, day)
    np.testing.assert_array_equal(ours.matrix, theirs.matrix)
    np.testing.assert_array_equal(rows_of(fresh.panel, market.panel)[ours.row], theirs.row)
    scans = [
        scan(one.panel, one.indicators, one.context, of.catalyst, session=session, rules=large_cap())
        for one, of in ((market, patterns), (fresh, found))
    ]
    assert [replace(one, row=0) for one in scans[0].in_play] == [replace(one, row=0) for one in scans[1].in_play]
    assert scans[0].excluded == scans[1].excluded
    around = [
        surroundings(one.panel, SECTORS, ["S0", "S3", "S6"], ExposureLimits(), session) for one in (market, fresh)
    ]
    np.testing.assert_array_equal(around[0].correlation, around[1].correlation)
    logs = [
        pattern_log(one, of, detections_at(one, of, day), RULES) for one, of in ((market, patterns), (fresh, found))
    ]
    assert str(logs[0].to_pydict()) == str(logs[1].to_pydict())


def test_formations_longer_than_a_view_keep_their_beginning() -> None:
    """In a view of twenty bars the log of a longer formation still says when it began, as the whole history does."""
    market = analyse(WHOLE, vix=VIX, sectors=SECTORS)
    charts = recognise(market, events(SEGMENT.last)).detections.charts
    far = np.flatnonzero(charts.row - charts.start_row > SHORT)[0]
    session = as_date(WHOLE.sessions[charts.row[far]])
    patterns = ahead()
    held = patterns.market_at(session, SHORT)
    found = patterns.at(session, SHORT, events=events(session), news=news(session))
    began = as_date(WHOLE.sessions[charts.start_row[far]])
    assert (found.detections.charts.start_row == -1).any()
    log = pattern_log(held, found, detections_at(held, found, as_day(session)), RULES)
    assert began in log.column("formation_session").to_pylist()


def test_later_bars_cannot_change_a_view() -> None:
    """With every price after the session tripled and every volume gone, each view before is the same."""
    session = as_date(DAYS[200])
    later = as_day(session) < WHOLE.sessions
    prices = {name: np.where(later, 3 * getattr(WHOLE, name), getattr(WHOLE, name)) for name in ("open", "high", "low")}
    close, volume = np.where(later, 3 * WHOLE.close, WHOLE.close), np.where(later, 1.0, WHOLE.volume)
    other = replace(WHOLE, **prices, close=close, volume=volume)
    (one, its), (two, others) = view(ahead(), session), view(ahead(other), session)
    for name, values in one.indicators.items():
        np.testing.assert_array_equal(values, two.indicators[name], err_msg=name)
    day = as_day(session)
    np.testing.assert_array_equal(setups_at(one, its, day).matrix, setups_at(two, others, day).matrix)
    logs = [
        pattern_log(market, of, detections_at(market, of, day), RULES) for market, of in ((one, its), (two, others))
    ]
    assert str(logs[0].to_pydict()) == str(logs[1].to_pydict())


def test_a_story_heard_later_changes_what_is_asked_later_and_nothing_before() -> None:
    """The catalysts of a session are those of the news known at it, asked in whatever order."""
    first, second = as_date(DAYS[149]), as_date(DAYS[155])
    patterns = ahead()
    before = view(patterns, first)[1].catalyst.has_catalyst
    view(patterns, second)
    np.testing.assert_array_equal(view(patterns, first)[1].catalyst.has_catalyst, before)


def test_open_patterns_are_followed_in_a_view_as_in_the_whole_history() -> None:
    """Patterns of the last 25 sessions, recorded at their close, have the same outcomes from both."""
    session = as_date(DAYS[300])
    market, _ = view(ahead(), session)
    fresh, found = anew(WHOLE, session)
    recent = np.flatnonzero(fresh.panel.sessions[found.detections.row] >= DAYS[275])
    recent = recent[found.detections.direction[recent] != 0]
    recorded = pattern_log(fresh, found, recent, RULES)
    close = fresh.panel.close[found.detections.row[recent]]
    open_ = recorded.select(["symbol", "session", "pattern_type", "direction", "stop_usd", "target_usd"])
    open_ = open_.append_column("entry_usd", pa.array(close))
    ours, theirs = outcomes_on_record(market, open_, RULES), outcomes_on_record(fresh, open_, RULES)
    assert ours.num_rows > 50
    assert str(ours.to_pydict()) == str(theirs.to_pydict())


def test_a_view_of_another_segment_is_refused() -> None:
    """A segment serves its own sessions."""
    market = SegmentMarket(Segment(as_date(DAYS[100]), as_date(DAYS[-1])), analyse(WHOLE))
    with pytest.raises(BadDataError, match="nothing was looked at"):
        market.at(as_date(DAYS[99]), BARS)


def test_analyses_are_named_by_what_they_were_made_of() -> None:
    """The same bars have the same name in any process; one price, sector or day of the VIX more makes another."""
    name = SegmentMarket(SEGMENT, analyse(WHOLE, vix=VIX, sectors=SECTORS)).name
    assert SegmentMarket(SEGMENT, analyse(WHOLE, vix=VIX, sectors=SECTORS)).name == name
    later = replace(SEGMENT, first=SEGMENT.last)
    assert SegmentMarket(later, analyse(WHOLE, vix=VIX, sectors=SECTORS)).name != name, (
        "it doesn't serve the same sessions"
    )
    close = WHOLE.close.copy()
    close[7] += 0.01
    others = [
        analyse(replace(WHOLE, close=close), vix=VIX, sectors=SECTORS),
        analyse(WHOLE, vix=VIX, sectors={**SECTORS, "S6": "Energy"}),
        analyse(WHOLE, vix=(VIX[0][1:], VIX[1][1:]), sectors=SECTORS),
    ]
    assert len({name, *(SegmentMarket(SEGMENT, other).name for other in others)}) == 4


def test_a_view_is_as_long_as_the_rules_read_back() -> None:
    """Correlations over 300 sessions need 301 closes."""
    assert bars_needed(DecisionRules()) == LEAST_BARS
    assert bars_needed(DecisionRules(exposure=ExposureLimits(window_sessions=300))) == 301
