"""What the parts of an import must know of earlier ones: each symbol's last bar, however long ago, and its factor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.bars.files import SHAPES, BarFile, Timeframe
from adapters.bars.store import BarStore
from adapters.feeds.source import DIVIDEND, FACTOR, SPLIT
from trading.arrays import Floats
from trading.bars.panel import BARS_SCHEMA, symbol_codes
from trading.gates.factors import NOTHING_STATED, Rows, Statements, statements


class Remembered:
    """The last bar of each symbol before a part, and the factors of the rows seen so far.

    Args:
        store: reads bars on record.
        files: of the manifest when the import began; what it adds itself is told by `saw`.
        timeframe: of the import.
    """

    def __init__(self, store: BarStore, files: Sequence[BarFile], timeframe: Timeframe) -> None:
        self._store = store
        self._files = sorted(files, key=lambda file: file.first_session)
        self._timeframe = timeframe
        self._last = BARS_SCHEMA.empty_table()
        self._looked_up: set[str] = set()
        self._factor: dict[str, tuple[float, float]] = {}

    def last_bars(self, symbols: Sequence[str], before: date) -> pa.Table:
        """The last bar before the session of each of the symbols that has one, `BARS_SCHEMA`.

        Files on record are read once for each symbol; they hold nothing newer of a symbol that `saw` told of.
        """
        unknown = sorted(set(symbols) - self._looked_up)
        self._looked_up.update(unknown)
        for file in self._files:
            if unknown and file.first_session < before:
                found = self._store.read(file.first_session, file.last_session, self._timeframe, symbols=unknown)
                self.saw(self._with_session(found))
        mine = pc.is_in(self._last.column("symbol"), pa.array(symbols, pa.string()))
        earlier = pc.less(self._last.column("session"), pa.scalar(before))
        return self._last.filter(pc.and_(mine, earlier))

    def saw(self, bars: pa.Table) -> None:
        """These bars, later than any before, are on record; columns of `BARS_SCHEMA`."""
        if not bars.num_rows:
            return
        both = pa.concat_tables([self._last, bars.select(BARS_SCHEMA.names).cast(BARS_SCHEMA)])
        _, codes = symbol_codes(both.column("symbol"))
        order = np.lexsort((both.column("session").to_numpy(zero_copy_only=False), codes))
        final = np.append(codes[order[1:]] != codes[order[:-1]], True)
        self._last = both.take(pa.array(order[final], pa.int64())).combine_chunks()

    def stated(self, bars: pa.Table) -> Statements:
        """What the source says of splits and distributions in these rows; rows of a later part follow them."""
        told = [name for name in (FACTOR, SPLIT, DIVIDEND) if name in bars.column_names]
        if not told:
            return NOTHING_STATED
        whole = bars
        if bars.column("symbol").null_count or bars.column("session").null_count:
            whole = bars.filter(pc.and_(bars.column("symbol").is_valid(), bars.column("session").is_valid()))
        names, codes = symbol_codes(whole.column("symbol"))
        session = whole.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
        order = np.lexsort((session, codes))
        nothing = np.full(len(order), np.nan)

        def column(name: str) -> Floats:
            given = name in bars.column_names
            return whole.column(name).to_numpy(zero_copy_only=False).astype(np.float64)[order] if given else nothing

        rows = Rows(
            names, codes[order].astype(np.int64), session[order],
            factor=column(FACTOR), close=column("close"), split=column(SPLIT), dividend=column(DIVIDEND),
        )  # fmt: skip
        return statements(rows, self._factor, self._closes_before)

    def _closes_before(self, symbols: Sequence[str], before: date) -> dict[str, float]:
        bars = self.last_bars(sorted(symbols), before)
        return dict(zip(bars.column("symbol").to_pylist(), bars.column("close").to_pylist(), strict=True))

    def _with_session(self, bars: pa.Table) -> pa.Table:
        if "session" in bars.column_names:
            return bars
        time = SHAPES[self._timeframe].time
        days = bars.column(time).to_numpy(zero_copy_only=False).astype("datetime64[s]") - np.timedelta64(5, "h")
        return bars.append_column("session", pa.array(days.astype("datetime64[D]"), pa.date32()))
