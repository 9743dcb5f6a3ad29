"""Made files of bars: one row a session or a minute, in the shapes in which vendors give them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from adapters.calendar import sessions_between
from adapters.feeds.source import UNREAD_SCHEMA
from data.importing.archive import open_archive
from data.importing.layout import Asked
from trading.errors import BadDataError

HEAD = "Date,Open,High,Low,Close,Volume\n"
ROW = "10,10.5,9.5,10.2,1000"
YEAR = [day.item() for day in sessions_between(date(2024, 1, 2), date(2024, 12, 31))]


@dataclass
class Got:
    """What became of an archive: bars, rows set aside, findings by gate, refused files with their reasons."""

    bars: pa.Table
    unread: pa.Table
    findings: dict[str, int] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def taken(path: Path, asked: Asked | None = None) -> Got:
    """The bars of the files that are taken, as an import takes them: all of a file or nothing."""
    archive = open_archive(path, asked or Asked())
    got = Got(pa.table({}), UNREAD_SCHEMA.empty_table())
    bars, unread = [], [got.unread]
    for name, chunks in archive.files():
        try:
            inside = list(chunks)
        except BadDataError as error:
            got.refused[name] = str(error)
            continue
        bars += [chunk.bars for chunk in inside]
        unread += [chunk.unread for chunk in inside]
        for found in (found for chunk in inside for found in chunk.findings):
            got.findings[found.gate] = got.findings.get(found.gate, 0) + found.rows
    got.bars, got.unread = (
        pa.concat_tables(bars, promote_options="default") if bars else got.bars,
        pa.concat_tables(unread),
    )
    return got


def days_file(path: Path, days: Iterable[object], row: str = ROW, head: str = HEAD) -> Path:
    """A file with the same bar on each of these days."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head + "".join(f"{day},{row}\n" for day in days))
    return path


def minutes_of(day: date, first: str, last: str, step_s: int = 60) -> list[datetime]:
    """Every `step_s` seconds from `first` to `last`, both included, of the clock of wherever it is."""
    at, end = (datetime.fromisoformat(f"{day} {clock}") for clock in (first, last))
    return [at + timedelta(seconds=step_s) * n for n in range(int((end - at).total_seconds()) // step_s + 1)]
