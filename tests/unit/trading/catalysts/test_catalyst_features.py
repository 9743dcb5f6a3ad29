"""Catalyst features: arithmetic by hand, unknown stays unknown, nothing looks ahead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trading.made_bars import random_panel, weekdays
from tests.unit.trading.made_minutes import minutes
from trading.arrays import Floats, Stamps
from trading.bars.history import as_of
from trading.bars.panel import Panel
from trading.catalysts.features import (
    CATALYST_FEATURES,
    KIND_WEIGHTS,
    catalyst_features,
    news_features,
    premarket_ratio,
)
from trading.indicators.daily import compute
from trading.indicators.levels import compute_levels
from trading.indicators.swings import average_true_range, swings
from trading.news.article import Channel
from trading.news.coverage import Followed
from trading.news.kinds.catalyst import KINDS
from trading.news.record import NEWS_SCHEMA, NewsRecord

START = np.datetime64("2024-01-01T00:00:00", "s")
AT = START + np.timedelta64(60 * 86_400, "s")
END = START + np.timedelta64(90 * 86_400, "s")


def _followed(
    *channels: Channel, since: np.datetime64 = START, symbols: set[str] | None = None
) -> tuple[Followed, ...]:
    span = (np.array([since]), np.array([END]), np.array([since]))
    return tuple(Followed(channel, symbols, *span) for channel in channels)


EVERYTHING = _followed("news", "social")


def _news(*rows: tuple[float, str, str, float | None, bool]) -> pa.Table:
    """`(hours before AT, channel, kind, score, copy)`, all about A."""
    columns = {
        "article_id": [str(at) for at in range(len(rows))],
        "symbol": ["A"] * len(rows),
        "knowable_at": [(AT - np.timedelta64(int(row[0] * 3600), "s")).astype("datetime64[us]").item() for row in rows],
        "channel": [row[1] for row in rows],
        "catalyst_kind": [row[2] for row in rows],
        "score": [row[3] for row in rows],
        "is_copy": [row[4] for row in rows],
    }
    return pa.table(
        {name: pa.array(columns[name], field.type) for name, field in zip(NEWS_SCHEMA.names, NEWS_SCHEMA, strict=True)}
    )


def _of_a(record: NewsRecord) -> dict[str, float]:
    found = news_features(record, np.array(["A", "B"]), np.array([0]), np.array([AT]))
    return {name: float(values[0]) for name, values in found.items()}


def test_features_equal_the_arithmetic() -> None:
    """Two stories today, one copy, one unread, one yesterday; posts 6 today against 40 in 20 days."""
    rows = [
        (1, "news", "earnings", 0.5, False),
        (24, "news", "other", 0.1, False),
        (2, "news", "earnings", 0.9, True),
        (3, "news", "legal", None, False),
        (30, "news", "merger", -0.4, False),
        *((5, "social", "other", 0.9, True) for _ in range(6)),
        *((24 + 12 * at, "social", "other", 0.0, False) for at in range(1, 41)),
    ]
    found = _of_a(NewsRecord(_news(*rows), EVERYTHING))
    assert found["news_sentiment_score"] == pytest.approx((0.5 + 0.1) / 2)
    assert found["news_volume"] == 3
    assert found["sentiment_velocity"] == pytest.approx(0.3 - -0.4)
    assert found["social_mention_surge"] == 6 / (40 / 20)
    total = 0.8 * 0.5 * 2 ** (-1 / 24) + 0.2 * 0.1 / 2 + 1.0 * -0.4 * 2 ** (-30 / 24)
    assert found["catalyst_score"] == pytest.approx(total / (1 + abs(total)))


def test_no_news_is_zero_and_no_source_is_unknown() -> None:
    """Where the record is whole, silence is a count of 0; without a source or reach it is NaN."""
    silent = _of_a(NewsRecord(NEWS_SCHEMA.empty_table(), EVERYTHING))
    assert (silent["news_volume"], silent["catalyst_score"]) == (0, 0)
    assert np.isnan(
        [silent["news_sentiment_score"], silent["sentiment_velocity"], silent["social_mention_surge"]]
    ).all()
    rows = _news((1, "news", "earnings", 0.5, False), (1, "social", "other", 0.5, False))
    for record in (
        NewsRecord(rows),
        NewsRecord(rows, _followed("news", "social", symbols={"B"})),
        NewsRecord(rows, (*_followed("news", since=AT - np.timedelta64(3600, "s")), *_followed("social", since=AT))),
    ):
        assert np.isnan(list(_of_a(record).values())).all()


def test_news_at_the_very_second_of_the_decision_are_too_late() -> None:
    """Only what was knowable before the decision counts, and a second later it does."""
    record = NewsRecord(_news((0, "news", "earnings", 0.5, False)), EVERYTHING)
    at = np.array([AT, AT + np.timedelta64(1, "s")])
    volume = news_features(record, np.array(["A"]), np.array([0, 0]), at)["news_volume"]
    assert volume.tolist() == [0, 1]


def test_every_kind_has_a_weight() -> None:
    """A kind without a weight would be an error at run time."""
    assert set(KIND_WEIGHTS) == set(KINDS)


def test_premarket_volume_is_against_the_ten_sessions_before() -> None:
    """Ten sessions with 100 premarket shares, one of them split in two bars, then 250: 2.5; before, unknown."""
    rows = [("A", session, minute, 1.0, 1.0, 1.0, 1.0, 50) for session in range(10) for minute in (-30, -20)]
    rows += [("A", session, 5, 1.0, 1.0, 1.0, 1.0, 9_999) for session in range(12)]
    rows += [("A", 10, -5, 1.0, 1.0, 1.0, 1.0, 250), ("B", 11, -5, 1.0, 1.0, 1.0, 1.0, 70)]
    bars = minutes(rows)
    first, ratio = premarket_ratio(bars)
    assert bars.symbols[bars.symbol_index[first]].tolist() == ["A"] * 12 + ["B"]
    assert np.isnan(ratio[:10]).all()
    assert ratio[10:12].tolist() == [2.5, 0.0]
    assert np.isnan(ratio[12])


DAYS = weekdays(120)


def _closes(panel: Panel) -> Stamps:
    closes: Stamps = (panel.sessions + np.timedelta64(21, "h")).astype("datetime64[s]")
    return closes


def _random_news(seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    count = 1_500
    second = rng.integers(
        DAYS[0].astype("datetime64[s]").astype(int), DAYS[-1].astype("datetime64[s]").astype(int), count
    )
    values = [
        np.arange(count).astype(str),
        rng.choice(["S0", "S1", "S2", "ELSE"], count),
        second.astype("datetime64[s]").astype("datetime64[us]"),
        rng.choice(["news", "social"], count),
        rng.choice(np.array(KINDS), count),
        np.where(rng.uniform(size=count) < 0.2, np.nan, rng.uniform(-1, 1, count)),
        rng.uniform(size=count) < 0.2,
    ]
    return pa.table([pa.array(column, from_pandas=True).cast(field.type) if field.name != "knowable_at"
                     else pa.array(column).cast(field.type)
                     for column, field in zip(values, NEWS_SCHEMA, strict=True)], schema=NEWS_SCHEMA)  # fmt: skip


Features = Callable[[Panel, pa.Table], dict[str, Floats]]


def _features(panel: Panel, news: pa.Table) -> dict[str, Floats]:
    record = NewsRecord(news, _followed("news", "social", since=DAYS[0].astype("datetime64[s]")))
    resistance = compute_levels(panel, swings(panel, average_true_range(panel), 1.5))["resistance_distance"]
    return catalyst_features(panel, _closes(panel), record, compute(panel), resistance)


def _assert_causal(features: Features, seed: int, cut: int) -> None:
    panel, news = random_panel(seed), _random_news(seed)
    known = panel.sessions <= DAYS[cut]
    close = DAYS[cut].astype("datetime64[us]") + np.timedelta64(21 * 3600, "s")
    at = news.column("knowable_at").cast(pa.int64()).to_numpy()
    part = features(as_of(panel, [], [], DAYS[cut]), news.filter(pa.array(at < close.astype(np.int64))))
    for name, values in features(panel, news).items():
        np.testing.assert_array_equal(part[name], values[known], err_msg=f"{name} looks beyond, seed {seed}")


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(30, 118))
def test_no_feature_looks_ahead(seed: int, cut: int) -> None:
    """Features of a bar are the same with and without later bars and news."""
    _assert_causal(_features, seed, cut)


def test_a_planted_look_ahead_is_caught() -> None:
    """A feature that counts the news of the hour after the decision fails the comparison above."""

    def leaking(panel: Panel, news: pa.Table) -> dict[str, Floats]:
        record = NewsRecord(news, _followed("news", since=DAYS[0].astype("datetime64[s]")))
        late = _closes(panel) + np.timedelta64(12 * 3600, "s")
        return {"leak": news_features(record, panel.symbols, panel.symbol_index, late)["news_volume"]}

    with pytest.raises(AssertionError, match="looks beyond"):
        _assert_causal(leaking, 3, 60)


def test_every_promised_feature_is_there_and_some_are_known() -> None:
    """All ten names of the strategy come back; without minutes and options their two are unknown everywhere."""
    found = _features(random_panel(5), _random_news(5))
    assert list(found) == list(CATALYST_FEATURES)
    for name, values in found.items():
        unknown = name in {"premarket_volume", "day_trader_interest"}
        assert np.isfinite(values).any() != unknown, name
