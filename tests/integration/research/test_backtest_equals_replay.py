"""A backtest in one process gives the journal of the session-by-session services, byte by byte."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from adapters.calendar import sessions_between
from adapters.postgres.decisions import DECISION_COLUMNS
from adapters.postgres.pool import Pool
from adapters.record import Record
from research.backtest.recorded import read_recorded
from research.backtest.running import Terms, run_backtest
from tests.integration.one_process import Platform, momentum_of, register_scorer
from tests.integration.shared_data import shared_frame
from trading.bars.panel import BARS_SCHEMA, as_date
from trading.decisions.arms import ACCOUNTS
from trading.decisions.book_view import Decision

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 16))]


JUDGED = ("session", "account", "symbol", "veto", "reason")


def _judged(decisions: Sequence[Decision]) -> list[tuple[date, str, str, str, str]]:
    """What risk and the views said of each candidate, in the order of the record."""
    return sorted((one.session, one.book, one.candidate.symbol, one.veto, one.reason) for one in decisions)


AROUND_A_SPLIT = [as_date(day) for day in sessions_between(date(2014, 7, 14), date(2014, 9, 8))]
"""Forty sessions; DISCA splits and DISCK breaks off on 2014-08-07."""


def test_five_hundred_stocks_have_one_journal_too(pool: Pool, empty_url: str, home: Path) -> None:
    """Forty sessions of real bars with a year and a half of history: same hash, in two segments that end later on."""
    frame = shared_frame("sp500_daily_2013_2018").dropna().rename(columns={"date": "session"})
    frame = frame[frame["session"] <= date(2014, 9, 30)]
    platform = Platform(home, empty_url, pool)
    platform.import_bars(
        "505 stocks", pa.Table.from_pandas(frame[BARS_SCHEMA.names], BARS_SCHEMA, preserve_index=False)
    )
    register_scorer(pool)
    recorded = read_recorded(Record(pool, home), AROUND_A_SPLIT[-1])
    models = momentum_of()
    ours = run_backtest(recorded, AROUND_A_SPLIT, Terms(ACCOUNTS, 10_000_000), models)
    theirs = platform.replay(AROUND_A_SPLIT)
    assert len(AROUND_A_SPLIT) == 40
    assert ours.analyses == 2
    assert ours.journal_hash == theirs.journal[-1][3]
    assert len(ours.decisions) == len(theirs.decisions) > 100
    assert len([entry for entry in ours.entries if entry.draft.kind == "fill"]) > 20


def test_the_backtest_has_the_journal_of_the_services_and_writes_nothing(
    pool: Pool, empty_url: str, home: Path
) -> None:
    """Same hash, decisions and stocks in play over three splits and changing coverage; the tables stay as they were."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    recorded = read_recorded(Record(pool, home), SESSIONS[-1])
    models = momentum_of()
    ours = run_backtest(recorded, SESSIONS, Terms(ACCOUNTS, 10_000_000), models)
    assert platform._rows("SELECT count(*) FROM journal") == [(0,)], "a backtest must not write"
    assert platform._rows("SELECT count(*) FROM scans") == [(0,)], "a backtest must not write"
    theirs = platform.replay(SESSIONS)
    assert 1 < ours.analyses < len(SESSIONS), "segments of one session, or a single one, would prove nothing"
    odd = next((p for p in zip(ours.entries, theirs.journal, strict=False) if p[0].body != p[1][2]), None)
    assert odd is None, f"the first entry that differs: {odd}"
    assert ours.journal_hash == theirs.journal[-1][3]
    assert _judged(ours.decisions) == sorted(
        tuple(row[DECISION_COLUMNS.index(name)] for name in JUDGED) for row in theirs.decisions
    )
    vetoes = " ".join(decision.veto for decision in ours.decisions)
    assert "regime: " in vetoes, "no size by regime would be compared"
    assert sum(len(found) for found in ours.in_play.values()) == len(theirs.scans)
    assert {entry.draft.kind for entry in ours.entries} >= {"order", "fill", "mark"}
