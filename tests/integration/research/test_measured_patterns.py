"""The patterns of a small record, measured through the store, the command and the HTTP interface's cache."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from rich.console import Console

from adapters.bars.store import BarStore
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.patterns import PatternStore
from adapters.postgres.pool import Pool
from adapters.record import Record
from cli.patterns.commands import _table, _words, chosen
from research.measured_patterns import Statistics, measured_patterns
from serve.kept import Kept
from serve.resources.pattern_statistics import statistics_answer
from tests.fakes.eventually import eventually
from tests.unit.trading.made_bars import random_bars
from trading.bars.panel import Panel
from trading.errors import ConfigurationError, UnavailableError
from trading.indicators.daily import compute
from trading.outcomes.barriers import OutcomeRules, label
from trading.patterns.candlestick import NAMES, detect

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def _pattern(day: date) -> pa.Table:
    """One engulfing on record, so that the record reaches to its session."""
    return pa.table(
        {
            "symbol": ["S0"],
            "timestamp": [datetime(day.year, day.month, day.day, 21, tzinfo=UTC)],
            "session": [day],
            "pattern_type": ["engulfing"],
            "family": ["candlestick"],
            "direction": np.array([1], dtype=np.int8),
        }
    )


def _store(pool: Pool, home: Path, bars: pa.Table) -> None:
    record = BarRecord(pool)
    record.record_files(BarStore(home, record).write(bars), written_at=NOON)


@pytest.fixture
def bars() -> pa.Table:
    """Thirty symbols of 120 sessions."""
    return random_bars(3, lengths=(120,) * 30)


def _last(bars: pa.Table, back: int) -> date:
    return sorted(bars.column("session").unique().to_pylist())[-back]


def test_the_rates_are_those_of_the_bars_up_to_the_record(pool: Pool, home: Path, bars: pa.Table) -> None:
    """Success is TA-Lib's sightings with the outcomes of `trading.outcomes.barriers`, and later bars change nothing."""
    cut = _last(bars, 20)
    _store(pool, home, bars)
    PatternStore(pool).record(_pattern(cut))
    found = measured_patterns(Record(pool, home))
    panel = Panel.from_arrow(bars.filter(pc.less_equal(bars.column("session"), pa.scalar(cut))))
    candles = detect(panel)
    mine = (candles.pattern == NAMES.index("engulfing")) & (candles.direction > 0)
    rows = candles.row[mine]
    outcome = label(panel, rows, candles.direction[mine], compute(panel)["atr_14"][rows], OutcomeRules())
    wanted = ("engulfing", 1, "all")
    (seen,) = [row for row in found.rows if (row.pattern, row.direction, row.condition) == wanted]
    assert seen.recorded == len(rows)
    assert seen.with_outcome == np.isfinite(outcome.success).sum()
    assert seen.success.value == pytest.approx(np.nanmean(outcome.success))
    assert (found.last_session, found.bars, found.bars_before_breaks) == (cut, len(panel), 0)


def test_a_conjunction_is_measured_and_never_shrinks_the_correction(pool: Pool, home: Path, bars: pa.Table) -> None:
    """Two conditions give rows for bars that meet both; at least as many pairs are tested as without."""
    _store(pool, home, bars)
    PatternStore(pool).record(_pattern(_last(bars, 1)))
    asked = (("rsi", "35-50"), ("volume", "usual"))
    plain, both = measured_patterns(Record(pool, home)), measured_patterns(Record(pool, home), where=asked)
    assert both.tested >= plain.tested
    rows = chosen(both, asked)
    alone = {(row.pattern, row.direction): row.recorded for row in chosen(plain, asked[:1])}
    assert rows
    assert all(0 < row.recorded <= alone[row.pattern, row.direction] for row in rows)
    with pytest.raises(ConfigurationError, match="25-35"):
        measured_patterns(Record(pool, home), where=(("rsi", "26-34"),))


def test_without_patterns_there_is_nothing_to_measure(pool: Pool, home: Path) -> None:
    """The command says so; the HTTP interface answers empty."""
    with pytest.raises(UnavailableError, match="no patterns yet"):
        measured_patterns(Record(pool, home))
    answer = statistics_answer(Kept(partial(measured_patterns, Record(pool, home))).at(None), "all", None, 10)
    assert answer.patterns == []
    assert answer.catalyst is None


def test_the_interface_measures_once_a_session(pool: Pool, home: Path, bars: pa.Table) -> None:
    """The same object answers until the later session's is there; the answer carries every figure."""
    _store(pool, home, bars)
    store, kept = PatternStore(pool), Kept(partial(measured_patterns, Record(pool, home)), first_wait_s=60)
    first, second = _last(bars, 5), _last(bars, 1)
    store.record(_pattern(first))
    one = kept.at(first)
    assert kept.at(first) is one
    store.record(_pattern(second))
    assert kept.at(second) is one  # while the later one is being measured
    eventually(lambda: kept.at(second) is not one, what="the later session's statistics")
    two = kept.at(second)
    assert two is not None
    assert two.last_session == second
    answer = statistics_answer(two, "rsi", "35-50", 7)
    assert len(answer.patterns) == 7
    expected = [row for row in two.rows if (row.condition, row.label) == ("rsi", "35-50")]
    by_key = {(row.pattern, row.direction): row for row in expected}
    for said in answer.patterns:
        row = by_key[said.pattern, {"long": 1, "short": -1, "none": 0}[said.direction]]
        assert (said.success.value, said.baseline, said.q_value) == (row.success.value, row.baseline, row.q_value)
    assert statistics_answer(two, "moon", None, 7).patterns == []


def test_the_words_say_what_the_rows_say(pool: Pool, home: Path, bars: pa.Table) -> None:
    """The table has a line a pattern, the words count the verdicts, and an unknown catalyst gives no ratio."""
    _store(pool, home, bars)
    PatternStore(pool).record(_pattern(_last(bars, 1)))
    found: Statistics = measured_patterns(Record(pool, home))
    rows = chosen(found, ())
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(_table(rows))
    text = console.export_text()
    assert all(f" {row.pattern} " in text for row in rows)
    words = "\n".join(_words(found, rows, ()))
    few = sum(row.verdict == "too few" for row in rows)
    assert f"{few} are too rare" in words
    assert "no ratio is known" in words
    assert "too few" in words
