"""One security under several spellings: imported as one, and found where it is on record twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.postgres.pool import Pool
from adapters.record import Record
from data.importing.archive import open_archive
from data.importing.importer import BarImporter
from data.importing.layout import Asked
from data.verification.report import Selection, verify_data
from data.verification.twins import Twin
from trading.bars.actions import Split
from trading.bars.panel import BARS_SCHEMA

NOON = datetime(2024, 12, 31, 22, tzinfo=UTC)
DAYS = [day.item() for day in sessions_between(date(2023, 1, 3), date(2023, 3, 31))]
HEAD = "Symbol,Date,Open,High,Low,Close,Volume\n"


@pytest.fixture
def record(home: Path, pool: Pool) -> Record:
    """An empty one."""
    return Record(pool, home)


def _csv(symbol: str, days: list[date] = DAYS, *, step: float = 1.0) -> str:
    """A wave at 70 USD; from the thirtieth session on at `step` times that."""
    rows = []
    for at, day in enumerate(days):
        price = round(70 * (1 + 0.02 * np.sin(DAYS.index(day))) * (step if at >= 30 else 1.0), 2)
        rows.append(f"{symbol},{day},{price},{price + 1},{price - 1},{price},{1_000_000 + DAYS.index(day)}\n")
    return "".join(rows)


def _import(record: Record, path: Path, text: str, asked: Asked | None = None) -> dict[str, int]:
    path.write_text(text)
    counts = BarImporter(record, lambda: NOON).run(open_archive(path, asked or Asked()))
    assert counts.rows_in == counts.rows_stored + counts.rows_duplicate
    return {found.gate: found.findings for found in counts.findings}


def test_class_shares_are_one_whatever_the_file_calls_them(record: Record, tmp_path: Path) -> None:
    """BRK.B of one vendor, brk-b of another, BRK/B as a file's name: one instrument, each session once."""
    assert "other_spelling" not in _import(record, tmp_path / "one.csv", HEAD + _csv("BRK.B", DAYS[:50]))
    told = _import(record, tmp_path / "two.csv", HEAD + _csv("brk-b", DAYS[30:]))
    assert told["other_spelling"] == 1
    bars = record.bars.read_all()
    assert set(bars.column("symbol").to_pylist()) == {"BRK.B"}
    assert bars.num_rows == len(DAYS)
    _import(record, tmp_path / "BF-B.US.csv", HEAD.removeprefix("Symbol,") + _csv("").replace("\n,", "\n")[1:])
    assert set(record.bars.read_all().column("symbol").to_pylist()) == {"BF.B", "BRK.B"}


@pytest.mark.parametrize("symbol", ["TRUE", "NA", "NULL", "INF", "ON", "Y"])
def test_a_ticker_that_looks_like_a_value_obeys_its_factors(symbol: str, record: Record, tmp_path: Path) -> None:
    """7-for-5 in a file of factors, in which the ticker reads as a boolean or as missing."""
    factors = tmp_path / "factors.csv"
    rows = [f"{symbol},{DAYS[29].isoformat()},1,{5 / 7}", f"{symbol},{DAYS[-1].isoformat()},1,1"]
    factors.write_text("symbol,date,price_factor,split_factor\n" + "\n".join(rows) + "\n")
    told = _import(record, tmp_path / "bars.csv", HEAD + _csv(symbol, step=5 / 7), Asked(factors=factors))
    assert record.bar_tables.splits() == [Split(symbol, DAYS[30], 7, 5)]
    assert "unexplained_jump" not in told


def _days(symbol: str, shift: float = 0.0) -> pa.Table:
    price = [round(70 + at % 7 + shift, 2) for at in range(len(DAYS))]
    rows = [(symbol, day, one, one + 1, one - 1, one, 100) for day, one in zip(DAYS, price, strict=True)]
    return pa.table([pa.array(column) for column in zip(*rows, strict=True)], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


def test_twins_on_record_are_named(record: Record) -> None:
    """An earlier version stored BRK-B beside BRK.B; GOOX has GOOG's prices, OTHR has its own."""
    bars = pa.concat_tables([_days("BRK.B"), _days("BRK-B"), _days("GOOG", 31), _days("GOOX", 31), _days("OTHR", 50)])
    BarImporter(record, lambda: NOON).run(TableSource("earlier", "0" * 64, bars))
    report = verify_data(record, Selection(), alive=False, clock=lambda: NOON)
    assert report.ok
    (days,) = report.timeframes
    count = len(DAYS)
    assert days.twins == (Twin("BRK.B", "BRK-B", count, spelling=True), Twin("GOOG", "GOOX", count, spelling=False))
