"""Everything that is computed of a session is the same with and without later bars: one test over all of it.

Each way of computing gives, for a panel and a session, what was known at that close, as a table of named values. It is
asked twice: on all bars, and on the bars up to the session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.postgres.patterns import OUTCOME
from tests.unit.trading.drawn import wandering
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.catalysts.features import CATALYST_FEATURES
from trading.cycle.stages import Market, Patterns, analyse, recognise, setups_at
from trading.evidence.log import pattern_log
from trading.indicators.daily import INDICATORS, compute
from trading.indicators.levels import LEVELS, compute_levels
from trading.indicators.swings import swings
from trading.market.context import market_context
from trading.market.regimes import regimes
from trading.news.coverage import Followed
from trading.news.kinds.catalyst import KINDS
from trading.news.record import NEWS_SCHEMA, NewsAt, NewsRecord
from trading.outcomes.barriers import OutcomeRules
from trading.patterns import candlestick
from trading.patterns.chart import registry
from trading.scanner.at_close import large_cap, scan
from trading.views.setups import FEATURES

Known = dict[str, Any]
Way = Callable[[Panel, np.datetime64], Known]
LENGTHS = (350, 350, 350, 300, 300, 200, 30, 3)
SECTORS = dict.fromkeys(("S0", "S1", "S2"), "Energy") | dict.fromkeys(("S3", "S4", "S5"), "Utilities")


def _events(panel: Panel) -> pa.Table:
    """Reports every forty sessions, later ones included: what isn't over mustn't count."""
    days = np.unique(panel.sessions)[10::40].tolist()
    columns = {"symbol": ["S0", "S1"] * len(days), "event_date": [day for day in days for _ in range(2)]}
    return pa.table(columns)


WHOLE = wandering(0, LENGTHS)
EVENTS = _events(WHOLE)
VIX = (np.unique(WHOLE.sessions), np.random.default_rng(3).uniform(15, 30, len(np.unique(WHOLE.sessions))))


def _vix(panel: Panel) -> tuple[Any, Any]:
    """The VIX of the days before the last session of the panel: on a shorter panel less of it is known."""
    days, closes = VIX
    earlier = days < panel.sessions.max()
    return days[earlier], closes[earlier]


CLOSE, NO_LEAD = np.timedelta64(21, "h"), np.timedelta64(0, "s")


def _stories(panel: Panel) -> pa.Table:
    """Five stories and posts a session and company, at any second of the day."""
    rng = np.random.default_rng(5)
    days = np.unique(panel.sessions).astype("datetime64[us]").astype(np.int64)
    count = 15 * len(days)
    at = np.repeat(days, 15) + rng.integers(0, 86_400_000_000, count)
    columns = [
        np.arange(count).astype(str), rng.choice(["S0", "S1", "S3"], count), at, rng.choice(["news", "social"], count),
        rng.choice(np.array(KINDS), count), rng.uniform(-1, 1, count), rng.uniform(size=count) < 0.2,
    ]  # fmt: skip
    return pa.table(
        [pa.array(one).cast(field.type) for one, field in zip(columns, NEWS_SCHEMA, strict=True)], NEWS_SCHEMA
    )


STORIES = _stories(WHOLE)
FIRST = WHOLE.sessions.min().astype("datetime64[s]")
SPANS = np.array([[3, 150, 3], [160, 300, 160], [301, 360, 160]]) * np.timedelta64(1, "D") + FIRST
"""Two of the spans in which the source of S0 and S1 was heard are joined, one stands alone; days after the first."""


def _known_news(panel: Panel, lead: np.timedelta64) -> NewsAt:
    """As the record gives it at the panel's last close: nothing that became knowable, or was heard, later.

    Args:
        panel: bars.
        lead: by how much the decisions are dated too late; anything but `NO_LEAD` is a look-ahead.
    """
    closes = (panel.sessions.astype("datetime64[s]") + CLOSE).astype("datetime64[s]")
    now = closes.max()
    rows = STORIES.filter(
        pa.array(
            STORIES.column("knowable_at").cast(pa.int64()).to_numpy() < now.astype("datetime64[us]").astype(np.int64)
        )
    )
    begin, end, whole = SPANS[SPANS[:, 0] < now].T
    followed = [Followed(channel, {"S0", "S1"}, begin, np.minimum(end, now), whole) for channel in ("news", "social")]
    return NewsAt(NewsRecord(rows, tuple(followed)), closes + lead)


def _patterns(market: Market) -> Patterns:
    return recognise(market, EVENTS, _known_news(market.panel, NO_LEAD))


def _per_bar(panel: Panel, columns: Any, session: np.datetime64) -> Known:
    rows = panel.rows_at(session)
    return {
        f"{name} of {symbol}": value
        for name, values in columns.items()
        for symbol, value in zip(panel.row_symbols[rows].tolist(), values[rows].tolist(), strict=True)
    }


def indicators(panel: Panel, session: np.datetime64) -> Known:
    """Every indicator."""
    return _per_bar(panel, compute(panel), session)


def levels(panel: Panel, session: np.datetime64) -> Known:
    """Support and resistance."""
    return _per_bar(panel, compute_levels(panel, swings(panel, compute(panel)["atr_14"], 1.5)), session)


def candlesticks(panel: Panel, session: np.datetime64) -> Known:
    """Every candlestick of the session, its direction and strength."""
    found = candlestick.detect(panel)
    here = np.flatnonzero(panel.sessions[found.row] == session)
    symbols = panel.row_symbols[found.row[here]].tolist()
    values = zip(
        symbols, found.names[here].tolist(), found.direction[here].tolist(), found.strength[here].tolist(), strict=True
    )
    return {f"{symbol} {name}": (way, strength) for symbol, name, way, strength in values}


def chart_patterns(panel: Panel, session: np.datetime64) -> Known:
    """Every chart pattern that triggered in the session, with its beginning and its prices."""
    found = registry.detect(panel, compute(panel)["atr_14"])
    here = np.flatnonzero(panel.sessions[found.row] == session)
    prices = np.stack([found.level_usd, found.entry_usd, found.stop_usd, found.target_usd], axis=1)
    return {
        f"{panel.row_symbols[found.row[at]]} {found.names[at]} {found.direction[at]}": (
            str(panel.sessions[found.start_row[at]]), *prices[at].tolist(),
        )
        for at in here.tolist()
    }  # fmt: skip


def logged(panel: Panel, session: np.datetime64) -> Known:
    """What the training table keeps of every pattern of the session, its own prices included, but for the outcome."""
    market = analyse(panel)
    patterns = _patterns(market)
    here = np.flatnonzero(panel.sessions[patterns.detections.row] == session)
    log = pattern_log(market, patterns, here, OutcomeRules())
    key = ("symbol", "pattern_type", "direction")
    kept = log.select([name for name in log.column_names if name not in OUTCOME and name not in key])
    names = zip(*(log.column(name).to_pylist() for name in key), strict=True)
    return {" ".join(map(str, name)): row for name, row in zip(names, kept.to_pylist(), strict=True)}


def context(panel: Panel, session: np.datetime64) -> Known:
    """Every value of the market context."""
    found = market_context(panel, compute(panel))
    at = int(np.searchsorted(found.sessions, session))
    return {name: getattr(found, name)[at] for name in found.__dataclass_fields__}


def regime(panel: Panel, session: np.datetime64) -> Known:
    """The regime of the session and the measures behind it."""
    market = analyse(panel)
    catalyst = _patterns(market).catalyst
    # Ranges a quarter as large: a few random walks have too few big moves otherwise, and the share is never known.
    measured = {**market.indicators, "atr_pct": market.indicators["atr_pct"] / 4}
    found = regimes(panel, measured, market.context, catalyst, sectors=SECTORS, vix=_vix(panel))
    at = int(np.searchsorted(found.sessions, session))
    measures = {name: getattr(found, name)[at] for name in ("volatility", "catalyst_share", "driver", "vix_known")}
    sectors = {name: getattr(found.sectors, name)[at].tolist() for name in ("strength", "dispersion", "turnover")}
    return {**measures, **sectors, "regime": found.at(session)}


def _catalysts(panel: Panel, session: np.datetime64, lead: np.timedelta64) -> Known:
    found = recognise(analyse(panel), EVENTS, _known_news(panel, lead)).catalyst
    columns = {"has": found.has_catalyst, "since": found.sessions_since_event, **found.features}
    return _per_bar(panel, columns, session)


def catalysts(panel: Panel, session: np.datetime64) -> Known:
    """Catalysts of the calendar and of news, and the ten features."""
    return _catalysts(panel, session, NO_LEAD)


def late_catalysts(panel: Panel, session: np.datetime64) -> Known:
    """A planted look-ahead of its own kind: the news of the twelve hours after the close count as known at it."""
    return _catalysts(panel, session, np.timedelta64(12, "h"))


def features(panel: Panel, session: np.datetime64) -> Known:
    """Every feature of every setup, its regime and its sector's strength included."""
    market = analyse(panel, vix=_vix(panel), sectors=SECTORS)
    patterns = _patterns(market)
    setups = setups_at(market, patterns, session)
    symbols = panel.row_symbols[setups.row].tolist()
    return {
        f"{name} of {symbol} {way:+d}": value
        for symbol, way, row in zip(symbols, setups.direction.tolist(), setups.matrix.tolist(), strict=True)
        for name, value in zip(FEATURES, row, strict=True)
    }


