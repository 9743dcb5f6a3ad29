"""Ingestion: bars come in through the data gates, and go out one session at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from actors.service import Service
from actors.wiring import now
from adapters.bars import BarStore
from adapters.calendar import sessions_between
from adapters.postgres.bars_record import BarRecord, ImportedFile
from adapters.sample import load_bars, load_instruments
from trading.gates.screening import screen
from trading.paper import CorporateAction


@dataclass(frozen=True)
class Imported:
    """What an import did; `rows_in` = stored + quarantined.

    Attributes:
        corrections: what was changed in all rows of a file, in words.
        findings: per (gate, severity) how many findings and how many rows they concern.
    """

    new: bool
    symbols: int
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    corrections: tuple[str, ...]
    findings: dict[tuple[str, str], tuple[int, int]]


class Ingestion(Service):
    """Writer of the bars, their manifest, and what the gates found."""

    name = "ingestion"

    @cached_property
    def _record(self) -> BarRecord:
        return BarRecord(self.pool)

    @cached_property
    def _bars(self) -> BarStore:
        return BarStore(self.wiring.home, self._record)

    def import_sample(self) -> Imported:
        """The bundled sample is stored, once; a repeated import answers what the first one did."""
        sample = load_bars()
        source = ImportedFile(
            source="bundled sample",
            file_sha256=sample.file_sha256,
            rows_in=sample.table.num_rows,
            corrections=(*sample.corrections, *sample.warnings),
        )
        new = not self._record.imported(source.source, source.file_sha256)
        if new:
            self._record.record_instruments(load_instruments())
            reach = pc.min_max(sample.table.column("session"))
            expected = sessions_between(reach["min"].as_py(), reach["max"].as_py())
            screened = screen(sample.table, expected_sessions=expected)
            self._bars.sweep()  # files of an import that was stopped before they were on record
            files = self._bars.write(screened.bars)
            self._record.record_import(source, screened, files, imported_at=now())
        return self._summary(new=new)

    def _summary(self, *, new: bool) -> Imported:
        rows_in, stored, quarantined = self._record.totals()
        findings: dict[tuple[str, str], tuple[int, int]] = {}
        for finding in self._record.findings():
            count, rows = findings.get((finding.gate, finding.severity), (0, 0))
            findings[finding.gate, finding.severity] = (count + 1, rows + finding.rows)
        symbols = len(self._bars.read_all(verify=False).column("symbol").unique())
        corrections = self._record.corrections()
        return Imported(new, symbols, rows_in, stored, quarantined, corrections, findings)

    def sessions(self) -> list[date]:
        """Sessions that have bars, ascending."""
        return sorted({file.first_session for file in self._record.files()})

    def deliver(self, session: date) -> pa.Table:
        """The accepted bars of one session, prices as printed."""
        return self._bars.read(session, session)

    def corporate_actions(self, session: date) -> list[CorporateAction]:
        """Splits and breaks that take effect at the open of the session."""
        splits = [
            CorporateAction(split.symbol, "split", split.numerator, split.denominator, "split")
            for split in self._record.splits()
            if split.session == session
        ]
        breaks = [
            CorporateAction(cut.symbol, "break", reason=cut.reason)
            for cut in self._record.breaks()
            if cut.session == session
        ]
        return splits + breaks
