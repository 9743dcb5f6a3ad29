"""Changes of a source's factors beside the prices: splits and dividends that the price confirms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Days, Flags
from trading.bars.actions import Break, Dividend, Split
from trading.bars.panel import Panel
from trading.gates.factors import FactorChange
from trading.gates.findings import Finding

QUIET_MOVE = 0.20
"""Of the logarithm for one session: what a price may move beside a factor; it grows with the root of the sessions."""


@dataclass(frozen=True)
class Distributions:
    """What the factors tell, as far as the prices confirm it.

    Attributes:
        rows: of the panel, whose move at the open they explain.
        breaks: by row; distributions so large that earlier prices say little about later ones.
    """

    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()
    breaks: tuple[tuple[int, Break], ...] = ()
    findings: tuple[Finding, ...] = ()
    rows: frozenset[int] = frozenset()


def distributions(
    panel: Panel, expected_sessions: Days, changes: Sequence[FactorChange], judged: Flags
) -> Distributions:
    """Each change of a factor on a judged bar: a split, a dividend, or a contradiction to the price.

    Args:
        panel: bars of earlier sessions included.
        expected_sessions: sessions of the exchange calendar that cover the bars.
        changes: of the source's factors.
        judged: rows whose move at the open is judged.
    """
    splits: list[Split] = []
    dividends: list[Dividend] = []
    breaks: list[tuple[int, Break]] = []
    findings: list[Finding] = []
    rows: set[int] = set()
    at = np.searchsorted(expected_sessions, panel.sessions)
    for change in sorted(changes, key=lambda one: (one.symbol, one.session)):
        row = _row(panel, change)
        if row is None or not judged[row]:
            continue
        gap, move = int(at[row] - at[row - 1]), math.log(panel.open[row] / panel.close[row - 1])
        if abs(move - math.log(change.ratio)) > QUIET_MOVE * math.sqrt(gap):
            findings.append(_contradicted(change, math.exp(move)))
            continue
        rows.add(row)
        factor = change.split
        if factor is not None:
            splits.append(Split(change.symbol, change.session, factor.numerator, factor.denominator))
            detail = f"the source's factor says {factor.numerator}-for-{factor.denominator}; earlier bars are restated"
            findings.append(
                Finding(
                    gate="split", severity="info", symbol=change.symbol, session=change.session, rows=1, detail=detail
                )
            )
            continue
        amount = float(panel.close[row - 1]) * (1 - change.ratio)
        dividends.append(Dividend(change.symbol, change.session, change.ratio, amount if amount > 0 else None))
        if abs(math.log(change.ratio)) > QUIET_MOVE:
            reason = f"a distribution: the source's factor is {change.ratio:.4f}"
            breaks.append((row, Break(change.symbol, change.session, reason)))
    if dividends:
        detail = f"{len(dividends)} by the source's factors; on record, prices stay as printed"
        findings.append(
            Finding(gate="dividend", severity="info", symbol=None, session=None, rows=len(dividends), detail=detail)
        )
    return Distributions(tuple(splits), tuple(dividends), tuple(breaks), tuple(findings), frozenset(rows))


def _row(panel: Panel, change: FactorChange) -> int | None:
    """The row of the change; None when there is none, or no bar of the symbol before it."""
    position = int(np.searchsorted(panel.symbols, change.symbol))
    if position == len(panel.symbols) or panel.symbols[position] != change.symbol:
        return None
    first, end = panel.offsets[position : position + 2]
    row = int(first + np.searchsorted(panel.sessions[first:end], np.datetime64(change.session)))
    return row if first < row < end and panel.sessions[row] == np.datetime64(change.session) else None


def _contradicted(change: FactorChange, ratio: float) -> Finding:
    detail = f"the source's factor says {change.ratio:.4f}, the open is {ratio:.4f} times the close before; not applied"
    return Finding(
        gate="factor_contradicts_price",
        severity="warning",
        symbol=change.symbol,
        session=change.session,
        rows=1,
        detail=detail,
    )
