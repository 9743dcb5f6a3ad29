"""Changes of a source's factors beside the prices: splits and dividends that the price confirms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from trading.arrays import Days, Flags, Ints
from trading.bars.actions import Break, Dividend, Split
from trading.bars.panel import Panel
from trading.gates.factors import FactorChange
from trading.gates.findings import Finding, Severity

QUIET_MOVE = 0.20
"""Of the logarithm for one session: what a price may move beside a factor; it grows with the root of the sessions."""
ROUGHLY_FOLLOWS = 0.5
"""A price that moves more than that beside a large factor still confirms it where the factor explains half the move."""


@dataclass(frozen=True)
class Distributions:
    """What the factors tell, as far as the prices confirm it.

    Attributes:
        rows: of the panel, whose move at the open they explain.
        breaks: by row; distributions so large that earlier prices say little about later ones.
        pending: changes that only a later bar can confirm: it has to be looked at together with them.
    """

    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()
    breaks: tuple[tuple[int, Break], ...] = ()
    findings: tuple[Finding, ...] = ()
    rows: frozenset[int] = frozenset()
    pending: tuple[FactorChange, ...] = ()


@dataclass(frozen=True)
class _Told:
    """What was told so far."""

    splits: list[Split] = field(default_factory=list)
    dividends: list[Dividend] = field(default_factory=list)
    breaks: list[tuple[int, Break]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)
    pending: list[FactorChange] = field(default_factory=list)
    ignored: list[FactorChange] = field(default_factory=list)

    def take(self, panel: Panel, row: int, change: FactorChange, gap: int) -> None:
        """The change is confirmed, `gap` sessions after the bar before: a split, a distribution, or both."""
        self.rows.add(row)
        change = replace(change, session=panel.sessions[row].item())
        span = f"; it took effect after {panel.sessions[row - 1]}, and no bar says on which session" if gap > 1 else ""
        close_before = float(panel.close[row - 1])
        reading = change.reading(close_before)
        shares = reading.split
        if shares is not None:
            self.splits.append(Split(change.symbol, change.session, shares.numerator, shares.denominator))
            detail = f"the source says {shares.numerator}-for-{shares.denominator}; earlier bars are restated{span}"
            self.findings.append(_finding("split", "info", change, detail))
        if reading.rest == 1 and reading.amount_usd is None:
            return
        amount = reading.amount_usd or close_before / float(shares or 1) * (1 - reading.rest)
        self.dividends.append(Dividend(change.symbol, change.session, reading.rest, amount if amount > 0 else None))
        if abs(math.log(reading.rest)) > QUIET_MOVE:
            reason = f"a distribution: the source's factor is {reading.rest:.4f}{span}"
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
    at = np.searchsorted(expected_sessions, panel.sessions)
    for change in sorted(changes, key=lambda one: (one.symbol, one.session)):
        row = _row(panel, change)
        if row is not None:
            _judge(told, panel, at, row, change, changes=changes, judged=judged)
        elif _ahead(panel, change):
            told.pending.append(change)
    if told.dividends:
        detail = f"{len(told.dividends)} by the source; on record, prices stay as printed"
        told.findings.append(
            Finding(
                gate="dividend", severity="info", symbol=None, session=None, rows=len(told.dividends), detail=detail
            )
        )
    told.findings.extend(_adjusted_already(told.ignored, told.splits))
    return Distributions(
        tuple(told.splits), tuple(told.dividends), tuple(told.breaks), tuple(told.findings),
        rows=frozenset(told.rows), pending=tuple(told.pending),
    )  # fmt: skip


def _judge(
    told: _Told, panel: Panel, at: Ints, row: int, change: FactorChange,
    *, changes: Sequence[FactorChange], judged: Flags,
) -> None:  # fmt: skip
    """The change is taken at its row or the next one, contradicted, or left for the bars to come."""
    gap, move = int(at[row] - at[row - 1]), math.log(panel.open[row] / panel.close[row - 1])
    quiet = QUIET_MOVE * math.sqrt(gap)
    if judged[row]:
        if _follows(move, math.log(change.ratio), quiet):
            told.take(panel, row, change, gap)
            return
        told.findings.append(_contradicted(change, math.exp(move)))
    if _named_early(panel, at, row, change) and judged[row + 1] and not _has_own(changes, panel, row + 1, change):
        told.take(panel, row + 1, change, int(at[row + 1] - at[row]))
    elif judged[row] and _may_be_early(panel, row, change):
        told.pending.append(change)
    elif judged[row] and change.split is not None and abs(move) <= quiet:
        told.ignored.append(change)


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


def _may_be_early(panel: Panel, row: int, change: FactorChange) -> bool:
    """Whether the next bar, which isn't there yet, may show that the source named its session too early."""
    told, moved = math.log(change.ratio), math.log(panel.open[row] / panel.close[row - 1])
    last = row + 1 == len(panel) or row + 1 in panel.offsets
    return last and abs(told) > 2 * QUIET_MOVE and abs(moved) <= QUIET_MOVE


def _ahead(panel: Panel, change: FactorChange) -> bool:
    """Whether the symbol has bars before the change and none from it on."""
    bars = _bars(panel, change.symbol)
    return bars.stop > bars.start and bool(panel.sessions[bars.stop - 1] < np.datetime64(change.session))


def _has_own(changes: Sequence[FactorChange], panel: Panel, row: int, change: FactorChange) -> bool:
    session = panel.sessions[row].item()
    return any(one.symbol == change.symbol and one.session == session for one in changes)


def _row(panel: Panel, change: FactorChange) -> int | None:
    """The first row that the change concerns; None when there is none, or no bar of the symbol before it.

    A session without a bar of its own (a holiday, a row without prices) hands what took effect on to the next bar. Of
    several bars for which the source says no factor the one counts whose price follows the change most closely.
    """
    bars = _bars(panel, change.symbol)
    first, end = bars.start, bars.stop
    row = int(first + np.searchsorted(panel.sessions[first:end], np.datetime64(change.session)))
    if not first < row < end:
        return None
    if change.after is None or panel.sessions[row - 1] <= np.datetime64(change.after):
        return row
    start = int(first + np.searchsorted(panel.sessions[first:end], np.datetime64(change.after), side="right"))
    between = np.arange(max(start, first + 1), row + 1)
    off = np.abs(np.log(panel.open[between] / panel.close[between - 1]) - math.log(change.ratio))
    return int(between[off.argmin()]) if abs(math.log(change.ratio)) > QUIET_MOVE else row


def _bars(panel: Panel, symbol: str) -> slice:
    position = int(np.searchsorted(panel.symbols, symbol))
    if position == len(panel.symbols) or panel.symbols[position] != symbol:
        return slice(0, 0)
    return slice(int(panel.offsets[position]), int(panel.offsets[position + 1]))


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
