"""Patterns recorded session by session, their outcomes filled in as they become known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from actors.services import in_this_process, look_back
from adapters.calendar import sessions_between
from adapters.postgres.bars_record import BarRecord
from adapters.postgres.patterns import KEY, OUTCOME, PatternStore
from adapters.postgres.pool import Pool, transaction
from tests.integration.one_process import Platform
from trading.bars.actions import Break, Split
from trading.bars.panel import as_date
from trading.cycle.session import look
from trading.evidence.log import pattern_log
from trading.outcomes.barriers import OutcomeRules

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 7, 12))]
"""Six weeks, in which three splits become known; the first patterns have run their 20 sessions by the end."""
COLUMNS = tuple(name for name in (*KEY, "family", *OUTCOME) if name != "timeframe")


def _on_record(pool: Pool) -> dict[tuple[Any, ...], dict[str, Any]]:
    with transaction(pool) as cursor:
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM pattern_training_data".encode())  # noqa: S608 - our own names
        rows = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    return {_key(row): row for row in rows}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["symbol"], row["session"], row["pattern_type"], row["direction"]


def test_what_is_filled_in_by_and_by_is_what_the_whole_history_says(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """After six weeks every pattern has the outcome that the last session's history gives it, those open included."""
    platform = Platform(tmp_path, empty_url, pool)
    platform.import_until(SESSIONS[-1])
    with platform.services() as services:
        local = in_this_process(services)
        for session in SESSIONS:
            seen = look(local, session)
            local.pattern_analysis.record(session, seen.market.later, seen.patterns.later).get()
        whole = look_back(local, SESSIONS[-1])
        market, patterns = whole.market.get(), whole.patterns.get()
        recent = np.flatnonzero(market.panel.sessions[patterns.detections.row] >= np.datetime64(SESSIONS[0]))
        log = pattern_log(market, patterns, recent, OutcomeRules()).to_pylist()
    said = _on_record(pool)
    expected = {_key(row): row for row in log}
    both = said.keys() & expected.keys()
    record = BarRecord(pool)
    jumps: list[Split | Break] = [*record.breaks(), *record.splits()]
    restated = {jump.symbol for jump in jumps}
    assert {
        key[0] for key in said.keys() ^ expected.keys()
    } <= restated  # cut off by a break, or a tie moved by a split
    assert len(both) > 0.99 * max(len(said), len(expected)) > 20_000
    for key in both:
        for name in OUTCOME:
            one, other = said[key][name], expected[key][name]
            other = None if other != other else other  # noqa: PLR0124 - NaN
            if isinstance(one, float) and isinstance(other, float):
                assert abs(one - other) < 1e-9, (key, name)
            else:
                assert one == other, (key, name)
    kinds = {row["own_exit"] for row in said.values() if row["family"] == "chart"}
    assert kinds >= {"stop", "target", "horizon", None}
    counts = PatternStore(pool).counts()
    assert counts.charts == sum(row["family"] == "chart" for row in said.values()) > 100
    assert counts.with_outcome + counts.without_direction < counts.recorded  # the last week's are open still


def test_a_break_gives_what_was_open_its_loss(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """STR opens on 2010-07-01 at 0.34 times its close: what was held loses, and nothing of it stays open."""
    platform = Platform(tmp_path, empty_url, pool)
    platform.import_until(SESSIONS[-1])
    (cut,) = (one for one in BarRecord(pool).breaks() if one.symbol == "STR")
    with platform.services() as services:
        local = in_this_process(services)
        for session in SESSIONS:
            seen = look(local, session)
            local.pattern_analysis.record(session, seen.market.later, seen.patterns.later).get()
    rows = [row for row in _on_record(pool).values() if row["symbol"] == "STR" and row["session"] < cut.session]
    settled = [row for row in rows if row["outcome_exit"] == "break"]
    assert settled
    assert all(row["outcome_known_session"] == cut.session for row in settled)
    longs = [row["outcome_return"] for row in settled if row["direction"] == 1]
    shorts = [row["outcome_return"] for row in settled if row["direction"] == -1]
    assert longs
    assert max(longs) < -0.6, "no stop could be met before the open"
    assert not shorts or max(shorts) < 0.2, "no short gains by what nobody explains"
    assert all(row["outcome_exit"] for row in rows if row["direction"])


def test_the_warm_up_keeps_what_came_before_a_break(pool: Pool, empty_url: str, tmp_path: Path) -> None:
    """The history of STR begins at its break; the patterns before it are on record all the same."""
    platform = Platform(tmp_path, empty_url, pool)
    platform.import_until(SESSIONS[-1])
    with platform.services() as services:
        local = in_this_process(services)
        seen = look_back(local, SESSIONS[-1])
        local.pattern_analysis.warm_up(seen.market.later, seen.patterns.later).get()
    rows = [row for row in _on_record(pool).values() if row["symbol"] == "STR" and row["session"] < date(2010, 7, 1)]
    assert {row["outcome_exit"] for row in rows} >= {"stop", "target", "horizon", "break"}
