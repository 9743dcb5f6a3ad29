"""Weights of training rows whose outcomes overlap: the more outcomes share a session, the less each of them tells.

Source:
    López de Prado (2018), Advances in Financial Machine Learning, chapter 4: concurrency, average uniqueness.
"""

from __future__ import annotations

import numpy as np

from trading.arrays import Days, Floats, Ints


def average_uniqueness(symbol: Ints, session: Days, known_session: Days) -> Floats:
    """The weight of each row, mean 1.

    A row's outcome spans the sessions after its decision, from the entry to the one that made it known. A session of
    it is unique to the degree of 1 / the outcomes of the same symbol, long or short, that span it too. The weight is
    the mean over the span, divided by the mean over the rows. Sessions are those on which a row was decided or became
    known; between two of them nothing overlaps in another way.

    Args:
        symbol: of each row, as a number from 0 on, shape `(n,)`.
        session: of the decision.
        known_session: at whose close the outcome was known, later than `session`.
    """
    if not len(symbol):
        return np.zeros(0)
    axis, at = np.unique(np.concatenate([session, known_session]), return_inverse=True)
    first, last = at[: len(symbol)] + 1, at[len(symbol) :] + 1  # a span is first … last - 1 on the axis
    width = len(axis) + 1
    size = (int(symbol.max()) + 1) * width
    row = symbol.astype(np.int64) * width
    change = np.bincount(row + first, minlength=size) - np.bincount(row + last, minlength=size)
    concurrent = np.cumsum(change)  # each symbol's spans end within its stretch, so nothing runs over into the next
    share = np.divide(1.0, concurrent, out=np.zeros(size), where=concurrent > 0)
    so_far = np.concatenate([[0.0], np.cumsum(share)])
    unique: Floats = (so_far[row + last] - so_far[row + first]) / (last - first)
    mean_one: Floats = unique / unique.mean()
    return mean_one