def _logged_vix(panel: Panel, session: np.datetime64, vix: tuple[Any, Any]) -> Known:
    market = analyse(panel, vix=vix)
    patterns = _patterns(market)
    picked = np.flatnonzero(panel.sessions[patterns.detections.row] == session)
    log = pattern_log(market, patterns, picked, OutcomeRules())
    keys = zip(*(log.column(name).to_pylist() for name in ("symbol", "pattern_type", "direction")), strict=True)
    return dict(zip(map(str, keys), log.column("vix_level").to_pylist(), strict=True))


def vix_level(panel: Panel, session: np.datetime64) -> Known:
    """The VIX that the log keeps with each pattern of the session."""
    return _logged_vix(panel, session, _vix(panel))


def scanner(panel: Panel, session: np.datetime64) -> Known:
    """Every score, part and reason of the scan."""
    market = analyse(panel)
    catalyst = _patterns(market).catalyst
    found = scan(panel, market.indicators, market.context, catalyst, session=session, rules=large_cap())
    # A name without a bar yet is stale to the whole panel and unknown to the history: it is in neither list below.
    return {one.symbol: (one.rank, one.score, one.parts, one.reason) for one in found.in_play}


WAYS: tuple[Way, ...] = (
    indicators,
    levels,
    candlesticks,
    chart_patterns,
    logged,
    context,
    regime,
    catalysts,
    features,
    vix_level,
    scanner,
)


