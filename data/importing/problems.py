"""Rows that can't be bars, each with its text and the reason."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from adapters.feeds.source import UNREAD_SCHEMA
from trading.arrays import Flags

RAW_CHARACTERS = 500


class Problems:
    """Rows that can't be bars, with the first reason found."""

    def __init__(self, rows: pa.Table) -> None:
        self._rows = rows
        self.found: Flags = np.zeros(rows.num_rows, dtype=np.bool_)
        self._gate = np.full(rows.num_rows, "", dtype=np.object_)
        self._reason = np.full(rows.num_rows, "", dtype=np.object_)

    def add(self, which: Flags, gate: str, reason: str) -> None:
        """These rows can't be bars; a row that couldn't before keeps its reason."""
        if not which.any():
            return
        new = which & ~self.found
        self._gate[new], self._reason[new] = gate, reason
        self.found |= new

    def unread(self) -> pa.Table:
        """`UNREAD_SCHEMA`."""
        if not self.found.any():
            return UNREAD_SCHEMA.empty_table()
        at = np.flatnonzero(self.found)
        rows = self._rows.take(pa.array(at, pa.int64())).combine_chunks()
        named = [
            pc.binary_join_element_wise(f"{name}=", pc.fill_null(column.cast(pa.string()), "None"), "")
            for name, column in zip(rows.column_names, rows.columns, strict=True)
        ]
        raw = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*named, ", "), 0, RAW_CHARACTERS)
        return pa.table([raw, pa.array(self._gate[at]), pa.array(self._reason[at])], names=UNREAD_SCHEMA.names).cast(
            UNREAD_SCHEMA
        )


def refusals(raw: Iterator[str], gate: str, reason: str) -> pa.Table:
    """Rows of `UNREAD_SCHEMA`."""
    texts = [text[:RAW_CHARACTERS] or "(empty)" for text in raw]
    columns = [texts, [gate] * len(texts), [reason] * len(texts)]
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=UNREAD_SCHEMA)
