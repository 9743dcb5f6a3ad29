"""An import from start to end: every row ends up stored, in quarantine or known as a duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime, timedelta

import pyarrow as pa

from adapters.bars.files import SHAPES, Timeframe
from adapters.feeds.source import UNREAD_SCHEMA, BarSource, NoBarsError, Refused
from adapters.postgres.bars_record import BarImport, GateCount, ImportedFile, Part
from adapters.record import Record
from data.importing.judging import Judge
from data.importing.set_aside import SetAside
from data.importing.spill import Spill
from trading.errors import BadDataError, UnavailableError
from trading.gates import Finding, Screened
from trading.gates.factors import FactorChange

REFUSED_SHARE = 0.05
"""Of the rows or files: an import that refuses more is no success."""
Progress = Callable[[str, int], None]
"""Told what is being done (`read`, `stored`) and with how many more rows."""


@dataclass(frozen=True)
class ImportCounts:
    """What became of each row: `rows_in` = stored + quarantined + duplicate.

    Attributes:
        new: False when this very source was imported before: every row is a duplicate then.
        rows_corrected: of the stored rows, those that replaced a bar with other values.
        quarantined: rows by the gate that refused them.
        findings: what the gates found, warnings about bars that are stored included; () when it was imported before.
        files_refused: files that could not be read to their end; none of their rows is counted.
        files: that the source has; 0 when it was imported before.
        files_lost: of the refused ones, those that have rows.
        without_factor: symbols that a file of factors lacks, ascending; () when it was imported before.
        factors_end: symbols whose factors end before their bars, likewise.
    """

    source: str
    timeframe: Timeframe
    new: bool
    rows_in: int
    rows_stored: int
    rows_corrected: int
    rows_quarantined: int
    rows_duplicate: int
    quarantined: dict[str, int]
    findings: tuple[GateCount, ...]
    files_refused: tuple[Refused, ...]
    files: int = 0
    files_lost: int = 0
    without_factor: tuple[str, ...] = ()
    factors_end: tuple[str, ...] = ()

    @property
    def too_little(self) -> str:
        """Why the import is no success, in words; empty when it is one."""
        if not self.rows_stored and not self.rows_duplicate:
            return (
                "Nothing was stored, and nothing of it was on record. Correct the source, or say how it is to be read, "
                "and import it again; with --source NAME the very same file is judged anew."
            )
        if self.rows_quarantined > REFUSED_SHARE * self.rows_in:
            return (
                f"{self.rows_quarantined / self.rows_in:.0%} of the rows were refused, which is more than "
                f"{REFUSED_SHARE:.0%}; the others are stored. See `inplay data quarantine list`."
            )
        if self.files_lost > REFUSED_SHARE * self.files:
            return f"{self.files_lost} of {self.files} files were refused, and none of their rows was taken."
        return ""


@dataclass(frozen=True)
class _Read:
    """What became of the files of a source.

    Attributes:
        refused: files that could not be read.
        findings: in the others.
        files: how many there are.
        lost: of the refused ones, those that have rows.
    """

    refused: tuple[Refused, ...]
    findings: tuple[Finding, ...]
    files: int
    lost: int

    def symbols_of(self, gate: str) -> tuple[str, ...]:
        """The symbols that a gate found, ascending."""
        return tuple(sorted({one.symbol for one in self.findings if one.gate == gate and one.symbol}))


class BarImporter:
    """Brings sources of bars into the record; one at a time over a data folder."""

    def __init__(self, record: Record, clock: Callable[[], datetime]) -> None:
        self._home = record.home
        self._record = record.bar_tables
        self._clock = clock
        self._store = record.bars

    def run(self, source: BarSource, progress: Progress | None = None, *, replace: bool = False) -> ImportCounts:
        """The source is on record. Running it again after a stop goes on; running it again after that changes nothing.

        Args:
            source: of bars.
            progress: told how far it is.
            replace: many bars of the record may be replaced by other values; a few always may.

        Raises:
            BadDataError: when no file of the source can be read, or the source contradicts the record.
            UnavailableError: when the disk is full or the database away; what was stored stays.
        """
        tell = progress or _silent
        about = ImportedFile(source.name, source.sha256(), source.timeframe, source.corrections)
        before = self._record.import_of(about)
        if before is not None and before.complete:
            return _repeated(about, before)
        self._refuse_wrong_clock()
        self._store.sweep()  # files of an import that was stopped before they were on record
        folder = self._home / "import" / about.file_sha256[:12]
        with Spill(folder, source.timeframe) as spill, SetAside(folder.with_suffix(".unread")) as unread:
            read = self._read(source, spill, unread, tell)
            begun = self._record.begin_import(about, at=self._clock())
            if read.findings:
                self._keep(begun, "reading", source.timeframe, findings=read.findings)
            for name, rows in unread.parts():
                self._keep(begun, name, source.timeframe, unread=rows)
            judge = Judge(self._store, self._record, source.timeframe, today=self._clock(), replace_=replace)
            for name, bars in spill.parts():
                if name in begun.parts:
                    judge.skip(bars)
                else:
                    part = judge.part(name, bars)
                    self._record.record_part(begun.import_id, part, source.timeframe, at=self._clock())
                tell("stored", bars.num_rows)
            if judge.pending:
                self._keep(begun, "without a bar", source.timeframe, findings=tuple(map(_without_bar, judge.pending)))
        self._record.finish_import(begun.import_id, [(one.path, one.reason) for one in read.refused])
        counts = _counts(about, self._record.begin_import(about, at=self._clock()))
        return replaced(
            counts, files=read.files, files_lost=read.lost,
            without_factor=read.symbols_of("without_factor"), factors_end=read.symbols_of("factors_end"),
        )  # fmt: skip

    def _refuse_wrong_clock(self) -> None:
        """The gates refuse bars of the future, so that bars on record beyond today tell of a clock that was set back.

        Raises:
            UnavailableError: there are such bars.
        """
        today = self._clock().date()
        ahead = [file.last_session for file in self._record.files(today + timedelta(days=1), timeframe=None)]
        if ahead:
            raise UnavailableError(
                f"Bars of {max(ahead)} are on record, and this machine's clock says {today}: it was set back. Nothing "
                "was stored. Correct the clock, then import again."
            )

    def _read(self, source: BarSource, spill: Spill, unread: SetAside, tell: Progress) -> _Read:
        """The bars of the files that could be read are in the spill, rows that are no bars set aside."""
        refused, count, lost, findings = [], 0, 0, Counter[Finding]()
        folder = self._home / "import" / "one-file"
        for name, chunks in source.files():
            count += 1
            found = Counter[Finding]()
            with Spill(folder, source.timeframe) as own, SetAside(folder.with_suffix(".unread")) as strange:
                try:
                    for chunk in chunks:
                        found.update({replaced(one, rows=0): one.rows for one in chunk.findings})
                        own.add(chunk.bars)
                        strange.add(chunk.unread)
                        tell("read", chunk.bars.num_rows + chunk.unread.num_rows)
                except BadDataError as error:
                    refused.append(Refused(name, str(error)))
                    lost += not isinstance(error, NoBarsError)
                    continue
                spill.take_over(own)
                unread.take_over(strange)
            findings += found
        if len(refused) == count:
            said = refused[0].reason if refused else "there is no file of bars in it."
            raise BadDataError(f"Nothing of {source.name} could be read: {said} Nothing was stored.")
        return _Read(tuple(refused), tuple(replaced(one, rows=rows) for one, rows in findings.items()), count, lost)

    def _keep(
        self, begun: BarImport, name: str, timeframe: Timeframe, *, unread: pa.Table | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:  # fmt: skip
        """What was found in reading, and rows that are no bars, are on record."""
        shape = SHAPES[timeframe]
        nothing = Screened(shape.schema.empty_table(), shape.schema.empty_table(), findings, (), ())
        rows = UNREAD_SCHEMA.empty_table() if unread is None else unread
        part = Part(name, rows.num_rows, 0, nothing, (), shape.stored.empty_table(), rows)
        self._record.record_part(begun.import_id, part, timeframe, at=self._clock())


def _without_bar(change: FactorChange) -> Finding:
    detail = (
        f"the source says {change.ratio:.4f}, and no later bar came that could show it: not applied. Say what it was "
        "with `inplay data splits` when the next bar is on record"
    )
    return Finding("factor_contradicts_price", "warning", change.symbol, change.session, 1, detail)


def _silent(what: str, rows: int) -> None:
    """Nobody is told."""


def _counts(about: ImportedFile, done: BarImport) -> ImportCounts:
    return ImportCounts(
        source=about.source,
        timeframe=about.timeframe,
        new=True,
        rows_in=done.rows_in,
        rows_stored=done.rows_stored,
        rows_corrected=done.rows_corrected,
        rows_quarantined=done.rows_quarantined,
        rows_duplicate=done.rows_duplicate,
        quarantined=done.by_reason,
        findings=done.by_gate,
        files_refused=tuple(Refused(*pair) for pair in done.files_refused),
    )


def _repeated(about: ImportedFile, done: BarImport) -> ImportCounts:
    return ImportCounts(
        source=about.source,
        timeframe=about.timeframe,
        new=False,
        rows_in=done.rows_in,
        rows_stored=0,
        rows_corrected=0,
        rows_quarantined=0,
        rows_duplicate=done.rows_in,
        quarantined={},
        findings=(),
        files_refused=tuple(Refused(*pair) for pair in done.files_refused),
    )