def assert_same_without_later_bars(way: Way, panel: Panel, session: np.datetime64) -> Known:
    """What is known at the session is the same on the bars up to it; returned for those who want to count it."""
    whole, part = way(panel, session), way(as_of(panel, [], [], session), session)
    names = [name for name in {**whole, **part} if str(whole.get(name)) != str(part.get(name))]  # str: NaN equals NaN
    assert not names, f"{way.__name__} looks beyond {session}: {names[:5]}"
    return part


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@settings(max_examples=8, deadline=None)
@given(cut=st.integers(5, 348), seed=st.integers(0, 1_000))
def test_nothing_looks_ahead(way: Way, cut: int, seed: int) -> None:
    """At a random session of random walks each value is, to the last bit, what it is on all bars."""
    panel = wandering(seed, LENGTHS)
    assert_same_without_later_bars(way, panel, np.unique(panel.sessions)[cut])


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_something_is_compared(way: Way) -> None:
    """Over the sessions compared each way knows something, so that equality says something."""
    sessions = np.unique(WHOLE.sessions)[60::4]
    found = sum(len(way(as_of(WHOLE, [], [], session), session)) for session in sessions[:: 1 if way is scanner else 4])
    assert found > 0


def test_no_indicator_level_or_feature_is_left_out() -> None:
    """Each name of the registries is among the values compared."""
    session = np.unique(WHOLE.sessions)[300]
    for way, names in (
        (indicators, INDICATORS),
        (levels, LEVELS),
        (catalysts, CATALYST_FEATURES),
        (features, FEATURES),
    ):
        compared = {name.split(" of ")[0] for name in way(WHOLE, session)}
        assert set(names) <= compared, way.__name__


