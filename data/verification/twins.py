"""Securities that are on record twice: under two spellings, or with the same prices."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa

from trading.bars.panel import symbol_codes
from trading.bars.symbols import symbol_of

PRICES = ("open", "high", "low", "close")
FEWEST_SESSIONS = 20
EQUAL_SHARE = 0.9
MOST_ALIKE = 8
"""Symbols with one bar: more of them are filled in by the source rather than one security."""


@dataclass(frozen=True)
class Twin:
    """Two symbols that seem to be one security.

    Attributes:
        kept: the spelling that imports have now, or the first by name.
        other: the other one.
        sessions_equal: common sessions in which open, high, low and close are the same, and the bar has a range.
        spelling: they are two spellings of one symbol; else only their prices say so.
    """

    kept: str
    other: str
    sessions_equal: int
    spelling: bool


class Twins:
    """Looks for them in days, one stretch of sessions after the other."""

    def __init__(self) -> None:
        self._sessions: Counter[str] = Counter()
        self._equal: Counter[tuple[str, str]] = Counter()

    def add(self, bars: pa.Table) -> None:
        """Days of some sessions; no two calls bring bars of the same symbol and session."""
        names, codes = symbol_codes(bars.column("symbol"))
        for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
            self._sessions[str(names[code])] += int(count)
        columns = [bars.column(name).to_numpy(zero_copy_only=False) for name in PRICES]
        day = bars.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64)
        ranged = np.flatnonzero(columns[1] > columns[2])
        keys = [day[ranged], *(column[ranged] for column in columns)]
        order = np.lexsort(keys)
        same = np.logical_and.reduce([key[order[1:]] == key[order[:-1]] for key in keys])
        starts = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)) == 1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)) == -1)
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            alike = sorted({str(names[code]) for code in codes[ranged[order[start : end + 1]]].tolist()})
            if len(alike) <= MOST_ALIKE:
                self._equal.update(combinations(alike, 2))

    def found(self) -> list[Twin]:
        """Two spellings of one symbol, and pairs that agree in nine of ten of the sessions of either; by name."""
        spellings: dict[str, list[str]] = {}
        for name in self._sessions:
            spellings.setdefault(symbol_of(name), []).append(name)
        pairs = {
            tuple(sorted(pair)) for names in spellings.values() for pair in combinations(names, 2)
        }  # fmt: skip
        twins = [self._twin(*pair, spelling=True) for pair in pairs]
        for (one, other), equal in self._equal.items():
            fewest = min(self._sessions[one], self._sessions[other])
            if (one, other) not in pairs and equal >= FEWEST_SESSIONS and equal >= EQUAL_SHARE * fewest:
                twins.append(self._twin(one, other, spelling=False))
        return sorted(twins, key=lambda twin: (twin.kept, twin.other))

    def _twin(self, one: str, other: str, *, spelling: bool) -> Twin:
        kept = other if spelling and symbol_of(other) == other else one
        return Twin(kept, one if kept == other else other, self._equal[one, other], spelling)
