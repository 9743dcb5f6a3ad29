"""Splits whose training part knows the test part, found from the rows alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trading.arrays import Days
from tune.judgement.leakage.finding import Finding
from tune.sets.splits import EMBARGO_SESSIONS, Split
from tune.sets.training_set import TrainingSet


def split_leakage(parts: Sequence[tuple[TrainingSet, Split]], embargo_sessions: int = EMBARGO_SESSIONS) -> Finding:
    """A training outcome overlaps a test outcome, is within the embargo, or a row trains and is judged.

    Measured by training rows that shouldn't be there. Computed by counting sessions, block by block of the test part,
    and not by the code that splits.

    Args:
        parts: splits, each with the rows that it divides.
        embargo_sessions: that must lie between a test block and training rows, on either side.
    """
    wrong, why = 0, ""
    for rows, split in parts:
        sessions = np.unique(np.concatenate([rows.session, rows.known_session]))
        decided, known = (np.searchsorted(sessions, rows_at[split.train]) for rows_at in _ends(rows))
        judged = np.zeros(len(sessions), dtype=np.bool_)
        judged[np.searchsorted(sessions, rows.session[split.test])] = True
        bad = np.isin(split.train, split.test)
        for first, last in _blocks(judged, np.searchsorted(sessions, np.unique(rows.session))):
            of_block = np.flatnonzero((rows.session >= sessions[first]) & (rows.session <= sessions[last]))
            of_block = of_block[np.isin(of_block, split.test)]
            until = int(np.searchsorted(sessions, rows.known_session[of_block].max()))
            before, after = decided < first, decided > last
            back = _back(rows.session, sessions[first], embargo_sessions, sessions)
            bad |= before & ((known >= first) | (decided >= back))
            bad |= after & (decided <= _on(rows.session, sessions[until], embargo_sessions, sessions))
            bad |= ~before & ~after
        if bad.any() and not why:
            day = rows.session[split.train][bad][0]
            why = f"a split trains on the setup of {day}, which its test part or the embargo about it covers"
        wrong += int(bad.sum())
    return Finding("training rows that a test part or its embargo covers", float(wrong), 1.0, why)


def _ends(rows: TrainingSet) -> tuple[Days, Days]:
    return rows.session, rows.known_session


def _blocks(judged: np.ndarray, decided: np.ndarray) -> list[tuple[int, int]]:
    """First and last session of each run of sessions with test rows, among those with rows at all."""
    there = judged[decided]
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(np.int8)))
    return [(int(decided[a]), int(decided[b - 1])) for a, b in edges.reshape(-1, 2)]


def _back(of_rows: Days, first: np.datetime64, count: int, sessions: Days) -> int:
    """The number of the first session that is embargoed before a test block; beyond all where none is."""
    earlier = np.unique(of_rows[of_rows < first])
    left = earlier[max(0, len(earlier) - count) :] if count else earlier[:0]
    return int(np.searchsorted(sessions, left[0])) if len(left) else len(sessions)


def _on(of_rows: Days, until: np.datetime64, count: int, sessions: Days) -> int:
    """The number of the last session that is embargoed after the outcomes of a test block."""
    later = np.unique(of_rows[of_rows > until])[:count]
    return int(np.searchsorted(sessions, later[-1] if len(later) else until))