def test_every_feature_of_news_is_known_somewhere_and_unknown_elsewhere() -> None:
    """Stories tell something of the companies followed while they were, and nothing of the others."""
    sessions = np.unique(WHOLE.sessions)[100:340:8]
    found = [(name, value) for day in sessions for name, value in catalysts(WHOLE, day).items()]
    for feature in (
        "news_sentiment_score",
        "news_volume",
        "social_mention_surge",
        "catalyst_score",
        "sentiment_velocity",
    ):
        known = {name.split()[-1] for name, value in found if name.startswith(feature) and np.isfinite(value)}
        assert known == {"S0", "S1"}, feature


def test_every_part_of_the_regime_is_known_somewhere() -> None:
    """In one session at least no measure is unknown, or equality would compare nothing with nothing."""
    known = [regime(WHOLE, session) for session in np.unique(WHOLE.sessions)[200:340:20]]
    full = [one for one in known if one["driver"] and one["volatility"] and np.isfinite(one["dispersion"])]
    assert full
    assert {one["vix_known"] for one in full} == {True}


def test_every_feature_of_the_regime_is_known_somewhere() -> None:
    """Equality of the new columns compares numbers, but for the driver, which random walks leave unknown."""
    known = {
        name.split(" of ")[0]
        for session in np.unique(WHOLE.sessions)[200:340:20]
        for name, value in features(WHOLE, session).items()
        if np.isfinite(value)
    }
    assert {"market_volatility", "sector_strength_20", "strength_in_sector_20"} <= known


def _vix_of_the_day(panel: Panel, session: np.datetime64) -> Known:
    """A planted look-ahead of its own kind: the VIX of a session's own day, which closes after the shares."""
    days, closes = _vix(panel)
    return _logged_vix(panel, session, (days - np.timedelta64(1, "D"), closes))


def _planted(way: Way) -> Way:
    """The same, of a panel whose every bar closes where the next one does."""

    def peeking(panel: Panel, session: np.datetime64) -> Known:
        later = panel.shifted(panel.close, -1)
        close = np.where(np.isnan(later), panel.close, later)
        high, low = np.maximum(panel.high, close), np.minimum(panel.low, close)
        peeked = Panel(panel.symbols, panel.offsets, panel.sessions, panel.open, high, low, close, panel.volume)
        return way(peeked, session)

    peeking.__name__ = f"peeking {way.__name__}"
    return peeking


def _smoothed_regime(panel: Panel, session: np.datetime64) -> Known:
    """A planted look-ahead of its own kind: volatility averaged over the sessions around this one."""
    measures = market_context(panel, compute(panel)).realised_volatility_20
    at = int(np.searchsorted(np.unique(panel.sessions), session))
    return {"smoothed": float(np.nanmean(measures[max(0, at - 5) : at + 6]))}


@pytest.mark.parametrize(
    "way",
    [*map(_planted, (way for way in WAYS if way is not vix_level)), _vix_of_the_day, _smoothed_regime, late_catalysts],
    ids=lambda way: way.__name__,
)
def test_a_planted_look_ahead_is_caught(way: Way) -> None:
    """The comparison fails for each way once it sees tomorrow's close; otherwise it would prove nothing."""
    sessions = np.unique(WHOLE.sessions)[60:340:5]

    def compare() -> None:
        for session in sessions:
            assert_same_without_later_bars(way, WHOLE, session)

    with pytest.raises(AssertionError, match="looks beyond"):
        compare()
