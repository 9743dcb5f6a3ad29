"""Changes of a source's factors beside the prices: splits and dividends that the price confirms."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from trading.arrays import Days, Flags, Ints
from trading.bars.actions import Break, Dividend, Split
from trading.bars.panel import Panel
from trading.gates.factors import FactorChange
from trading.gates.findings import Finding, Severity

QUIET_MOVE = 0.20
"""Of the logarithm for one session: what a price may move beside a factor; it grows with the root of the sessions."""
_SPAN = 1 << 24
"""More than any day of a calendar counted since 1970, twice."""
ROUGHLY_FOLLOWS = 0.5
"""A price that moves more than that beside a large factor still confirms it where the factor explains half the move."""


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


@dataclass(frozen=True)
class _Told:
    """What was told so far."""

    splits: list[Split] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    breaks: list[tuple[int, Break]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)

    def take(self, panel: Panel, row: int, change: FactorChange) -> None:
        """The change is confirmed: a split, a distribution, or both."""
        self.rows.add(row)
        close_before = float(panel.close[row - 1])
        reading = change.reading(close_before)
        shares = reading.split
        if shares is not None:
            self.splits.append(Split(change.symbol, change.session, shares.numerator, shares.denominator))
            detail = f"the source says {shares.numerator}-for-{shares.denominator}; earlier bars are restated"
            self.findings.append(_finding("split", "info", change, detail))
        if reading.rest == 1 and reading.amount_usd is None:
            return
        amount = reading.amount_usd or close_before / float(shares or 1) * (1 - reading.rest)
        self.dividends.append(Dividend(change.symbol, change.session, reading.rest, amount if amount > 0 else None))
        if abs(math.log(reading.rest)) > QUIET_MOVE:
            reason = f"a distribution: the source's factor is {reading.rest:.4f}"
            self.breaks.append((row, Break(change.symbol, change.session, reason, explained=True)))


def distributions(
    panel: Panel, expected_sessions: Days, changes: Sequence[FactorChange], judged: Flags
) -> Distributions:
    """Each change of a factor on a judged bar: a split, a distribution, both, or a contradiction to the price.

    Args:
        panel: bars of earlier sessions included.
        expected_sessions: sessions of the exchange calendar that cover the bars.
        changes: of the source's factors.
        judged: rows whose move at the open is judged.
    """
    told = _Told()
    ignored: list[FactorChange] = []
    at = np.searchsorted(expected_sessions, panel.sessions)
    for change, row, session, gap, ratio in _judged(panel, at, changes, judged):
        move = math.log(ratio)
        if _follows(move, math.log(change.ratio), QUIET_MOVE * math.sqrt(gap)):
            told.take(panel, row, change if change.session == session else replace(change, session=session))
            continue
        told.findings.append(_contradicted(change, math.exp(move)))
        if _named_early(panel, at, row, change) and judged[row + 1] and not _has_own(changes, panel, row + 1, change):
            told.take(panel, row + 1, replace(change, session=panel.sessions[row + 1].item()))
            continue
        if change.split is not None and abs(move) <= QUIET_MOVE * math.sqrt(gap):
            ignored.append(change)
    if told.dividends:
        detail = f"{len(told.dividends)} by the source; on record, prices stay as printed"
        told.findings.append(
            Finding(
                gate="dividend", severity="info", symbol=None, session=None, rows=len(told.dividends), detail=detail
            )
        )
    told.findings.extend(_adjusted_already(ignored, told.splits))
    return Distributions(
        tuple(told.splits), tuple(told.dividends), tuple(told.breaks), tuple(told.findings), frozenset(told.rows)
    )


def _follows(move: float, told: float, quiet: float) -> bool:
    """Whether a price that moved so follows a factor; logarithms.

    It does when what is left is a quiet move. A price may move by itself on the day of a split, most of all that of a
    company in trouble: so a larger rest is believed too, where the price moved by more than quietly, in the factor's
    direction, and the factor explains at least half of what it says.
    """
    rest = abs(move - told)
    return rest <= quiet or (abs(move) > quiet and move * told > 0 and rest <= ROUGHLY_FOLLOWS * abs(told))


def _named_early(panel: Panel, at: Ints, row: int, change: FactorChange) -> bool:
    """Whether the price does nothing at the session that the source names, and follows at the next one.

    Sources put the last session of the old shares for the first of the new ones. Only what is larger than a quiet move
    can be told so.
    """
    told, moved = math.log(change.ratio), math.log(panel.open[row] / panel.close[row - 1])
    if row + 1 >= len(panel) or row + 1 in panel.offsets:
        return False
    quiet = QUIET_MOVE * math.sqrt(int(at[row + 1] - at[row]))
    rest = math.log(panel.open[row + 1] / panel.close[row]) - told
    return abs(told) > 2 * QUIET_MOVE and abs(moved) <= QUIET_MOVE and abs(rest) <= quiet


def _has_own(changes: Sequence[FactorChange], panel: Panel, row: int, change: FactorChange) -> bool:
    session = panel.sessions[row].item()
    return any(one.symbol == change.symbol and one.session == session for one in changes)


def _judged(
    panel: Panel, at: Ints, changes: Sequence[FactorChange], judged: Flags
) -> Iterator[tuple[FactorChange, int, date, int, float]]:
    """Each change that concerns a judged row, by symbol and session: the first row at or after its session.

    A session without a bar of its own (a holiday, a row without prices) hands what took effect on to the next bar.
    Changes without such a row, or with no bar of the symbol before it, are left out.

    Args:
        panel: bars of earlier sessions included.
        at: position of each row's session in the calendar.
        changes: of the source's factors.
        judged: rows whose move at the open is judged.

    Returns:
        The change, its row, that row's session, sessions since the row before, and the move at the open as a ratio.
    """
    ordered = sorted(changes, key=lambda one: (one.symbol, one.session))
    if not ordered or not len(panel):
        return
    names = np.array([change.symbol for change in ordered])
    place = np.minimum(np.searchsorted(panel.symbols, names), len(panel.symbols) - 1)
    days = np.array([change.session for change in ordered], dtype="datetime64[D]").astype(np.int64)
    keys = panel.symbol_index * _SPAN + panel.sessions.astype(np.int64) + _SPAN // 2
    rows = np.searchsorted(keys, place * _SPAN + days + _SPAN // 2)
    told = (panel.symbols[place] == names) & (panel.offsets[place] < rows) & (rows < panel.offsets[place + 1])
    told[told] = judged[rows[told]]
    rows = rows[told]
    columns = (rows, panel.sessions[rows], at[rows] - at[rows - 1], panel.open[rows] / panel.close[rows - 1])
    taken = (change for change, one in zip(ordered, told.tolist(), strict=True) if one)
    yield from zip(taken, *(column.tolist() for column in columns), strict=True)


def _contradicted(change: FactorChange, ratio: float) -> Finding:
    detail = f"the source says {change.ratio:.4f}, the open is {ratio:.4f} times the close before; not applied"
    return _finding("factor_contradicts_price", "warning", change, detail)


def _adjusted_already(ignored: Sequence[FactorChange], taken: Sequence[Split]) -> list[Finding]:
    """A symbol whose named splits leave no trace in its prices has adjusted prices."""
    found = []
    for symbol in sorted({change.symbol for change in ignored} - {split.symbol for split in taken}):
        mine = [change for change in ignored if change.symbol == symbol]
        named = ", ".join(f"{float(change.split or 1):g} on {change.session}" for change in mine)
        detail = (
            f"the source names splits ({named}) that its prices don't show: they are adjusted already, so earlier bars "
            "are not what was printed and sizes in shares are wrong; kept. Import unadjusted prices instead"
        )
        found.append(_finding("adjusted_prices", "warning", mine[-1], detail, rows=len(mine)))
    return found


def _finding(gate: str, severity: Severity, change: FactorChange, detail: str, rows: int = 1) -> Finding:
    return Finding(gate=gate, severity=severity, symbol=change.symbol, session=change.session, rows=rows, detail=detail)
