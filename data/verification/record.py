"""The record against itself: what imports say of their rows, and the journal's chain and balance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from adapters.bars.files import Timeframe
from adapters.postgres.bars_sums import ImportSums
from data.verification.trouble import RESTORE, Trouble

IMPORT_AGAIN = "Import the same source again: it goes on where it was stopped."


def check_sums(imports: Sequence[ImportSums]) -> Iterator[Trouble]:
    """What is wrong with the counts of each import."""
    for one in imports:
        where = f"import {one.import_id} ({one.source})"
        if not one.complete:
            yield Trouble("import", where, "it was stopped before its end, or is under way", IMPORT_AGAIN)
        accounted = one.rows_stored + one.rows_quarantined + one.rows_duplicate
        for what, said, held in (
            ("rows in and rows accounted for", one.rows_in, accounted),
            ("rows in quarantine", one.rows_quarantined, one.quarantined),
            ("rows released", one.rows_released, one.released),
            ("rows corrected", one.rows_corrected, one.corrections),
        ):
            if said != held:
                yield Trouble("counts", where, f"{what}: the import says {said:,}, the record holds {held:,}", RESTORE)


def check_readable(imports: Sequence[ImportSums], readable: Mapping[Timeframe, int]) -> Iterator[Trouble]:
    """Whether as many bars can be read as were stored and not replaced since."""
    for timeframe in sorted({one.timeframe for one in imports} | set(readable)):
        stored = sum(one.rows_stored - one.rows_corrected for one in imports if one.timeframe == timeframe)
        there = readable.get(timeframe, 0)
        if stored != there:
            detail = f"{stored:,} bars were stored and not replaced, {there:,} can be read"
            yield Trouble("counts", f"{timeframe} bars", detail, RESTORE)
