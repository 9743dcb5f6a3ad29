"""A source that counts in another base: all that it says anew of a symbol differs by one factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from trading.bars.panel import symbol_codes

PRICES = ("open", "high", "low", "close")
ROUNDING = 2e-3
"""Relative. What rounding to cents, or a source's own precision, may do to a factor."""
LEAST = 3e-3
"""Relative. Below it, one source has other decimals than the other."""
LEAST_ALONE = 0.05
"""For a single bar, which may as well have been corrected."""


@dataclass(frozen=True)
class Restated:
    """The bars of a symbol in another base.

    Attributes:
        factor: price that came in / price on record.
        rows: how many bars differ by it.
        last: session of the latest of them.
    """

    symbol: str
    factor: float
    rows: int
    last: date


def restated(
    known: pa.Table, came: pa.Table, differs: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> Iterator[Restated]:
    """The symbols that are told anew in another base.

    All bars of the symbol up to some session differ from the record by one factor in each price, and later ones don't
    differ: a split or a dividend was put into past prices. One bar is enough where its prices differ from each other.

    Args:
        known: bars on record, `session` and `BARS_SCHEMA`'s prices.
        came: the same bars as they come in, row by row.
        differs: rows whose values aren't the same.
    """
    names, codes = symbol_codes(known.column("symbol"))
    ours, theirs = (
        np.stack([table.column(name).to_numpy(zero_copy_only=False).astype(np.float64) for name in PRICES])
        for table in (known, came)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.log(theirs / ours)
    ratio = np.median(ratios, axis=0)
    even = np.isfinite(ratio) & (np.ptp(ratios, axis=0) <= ROUNDING) & (np.abs(ratio) > LEAST)
    session = known.column("session").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    for code in np.unique(codes[differs]).tolist():
        rows = np.flatnonzero(codes == code)
        rows = rows[np.argsort(session[rows], kind="stable")]
        other = np.flatnonzero(differs[rows])
        mine = rows[other]
        whole = other[-1] == len(mine) - 1 and even[mine].all()
        ranged = bool((np.ptp(ours[:, mine], axis=0) > 0).any())
        if not whole or not ranged or np.ptp(ratio[mine]) > ROUNDING:
            continue
        if len(mine) > 1 or abs(ratio[mine[0]]) > LEAST_ALONE:
            factor = float(np.exp(np.median(ratio[mine])))
            yield Restated(str(names[code]), factor, len(mine), session[mine[-1]].item())
