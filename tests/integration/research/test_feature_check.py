"""A feature that a run computes otherwise fails the daily check and blocks; late data explain, nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pydantic import SecretStr

from actors.checks import Checks
from actors.pattern_recognition import PatternRecognition
from actors.wiring import Wiring, now
from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.postgres.broker_record import ControlRecord
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.daily_checks import DailyCheck
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.importer import BarImporter
from research.backtest.running import Terms
from research.checks.daily import daily_features
from research.checks.session_again import SessionAgain
from tests.fakes.eventually import eventually
from tests.integration.one_process import NOON, Platform, momentum_of
from trading.bars.panel import as_date
from trading.cycle.stages import Market, Patterns
from trading.views.feature_rows import VERSION, FeatureSchema
from trading.views.setups import FEATURES, Setups

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 2))]
DAY = SESSIONS[-1]
RSI = FEATURES.index("rsi_14")


class Skewed(PatternRecognition):
    """Pattern recognition whose RSI of the first long setup is a neighbouring number: the least that can differ."""

    def setups(self, session: date, market: Market, patterns: Patterns) -> Setups:
        """Those of the service, but for one value."""
        found = super().setups(session, market, patterns)
        matrix = found.matrix.copy()
        hit = np.flatnonzero(found.direction > 0)[0]
        matrix[hit, RSI] = np.nextafter(matrix[hit, RSI], np.float32(np.inf))
        return replace(found, matrix=matrix)


@pytest.fixture
def checks(empty_url: str, pool: Pool, home: Path) -> Iterator[Checks]:
    """The service over an empty record with tables."""
    assert pool is not None
    service = Checks(Wiring(home, SecretStr(empty_url), 10_000_000))
    yield service
    service.pool.close()


def _check(checks: Checks) -> DailyCheck:
    wiring = checks.wiring
    terms = Terms(wiring.books, wiring.cash_cents, wiring.decisions, wiring.scanner, wiring.paper)
    return daily_features(SessionAgain(checks.on_record, DAY, terms), clock=now)


def test_one_feature_computed_otherwise_fails_and_blocks(
    checks: Checks, pool: Pool, home: Path, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit of one value of one symbol: named with both values, and nothing new is opened until it is looked at."""
    platform = Platform(home, empty_url, pool, replaced=[Skewed])
    platform.import_until(None)
    platform.replay(SESSIONS)
    monkeypatch.setattr("research.checks.daily.models_of", momentum_of)
    found = next(one for one in checks.check() if one.kind == "features")
    assert (found.verdict, found.differences) == ("failed", 1)
    rows = Record(pool, home).feature_rows.of(DAY)
    assert rows is not None
    hit = np.flatnonzero(rows.direction > 0)[0]
    symbol, skewed = rows.symbols[hit], rows.matrix[hit, RSI]
    honest = np.nextafter(skewed, np.float32(-np.inf))
    said = f"rsi_14 of {symbol} long: {skewed:.9g} on record, {honest:.9g} again (unexplained)"
    assert found.findings == (said,)
    assert found.detail == f"1 of {found.compared:,} values of feature rows differ without a cause, first {said}"
    assert said in ControlRecord(pool).state().opening_refused(live=False, cost_cents=0, at=NOON)
    eventually(lambda: checks.condition()[0] == "degraded", what="the check says that it found something")


def test_late_data_explain_and_a_lost_row_does_not(checks: Checks, pool: Pool, home: Path, empty_url: str) -> None:
    """Late bars and earnings explain what they changed; a setup that nobody recorded, another schema, no file don't."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    assert _check(checks).verdict == "not done", "nothing was recorded yet, which an earlier version is known by"
    platform.replay(SESSIONS)
    record = Record(pool, home)
    clean = _check(checks)
    rows = record.feature_rows.of(DAY)
    assert rows is not None
    assert (clean.verdict, clean.differences, clean.compared) == ("passed", 0, len(rows) * len(FEATURES))

    _late_earnings(pool, str(rows.symbols[0]))
    late = _check(checks)
    assert late.verdict == "explained"
    assert all("late" in one for one in late.findings)
    _late_bar(pool, home, record, str(rows.symbols[-1]))
    both = _check(checks)
    assert both.verdict == "explained"
    assert both.differences > late.differences

    record.feature_rows.record(rows.take(np.arange(1, len(rows))), at=NOON)
    lost = _check(checks)
    name = f"{rows.symbols[0]} {'long' if rows.direction[0] > 0 else 'short'}"
    assert lost.verdict == "failed"
    assert lost.findings[0] == f"{name}: none on record, a setup again (unexplained)"

    other = replace(rows, schema=FeatureSchema(VERSION + 1, FEATURES))
    record.feature_rows.record(other, at=NOON)
    assert _check(checks).verdict == "not done"
    assert f"computed by version {VERSION + 1} of the features, not {VERSION}" in _check(checks).detail
    for path in (home / "bars" / "hot" / "features").iterdir():
        path.unlink()
    gone = _check(checks)
    assert gone.verdict == "not done"
    assert "feature rows) is in the manifest and cannot be read: it isn't there" in gone.detail
    assert "Restore it from a backup." in gone.detail


def _late_earnings(pool: Pool, symbol: str) -> None:
    rows = pa.table({"symbol": [symbol], "event_date": pa.array([SESSIONS[0]])})
    CatalystStore(pool).record_earnings(rows, source="another calendar", at=datetime.now(UTC) + timedelta(hours=1))


def _late_bar(pool: Pool, home: Path, record: Record, symbol: str) -> None:
    """The close of the session before comes again a cent higher."""
    bars = record.bars.read(SESSIONS[0], SESSIONS[0], symbols=[symbol])
    row: dict[str, Any] = bars.to_pylist()[0]
    row["close"] = row["close"] - 0.01 if row["close"] - 0.01 > row["low"] else row["close"] + 0.01
    again = pa.Table.from_pylist([row], schema=bars.schema)
    assert pc.all(pc.less_equal(again.column("close"), again.column("high"))).as_py()
    later = datetime.now(UTC) + timedelta(hours=2)
    BarImporter(Record(pool, home), lambda: later).run(TableSource("corrected", "1" * 64, again))
