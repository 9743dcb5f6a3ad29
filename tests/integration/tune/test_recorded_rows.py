"""What was recorded at each close is bit by bit what a training would compute from bars, and says what it lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from actors.services import in_this_process, look_back
from adapters.calendar import sessions_between
from adapters.postgres.pool import Pool
from adapters.record import Record
from benchmarks.features import BUDGETS
from tests.integration.one_process import NOON, Platform
from trading.bars.panel import as_date, as_day
from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules
from trading.scanner.rules import large_cap
from trading.views.feature_rows import SCHEMA, VERSION, FeatureSchema, differing
from trading.views.setups import FEATURES
from tune.judgement.leakage.again import later_knowledge
from tune.judgement.leakage.then import rows_then
from tune.sets.from_market import from_market
from tune.sets.recorded_rows import UNDECIDED, from_record, recorded_rows
from tune.sets.training_set import TrainingSet
from tune.sets.uniqueness import average_uniqueness

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 10))]
FIRST, LAST = SESSIONS[0], SESSIONS[-1]
AFTER = LAST + timedelta(days=1)


def test_recorded_rows_are_the_training_set_of_the_same_sessions(pool: Pool, empty_url: str, home: Path) -> None:
    """Every feature has the same bits, and outcomes, rule confidence and in-play flags are equal."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS)
    record = Record(pool, home)
    assert record.feature_rows.sessions() == SESSIONS
    sizes = [(home / file.path).stat().st_size for file in record.bar_tables.files(timeframe="features")]
    assert max(sizes) <= BUDGETS[505]
    with platform.services() as services:
        seen = look_back(in_this_process(services), LAST)
        market, patterns = seen.market.get(), seen.patterns.get()
    whole = from_market(market, patterns, OutcomeRules(), large_cap(), AFTER)
    there = np.flatnonzero(whole.session >= as_day(FIRST))
    bars = whole.take(there)
    alone = average_uniqueness(bars.symbol, bars.session, bars.known_session)
    bars = replace(bars, weight=alone)
    recorded, notes = from_record(record, FIRST, LAST, large_cap(), AFTER)
    assert len(recorded) == len(bars) > 1_000
    assert not differing(recorded.matrix, bars.matrix).any()
    assert recorded.sha256 == bars.sha256
    unknown = np.isnan(bars.matrix[:, FEATURES.index("has_catalyst")])
    assert 0 < unknown.sum() < len(bars), "some are covered, and some are not"
    assert notes == ()
    _audited(record, whole)
    assert np.array_equal(recorded.both_barriers, bars.both_barriers)
    assert recorded.undecidable[1] == len(recorded)
    assert 0 < whole.undecidable[0] < 0.05 * len(whole)
    setups = sum(len(part) for part in recorded_rows(record, FIRST, LAST))
    assert recorded.undecided == {UNDECIDED: setups - len(recorded)}

    _of_another_schema(record)


def _audited(record: Record, whole: TrainingSet) -> None:
    """The rows made again from what was known at two closes are those of the whole history; a column ahead is found."""
    then = rows_then(record, whole, LAST)
    findings = later_knowledge(whole, then)
    assert [(one.figure is not None, one.leak) for one in findings.values()] == [(True, "")] * 2
    days, number = np.unique(whole.session, return_inverse=True)
    later = np.searchsorted(whole.session, days, side="right").clip(max=len(whole) - 1)[number]
    for name, kind in (("rsi_14", "feature"), ("has_catalyst", "news_time")):
        matrix, at = whole.matrix.copy(), FEATURES.index(name)
        matrix[:, at] = np.where(np.isnan(matrix[:, at]), 1.0, matrix[later, at])
        assert name in later_knowledge(replace(whole, matrix=matrix), then)[kind].leak


def _of_another_schema(record: Record) -> None:
    """One session's rows come again as an earlier version of the code made them: a feature less, another order."""
    rows = record.feature_rows.of(LAST)
    assert rows is not None
    names = tuple(name for name in reversed(FEATURES) if name != "rsi_14")
    older = replace(rows, matrix=rows.columns(names), schema=FeatureSchema(VERSION + 1, names))
    assert record.feature_rows.record(older, at=NOON) == len(rows)
    parts = list(recorded_rows(record, FIRST, LAST))
    assert [part.note for part in parts[:-1]] == [""] * (len(SESSIONS) - 1)
    assert parts[-1].note == (
        f"{LAST}: rsi_14 unknown: the rows were made without; computed by version {VERSION + 1} of the features, "
        f"not {VERSION}"
    )
    at = FEATURES.index("rsi_14")
    assert np.isnan(parts[-1].matrix[:, at]).all()
    others = np.delete(np.arange(len(FEATURES)), at)
    assert np.array_equal(parts[-1].matrix[:, others], rows.matrix[:, others], equal_nan=True)
    assert next(iter(recorded_rows(record, LAST, LAST, ["atr_pct"]))).matrix.shape == (len(rows), 1)
    with pytest.raises(ModelError, match="The outcome model needs rsi_14, which the feature rows of 2010-06-10"):
        parts[-1].rows.require(["rsi_14", "atr_pct"], "The outcome model")
    parts[0].rows.require(SCHEMA.names, "The outcome model")
    with pytest.raises(ModelError, match="No feature row of 2010-07-01 to 2010-07-02"):
        from_record(record, date(2010, 7, 1), date(2010, 7, 2), large_cap(), AFTER)
