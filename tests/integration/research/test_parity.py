"""A session that was traded agrees with the backtester, and what was tampered with is found by kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.news.files import FileNews
from adapters.postgres.catalysts import CatalystStore
from adapters.postgres.journal import JournalStore
from adapters.postgres.pool import Pool
from adapters.postgres.vix import VixStore
from adapters.record import Record
from data.importing.importer import BarImporter
from data.news.importing import NewsImport
from research.backtest.recorded import read_recorded
from research.backtest.running import Terms
from research.checks.causes import UNEXPLAINED, Changes, changes_since
from research.checks.daily import parity_on_record
from research.checks.parity import parity_of
from research.checks.then import recorded_then
from tests.integration.one_process import NOON, Platform, momentum_of
from trading.bars.panel import as_date
from trading.decisions.arms import ACCOUNTS
from trading.errors import ConfigurationError
from trading.market.vix import VixRows
from trading.news.normalise import Rules
from trading.risk.decision_rules import DecisionRules
from trading.risk.sizing import SizingLimits

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 6, 4))]
TERMS = Terms(ACCOUNTS, 10_000_000)
MODELS = momentum_of()


def _late_earnings(pool: Pool, symbol: str, day: date) -> None:
    """A day of the symbol's earnings comes in an hour after the session was traded, a later one and a known one too."""
    events = CatalystStore(pool).load(date(2010, 1, 1), day)
    known = events.filter(pc.less(events.column("event_date"), pa.scalar(SESSIONS[0]))).slice(0, 1)
    rows = pa.table({"symbol": [symbol, symbol], "event_date": pa.array([SESSIONS[0], day])})
    late = pa.concat_tables([rows, known.select(["symbol", "event_date"])])
    CatalystStore(pool).record_earnings(late, source="another calendar", at=datetime.now(UTC) + timedelta(hours=1))


def test_parity_is_complete_and_finds_other_prices_and_sizes(pool: Pool, empty_url: str, home: Path) -> None:
    """No difference for what was traded; an open that is a cent off is a price, half the positions are sizes."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS)
    journal = JournalStore(pool, clock=lambda: NOON)
    entries, completed = journal.load(), journal.completed_sessions()
    kinds = {day: {entry.draft.kind for entry in entries if entry.draft.session == day} for day in SESSIONS}
    day = next(day for day in SESSIONS if kinds[day] >= {"order", "fill"})
    recorded = read_recorded(Record(pool, home), day)
    honest = parity_of(day, entries, completed, recorded=recorded, terms=TERMS, models=MODELS, changes=Changes())
    assert honest.differences == ()
    assert honest.entries == sum(entry.draft.session == day for entry in entries) > 2

    filled = next(e.draft.payload["symbol"] for e in entries if e.draft.kind == "fill" and e.draft.session == day)
    bars = recorded.bars
    hit = pc.and_(pc.equal(bars.column("symbol"), filled), pc.equal(bars.column("session"), pa.scalar(day)))
    opens = pc.if_else(hit, pc.add(bars.column("open"), 0.01), bars.column("open"))
    off = replace(recorded, bars=bars.set_column(bars.column_names.index("open"), "open", opens))
    prices = parity_of(day, entries, completed, recorded=off, terms=TERMS, models=MODELS, changes=Changes())
    assert any(filled in one.command_id and one.what in {"price", "size"} for one in prices.differences)
    assert prices.unexplained == len(prices.differences) > 0

    halved = DecisionRules(sizing=SizingLimits(max_weight=SizingLimits().max_weight / 2))
    sizes = parity_of(
        day,
        entries,
        completed,
        recorded=recorded,
        terms=replace(TERMS, decisions=halved),
        models=MODELS,
        changes=Changes(settings=("other settings",)),
    )
    assert {one.what for one in sizes.differences} >= {"size"}
    assert all(one.cause == "other settings" != UNEXPLAINED for one in sizes.differences)
    assert changes_since(pool, day).said == ()

    bought = next(e.draft.payload["symbol"] for e in entries if e.draft.kind == "order" and e.draft.session == day)
    _late_earnings(pool, bought, day)
    late = read_recorded(Record(pool, home), day)
    changes = changes_since(pool, day)
    assert changes.completed_at is not None
    events = parity_of(
        day, entries, completed, recorded=late, terms=TERMS, models=MODELS, changes=changes,
        then=recorded_then(Record(pool, home), late, changes.completed_at),
    )  # fmt: skip
    said = f"late data: 1 earnings days of {bought} recorded ({SESSIONS[0]}) after the session was traded"
    assert events.changed_since == (said,)
    assert events.differences
    assert events.unexplained == 0
    assert {one.cause for one in events.differences if bought in one.command_id} <= {said}
    with pytest.raises(ConfigurationError, match="was not traded"):
        parity_of(
            date(2010, 7, 1), entries, completed, recorded=recorded, terms=TERMS, models=MODELS, changes=Changes()
        )
    with pytest.raises(ConfigurationError, match="Sessions on record: 2010-06-01 to 2010-06-04"):
        parity_on_record(Record(pool, home), date(2010, 6, 5), TERMS, clock=lambda: NOON)


def _late_open(pool: Pool, home: Path, symbol: str, day: date) -> None:
    """The open of the symbol is corrected by five percent an hour after everything."""
    record = Record(pool, home)
    bar = record.bars.read(day, day, symbols=[symbol])
    price = bar.column("open")[0].as_py() * 1.05
    names = {"open": price, "high": max(price, bar.column("high")[0].as_py())}
    for name, value in names.items():
        bar = bar.set_column(bar.column_names.index(name), name, pa.array([value]))
    later = datetime.now(UTC) + timedelta(hours=1)
    BarImporter(record, lambda: later).run(TableSource("corrected", "c" * 64, bar))


def test_a_late_file_explains_what_it_changes_and_nothing_else(pool: Pool, empty_url: str, home: Path) -> None:
    """A corrected open explains that symbol's fill; sizes that are otherwise for no known reason stay unexplained."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS)
    journal = JournalStore(pool, clock=lambda: NOON)
    entries, completed = journal.load(), journal.completed_sessions()
    fills = [e.draft for e in entries if e.draft.kind == "fill" and e.draft.payload["reason"] == "entry"]
    day = max(draft.session for draft in fills)
    hit = next(draft.payload["symbol"] for draft in fills if draft.session == day)
    _late_open(pool, home, hit, day)
    record = Record(pool, home)
    changes, recorded = changes_since(pool, day), read_recorded(record, day)
    assert changes.completed_at is not None
    then = recorded_then(record, recorded, changes.completed_at)
    honest = parity_of(
        day, entries, completed, recorded=recorded, terms=TERMS, models=MODELS, changes=changes, then=then
    )
    assert honest.differences
    assert honest.unexplained == 0
    assert any(f"bars of {hit} corrected" in one.cause for one in honest.differences if hit in one.command_id)

    halved = DecisionRules(sizing=SizingLimits(max_weight=SizingLimits().max_weight / 2))
    mixed = parity_of(
        day, entries, completed, recorded=recorded, terms=replace(TERMS, decisions=halved), models=MODELS,
        changes=changes, then=then,
    )  # fmt: skip
    sized = [one for one in mixed.differences if one.what == "size" and hit not in one.command_id]
    assert sized
    assert all(one.cause == UNEXPLAINED for one in sized)


