"""Everything that can be checked of a data folder, in one report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import KINDS, SHAPES, Kind
from adapters.postgres.bars_sums import BarSums, FoundBy
from adapters.postgres.broker_record import BrokerRecord
from adapters.postgres.execution_record import ExecutionRecord
from adapters.postgres.journal import JournalStore
from adapters.record import Record
from data.verification.broker_book import check_broker_book
from data.verification.coverage import Coverage, SessionCoverage, SymbolCoverage
from data.verification.files import Stretch, check_files, check_strays
from data.verification.journal import ReadableRows, check_journal
from data.verification.record import check_readable, check_sums
from data.verification.trials import check_trials
from data.verification.trouble import Trouble
from data.verification.twins import Twin, Twins

MOST_EVENTS = 1_000_000
"""Of a broker, as the desk reads them."""


@dataclass(frozen=True)
class Selection:
    """What is looked at; all of it by default.

    Attributes:
        symbols: coverage and findings are told of these only; files are checked whole all the same.
        first: files that reach past it, and coverage from it on.
        last: likewise.
    """

    symbols: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def of_days(self) -> bool:
        """Some sessions are left out, so that sums over all of them can't be compared."""
        return self.first is not None or self.last is not None


@dataclass(frozen=True)
class TimeframeReport:
    """The bars of one length, or the feature rows; who has a row depends on what was found, so they have no coverage.

    Attributes:
        bars: rows that readers get.
        rows: in the files, versions that were corrected since included.
        twins: symbols that seem to be one security; looked for in days.
    """

    timeframe: Kind
    files: int
    rows: int
    bars: int
    symbols: tuple[SymbolCoverage, ...]
    sessions: tuple[SessionCoverage, ...]
    twins: tuple[Twin, ...] = ()


@dataclass(frozen=True)
class Report:
    """What was checked and found.

    Attributes:
        troubles: empty when all is well.
        skipped: what wasn't compared, and why.
        journal_entries: whose chain of hashes and balances were checked.
        trial_entries: of the ledger of trials, whose chain was checked.
    """

    troubles: tuple[Trouble, ...]
    skipped: tuple[str, ...]
    timeframes: tuple[TimeframeReport, ...]
    findings: tuple[FoundBy, ...]
    imports: int
    journal_entries: int
    journal_hash: str
    trial_entries: int

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return not self.troubles


def verify_data(
    record: Record,
    chosen: Selection,
    *,
    alive: bool,
    clock: Callable[[], datetime],
    tell: Callable[[int, int], None] | None = None,
) -> Report:
    """The report over the data folder; nothing is changed.

    Args:
        record: of the data folder; only read.
        chosen: what is looked at.
        alive: a run or an import is at work, so files under way are no strays.
        clock: for the journal's reader, which doesn't look at it.
        tell: told how many files of how many were checked.
    """
    pool, store, sums = record.pool, record.bars, BarSums(record.pool)
    before = sums.imports()
    files = record.bar_tables.files(chosen.first, chosen.last, timeframe=None)
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if tell:
            tell(done, len(files))

    gathered = _Gathered(chosen)
    for stretch in check_files(store, files, step):
        gathered.add(stretch)
    troubles, skipped = gathered.troubles, []
    if alive:
        skipped.append("files that the manifest doesn't name: something is at work, they may be under way")
    else:
        troubles += check_strays(store)
    troubles += check_sums([one for one in before if one.complete or not alive])
    if chosen.of_days:
        skipped.append("the bars on record against those stored: only some sessions were read")
    elif sums.imports() != before:
        skipped.append("the bars on record against those stored: more came in meanwhile; verify again")
    elif not gathered.unreadable:
        troubles += check_readable(before, {length: gathered.readable[length] for length in SHAPES})
    entries, digest, broken = check_journal(JournalStore(pool, clock=clock), ReadableRows(pool))
    trial_entries, unwhole = check_trials(record.trials)
    broken += unwhole
    ordered = ExecutionRecord(pool, clock=clock).orders()
    broken += check_broker_book(ordered, BrokerRecord(pool, clock=clock).after("", MOST_EVENTS))
    found = sums.findings(chosen.first, chosen.last, chosen.symbols or None)
    return Report(
        (*troubles, *gathered.strangers(), *broken), tuple(skipped), gathered.reports(), tuple(found), len(before),
        entries, digest, trial_entries,
    )  # fmt: skip


class _Gathered:
    """What the stretches of files add up to."""

    def __init__(self, chosen: Selection) -> None:
        self._chosen = chosen
        self._coverage: dict[Kind, Coverage] = {timeframe: Coverage(chosen.symbols) for timeframe in SHAPES}
        self._files = dict.fromkeys(KINDS, 0)
        self._rows = dict.fromkeys(KINDS, 0)
        self.readable: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self._twins = Twins()
        self.troubles: list[Trouble] = []
        self.unreadable = False

    def add(self, stretch: Stretch) -> None:
        self._files[stretch.timeframe] += stretch.files
        self._rows[stretch.timeframe] += stretch.rows
        self.readable[stretch.timeframe] += stretch.bars.num_rows
        self.troubles += stretch.troubles
        if stretch.timeframe not in self._coverage:
            return
        self.unreadable |= any(trouble.check == "file" for trouble in stretch.troubles)
        if stretch.prices is not None and stretch.prices.num_rows:
            self._twins.add(stretch.prices)
        bars = _selected(stretch.bars, self._chosen) if stretch.bars.num_rows else stretch.bars
        if bars.num_rows:
            self._coverage[stretch.timeframe].add(bars)

    def strangers(self) -> list[Trouble]:
        return [trouble for coverage in self._coverage.values() for trouble in coverage.strangers()]

    def reports(self) -> tuple[TimeframeReport, ...]:
        return tuple(
            TimeframeReport(
                timeframe, self._files[timeframe], self._rows[timeframe], self.readable[timeframe],
                *self._covered(timeframe), tuple(self._twins.found()) if timeframe == "1d" else (),
            )
            for timeframe in KINDS if self._files[timeframe]
        )  # fmt: skip

    def _covered(self, kind: Kind) -> tuple[tuple[SymbolCoverage, ...], tuple[SessionCoverage, ...]]:
        coverage = self._coverage.get(kind)
        return ((), ()) if coverage is None else (tuple(coverage.symbols()), tuple(coverage.sessions()))


def _selected(bars: pa.Table, chosen: Selection) -> pa.Table:
    mask = pc.is_valid(bars.column("symbol"))
    if chosen.symbols:
        mask = pc.is_in(bars.column("symbol"), pa.array(chosen.symbols, pa.string()))
    if chosen.first:
        mask = pc.and_(mask, pc.greater_equal(bars.column("session"), pa.scalar(chosen.first)))
    if chosen.last:
        mask = pc.and_(mask, pc.less_equal(bars.column("session"), pa.scalar(chosen.last)))
    return bars.filter(mask)
