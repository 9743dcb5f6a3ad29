"""Rows that may teach what is judged later: purged of outcomes that reach into it, with an embargo.

Source:
    López de Prado (2018), Advances in Financial Machine Learning, chapter 7.
"""

from __future__ import annotations

import numpy as np

from trading.arrays import Days, Flags


def known_before(session: Days, known_session: Days, first_test: np.datetime64, embargo_sessions: int) -> Flags:
    """Which rows may teach what is judged from `first_test` on.

    Rows whose outcome window reaches `first_test` are purged; a further `embargo_sessions` sessions of rows before it
    are left out, because features that look back share bars with them.

    Args:
        session: of each row's decision, shape `(n,)`.
        known_session: at whose close its outcome was known; NaT never was.
        first_test: first session that is judged.
        embargo_sessions: left out beyond the purge.
    """
    earlier = np.unique(session[session < first_test])
    kept = earlier[: max(0, len(earlier) - embargo_sessions)]
    return np.asarray((known_session < first_test) & np.isin(session, kept), dtype=np.bool_)
