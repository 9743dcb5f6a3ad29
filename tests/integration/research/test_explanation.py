"""`inplay explain` tells from the record what was decided of a stock and why."""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from adapters.bars.store import BarStore
from adapters.feature_rows import FeatureRowStore
from adapters.models.scoring import EnsembleScorer
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.decisions import DecisionStore, ScanStore
from adapters.postgres.pool import Pool
from research.explanation import explain, time_or_day
from serve.resources.explanations import explanation_answer
from tests.fakes.ensembles import registered
from tests.fakes.feature_rows import made_rows
from trading.decisions.book_view import BookView, Candidate
from trading.decisions.decide import decide
from trading.errors import BadDataError, ConfigurationError
from trading.risk.decision_rules import DecisionRules
from trading.risk.past import DrawdownState
from trading.views.feature_rows import SCHEMA
from trading.views.setups import FEATURES

DAY = date(2010, 1, 4)

SILENT = dict.fromkeys(("pattern", "catalyst", "outcome"), float("nan"))


@dataclass(frozen=True)
class Scanned:
    """A stock in play."""

    symbol: str
    rank: int
    score: float = 0.5
    parts: dict[str, float] = field(default_factory=dict)
    reason: str = "volume"


def test_views_veto_and_action_come_back(pool: Pool, home: Path) -> None:
    """AA is wanted by the rules and vetoed by a suspended account; BB had no setup; CC wasn't in play or has no bar."""
    nan = float("nan")
    aa = Candidate("AA", 0.5, 20.0, 0.4, 1e6, ("engulfing",), 0.9, ("pattern",), SILENT, nan, nan, nan, nan)
    book = BookView("rule", "rule", 10_000_000, frozenset(), DrawdownState(0.0, "suspended: it lost"))
    decisions, _ = decide(DAY, book, [aa], DecisionRules())
    ScanStore(pool).record(DAY, [Scanned("AA", 1), Scanned("BB", 2)])
    DecisionStore(pool).record(decisions)
    found = explain(pool, "AA", DAY + timedelta(days=2))
    (told,) = found.decisions
    assert (found.session, found.in_play and found.in_play["rank"], found.said) == (DAY, 1, "")
    assert (told["action"], told["veto"], told["source"]) == ("none", "suspended: it lost", "rule")
    assert (told["patterns"], told["rule_reasons"]) == (["engulfing"], ["pattern"])
    assert told["probabilities"] == dict.fromkeys(SILENT)
    assert "without a bullish setup" in explain(pool, "BB", DAY).said
    assert "not in play" in explain(pool, "CC", DAY).said
    unknown = explain(pool, "CC", DAY, BarStore(home, BarRecord(pool)))
    assert unknown.said.startswith("CC has no bar on record for 2010-01-04, so nothing was to decide.")
    assert explain(pool, "AA", DAY, BarStore(home, BarRecord(pool))).said == "", "what was decided is told in any case"
    with pytest.raises(BadDataError, match="no session up to"):
        explain(pool, "AA", DAY - timedelta(days=1))


def test_the_features_that_a_setup_was_judged_by_are_told_by_name(pool: Pool, home: Path) -> None:
    """Of both directions, unknown ones as null; None unless asked for, and empty where none are on record."""
    ScanStore(pool).record(DAY, [Scanned("B", 1)])
    store = FeatureRowStore(pool, BarStore(home, BarRecord(pool)))
    assert explain(pool, "B", DAY).setups is None
    assert explain(pool, "B", DAY, features=store).setups == []
    rows = made_rows(DAY)
    store.record(rows, at=datetime(2026, 1, 1, tzinfo=UTC))
    short, long = explain(pool, "B", DAY, features=store).setups or []
    assert (short.direction, long.direction, long.in_play, long.note) == (-1, 1, True, "")
    assert long.schema == SCHEMA.sha256
    assert list(long.features) == list(FEATURES)
    told = [math.nan if value is None else value for value in long.features.values()]
    assert np.array_equal(np.array(told, np.float32), rows.matrix[3], equal_nan=True)
    answer = explanation_answer(pool, "B", DAY, store)
    assert [one.features for one in answer.setups or []] == [short.features, long.features]
    assert explain(pool, "ZZ", DAY, features=store).setups == []


