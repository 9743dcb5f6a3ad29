"""Ingestion: bars come in through the data gates, and go out one session at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from actors.service import Condition, Service
from actors.wiring import Wiring, now
from adapters.feeds.source import TableSource
from adapters.postgres.pool import open_pool
from adapters.record import Record
from adapters.sample.bundled import load_bars, load_instruments
from data.importing.importer import BarImporter
from data.live.ingesting import LiveIngestion
from data.live.trades import Trade
from trading.cycle import services
from trading.cycle.questions import question
from trading.engine.bars import CorporateAction, actions_at


@dataclass(frozen=True)
class Imported:
    """What the imports so far did; `rows_in` = stored + quarantined + duplicate.

    Attributes:
        corrections: what was changed in all rows of a file, in words.
        findings: per (gate, severity) how many findings and how many rows they concern.
    """

    new: bool
    symbols: int
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    rows_duplicate: int
    corrections: tuple[str, ...]
    findings: dict[tuple[str, str], tuple[int, int]]


class Ingestion(Service):
    """Writer of the bars, their manifest, and what the gates found."""

    name = "ingestion"
    longest_work_s = 6 * 3600.0
    """The first import of a whole market's history."""

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(wiring)
        self._importing = threading.Lock()
        self._live = self._live_ingestion()
        if self._live is not None:
            self._live.start()

    def _live_ingestion(self) -> LiveIngestion | None:
        """The live feed, on threads of its own with connections of its own, so that calls never wait for it."""
        live = self.wiring.live
        if live.source is None:
            return None
        records: list[Record] = []

        def record() -> Record:
            if not records:
                url = self.wiring.database_url.get_secret_value()
                records.append(self.wiring.record(open_pool(url, name="inplay live feed", size=2)))
            return records[0]

        ports = live.source.ports(live.rules, now)
        return LiveIngestion(self.wiring.home, record, ports, live.rules, clock=now, importing=self._importing)

    def condition(self) -> Condition:
        """Well, or what the live feed lacks; what is on record can be used all the same."""
        if self._live is None:
            return "ok", "no live feed is followed"
        return self._live.condition()

    def late_share(self) -> float:
        """1 while the live feed lacks something, otherwise 0."""
        return float(self._live is not None and self._live.condition()[0] != "ok")

    def live_batches(self, session: date, after: int) -> list[tuple[int, pa.Table]]:
        """Batches of a session that runs, as numbered, after that number, at most 60; judged when the session ends."""
        return [] if self._live is None else self._live.feed.spool.after(session, after)

    def last_trades(self) -> dict[str, Trade]:
        """The last trade of each symbol of `live_trades` since this service was started."""
        return {} if self._live is None else self._live.feed.trades.known()

    def import_sample(self) -> Imported:
        """The bundled sample is stored, once; a repeated import answers what the first one did."""
        sample = load_bars()
        self.on_record.bar_tables.record_instruments(load_instruments())
        corrections = (*sample.corrections, *sample.warnings)
        source = TableSource("bundled sample", sample.file_sha256, sample.table, corrections=corrections)
        with self._importing:
            counts = BarImporter(self.on_record, now).run(source)
        return self._summary(new=counts.new)

    def imported(self) -> Imported:
        """What all imports so far did."""
        return self._summary(new=False)

    def _summary(self, *, new: bool) -> Imported:
        rows_in, stored, quarantined, duplicate = self.on_record.bar_tables.totals()
        findings: dict[tuple[str, str], tuple[int, int]] = {}
        for finding in self.on_record.bar_tables.findings():
            count, rows = findings.get((finding.gate, finding.severity), (0, 0))
            findings[finding.gate, finding.severity] = (count + 1, rows + finding.rows)
        symbols = len(self.on_record.bars.read_all(verify=False).column("symbol").unique())
        return Imported(
            new=new,
            symbols=symbols,
            rows_in=rows_in,
            rows_stored=stored,
            rows_quarantined=quarantined,
            rows_duplicate=duplicate,
            corrections=self.on_record.bar_tables.corrections(),
            findings=findings,
        )

    def sessions(self) -> list[date]:
        """Sessions that have bars, ascending."""
        return self.on_record.bar_tables.sessions()

    def deliver(self, session: date) -> pa.Table:
        """The accepted bars of one session, prices as printed."""
        return self.on_record.bars.read(session, session)

    def corporate_actions(self, session: date) -> list[CorporateAction]:
        """Splits and breaks that take effect at the open of the session."""
        return actions_at(session, self.on_record.bar_tables.splits(), self.on_record.bar_tables.breaks())


class AskIngestion(services.AskIngestion):
    """Questions to the ingestion: those of a session, and those of a run."""

    import_sample = question(Ingestion.import_sample)
    imported = question(Ingestion.imported)
    sessions = question(Ingestion.sessions)