def _late_facts(pool: Pool, home: Path, day: date) -> None:
    """An article and a close of the VIX of the days before come in an hour after everything."""
    later = datetime.now(UTC) + timedelta(hours=1)
    path = home / "late.csv"
    told = f"{day - timedelta(days=1)}T14:00:00Z"
    path.write_text(f"published_at,headline,symbols\n{told},AA raises its guidance,AA\n")
    NewsImport(pool).bring(FileNews(path, {}).fetch(), Rules("wire", "news", later, delay=timedelta()))
    rows = VixRows(1, {day - timedelta(days=1): 15.0}, 0, {})
    VixStore(pool).record(rows, source="a late file", imported_at=later)


def test_late_news_and_a_late_vix_explain_nothing_that_differs_without_them(
    pool: Pool, empty_url: str, home: Path
) -> None:
    """Sizes that differ for no known reason stay so beside a late article; a late VIX explains what it changed."""
    platform = Platform(home, empty_url, pool)
    platform.import_until(None)
    platform.replay(SESSIONS)
    journal = JournalStore(pool, clock=lambda: NOON)
    entries, completed = journal.load(), journal.completed_sessions()
    ordered = [e.draft for e in entries if e.draft.kind == "order" and e.draft.payload.get("side") == "buy"]
    day = min(draft.session for draft in ordered)
    record = Record(pool, home)
    _late_facts(pool, home, day)
    changes, recorded = changes_since(pool, day), read_recorded(record, day)
    assert set(changes.late) == {"VIX", "news"}
    assert recorded.news.rows.num_rows == 1
    assert recorded.vix is not None
    assert changes.completed_at is not None
    then = recorded_then(record, recorded, changes.completed_at)
    as_then = then.put_back(recorded, changes.late)
    assert as_then.vix is None
    assert as_then.news.rows.num_rows == 0
    eighth = DecisionRules(sizing=SizingLimits(max_weight=SizingLimits().max_weight / 8))
    planted = parity_of(
        day, entries, completed, recorded=recorded, terms=replace(TERMS, decisions=eighth), models=MODELS,
        changes=changes, then=then,
    )  # fmt: skip
    sized = [one for one in planted.differences if one.what == "size"]
    assert sized
    assert all(one.cause == UNEXPLAINED for one in sized)
    honest = parity_of(
        day, entries, completed, recorded=recorded, terms=TERMS, models=MODELS, changes=changes, then=then
    )
    assert honest.differences
    assert {one.cause for one in honest.differences} == {
        "late data: 1 closes of the VIX recorded after the session was traded"
    }
