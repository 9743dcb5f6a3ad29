"""Where a state is put on record the table is asked: what it refuses is not written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters.bars.files import BarFile
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.pool import Pool
from adapters.postgres.tier_record import TierRecord
from adapters.postgres.training_record import SessionRow, TrainingRecord
from trading.broker.book import Ordered
from trading.broker.orders import Bracket, OrderRequest
from trading.errors import LedgerError

AT = datetime(2026, 11, 16, 21, 30, tzinfo=UTC)
MONDAY = date(2026, 11, 16)


def test_an_answer_may_be_repeated_and_a_final_one_is_not_taken_back(pool: Pool) -> None:
    """Refused stays refused, however often it is told; accepted would open a position that nobody reckons with."""
    record = ExecutionRecord(pool, clock=lambda: AT)
    request = OrderRequest("e", "AAPL", "buy", 10, "on_open", bracket=Bracket(2_0000, 4_0000))
    record.place(MONDAY, [Ordered.opening(request, session=MONDAY, close_usd_e4=100_0000, at=AT)])
    for answer in ("unknown", "unknown", "refused", "refused"):
        record.answered("e", answer, "why")
    with pytest.raises(LedgerError, match="The order e can't become 'accepted': it is 'refused'"):
        record.answered("e", "accepted", "")
    assert [one.answer for one in record.orders()] == ["refused"]


def test_a_session_ends_once_and_only_with_an_ending(pool: Pool) -> None:
    """A later ending changes nothing, as a repeat after a restart must not; none at all is refused."""
    record = TrainingRecord(pool)
    row = SessionRow("cpu:1", "cpu", AT, AT, "0" * 64)
    record.open(row)
    with pytest.raises(LedgerError, match="can't become 'open'"):
        record.end(replace(row, ended_at=AT))
    record.end(replace(row, state="failed", ended_at=AT, detail="first"))
    record.end(replace(row, state="interrupted", ended_at=AT, detail="second"))
    assert [(one.state, one.detail) for one in record.sessions("cpu", 9)] == [("failed", "first")]


def test_a_cold_file_is_not_made_hot_again(pool: Pool) -> None:
    """The manifest is asked before it is changed, so the file needn't even be on it."""
    cold = BarFile("bars/cold/a.parquet", "cold", "1d", (MONDAY,), 1, "0" * 64)
    with pytest.raises(LedgerError, match="can't become 'hot': it is 'cold'"):
        TierRecord(pool).swap([cold], replace(cold, path="bars/hot/a.parquet", tier="hot"))