def test_what_each_feature_added_is_told_of_the_ensembles_that_decided(pool: Pool, home: Path) -> None:
    """By name, adding up to what the files say of the row on record; a version whose files are gone is named."""
    registered(pool, home, "ensemble-aaaaaaaaaaaa", "champion", known_before=DAY)
    registered(pool, home, "ensemble-bbbbbbbbbbbb", "challenger", known_before=DAY)
    shutil.rmtree(home / "models" / "ensemble-bbbbbbbbbbbb")
    ScanStore(pool).record(DAY, [Scanned("B", 1)])
    store = FeatureRowStore(pool, BarStore(home, BarRecord(pool)))
    rows = made_rows(DAY)
    store.record(rows, at=datetime(2026, 1, 1, tzinfo=UTC))
    nan = float("nan")
    seen = Candidate("B", 0.5, 20.0, 0.4, 1e6, ("engulfing",), 0.9, ("pattern",), SILENT, nan, nan, nan, nan)
    for name in ("ensemble-aaaaaaaaaaaa", "ensemble-bbbbbbbbbbbb"):
        book = BookView("rule" if "aaaa" in name else "models", "rule", 10_000_000, frozenset(), DrawdownState(0.0, ""))
        decided, _ = decide(DAY, book, [replace(seen, ensemble_id=name)], DecisionRules())
        DecisionStore(pool).record(decided)
    assert (explain(pool, "B", DAY, features=store).setups or [])[0].contributions == []
    _, long = explain(pool, "B", DAY, features=store, models=home / "models").setups or []
    views = EnsembleScorer(home / "models" / "ensemble-aaaaaaaaaaaa").score(rows.matrix[3:4])
    by_member = {one.member: one for one in long.contributions}
    assert list(by_member) == ["pattern", "catalyst", "outcome"]
    for one in long.contributions:
        assert one.base + sum(one.values.values()) == pytest.approx(one.total)
    assert by_member["pattern"].total == pytest.approx(views.of("pattern")[0], abs=1e-5)
    assert by_member["outcome"].unit == "net return"
    assert "contributions of ensemble-bbbbbbbbbbbb can't be told" in long.note
    answer = explanation_answer(pool, "B", DAY, store, home / "models")
    assert (answer.setups or [])[1].contributions[0].values == by_member["pattern"].values


def test_a_time_counts_only_what_had_closed_by_then(pool: Pool) -> None:
    """The exchange closed at 21:00 UTC on 2010-01-05: a minute before, Monday's decision was the one known."""
    tuesday = DAY + timedelta(days=1)
    for day in (DAY, tuesday):
        ScanStore(pool).record(day, [Scanned("AA", 1)])

    def known(text: str) -> date:
        return explain(pool, "AA", time_or_day(text)).session

    assert known("2010-01-05") == tuesday
    assert known("2010-01-05T15:59-05:00") == DAY
    assert known("2010-01-05 15:59 America/New_York") == DAY
    assert known("2010-01-05T21:00Z") == tuesday
    assert known("2010-01-06T04:59+09:00") == DAY, "19:59 UTC on Tuesday"
    found = explain(pool, "AA", tuesday)
    assert (found.known_at, found.sector) == (datetime(2010, 1, 5, 21, tzinfo=UTC), None)
    with pytest.raises(BadDataError, match="no session up to"):
        explain(pool, "AA", time_or_day("2010-01-04T20:59Z"))
    answer = explanation_answer(pool, "AA", time_or_day("2010-01-04T20:59Z"))
    assert (answer.session, "no session up to" in answer.said) == (None, True)


def test_the_http_answer_has_every_field_of_a_decision(pool: Pool) -> None:
    """What the command tells, the interface tells: same decision, unknown views null."""
    nan = float("nan")
    aa = Candidate("AA", 0.5, 20.0, 0.4, 1e6, ("engulfing",), 0.9, ("pattern",), SILENT, nan, nan, nan, nan)
    book = BookView("rule", "rule", 10_000_000, frozenset(), DrawdownState(0.0, "suspended: it lost"))
    decisions, _ = decide(DAY, book, [aa], DecisionRules())
    ScanStore(pool).record(DAY, [Scanned("AA", 1)])
    DecisionStore(pool).record(decisions)
    (told,) = explanation_answer(pool, "AA", DAY).decisions
    assert (told.account, told.action, told.veto) == ("rule", "none", "suspended: it lost")
    assert told.probabilities["pattern"] is None


@pytest.mark.parametrize(
    "text", ["yesterday", "2010-01-05T15:59", "2010-13-01", "2010-01-05 15:59 Mars/Olympus", "9999-12-31T23:59-14:00"]
)
def test_what_is_no_day_and_no_instant_is_refused(text: str) -> None:
    """A time without its zone could be meant in any."""
    with pytest.raises(ConfigurationError, match=r"no day and no time|no time zone|year"):
        time_or_day(text)
