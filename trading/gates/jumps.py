"""Gates that judge a bar by the bars before it: prints that no volume supports, splits, breaks, and news."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from trading.arrays import Days, Flags, Floats, Ints
from trading.bars.actions import Break, Split
from trading.bars.panel import Panel
from trading.gates.distributions import Distributions
from trading.gates.findings import Finding, Severity

FARTHEST_PRINT = 0.6
"""A trade this far from its reference price was cancelled as clearly erroneous after the crash of 2010-05-06.

Source: Findings regarding the market events of May 6, 2010 (report of the staffs of the CFTC and SEC), section on the
broken trades: executions more than 60 % away from the reference price.
"""

NEWS_VOLUME = 5.0
"""From this multiple of the median volume on, a large move is believed to be news."""

LARGEST_QUIET_MOVE = 0.20
"""Of the logarithm of open / previous close for one session; it grows with the square root of the sessions between."""

SPLIT_RATIOS = (*(Fraction(n) for n in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20)), Fraction(3, 2))
SPLIT_TOLERANCE = 0.05
SPLIT_VOLUME = (0.5, 2.0)
"""A split alone leaves the volume in old shares about where it was."""

LONGEST_SPLIT_GAP = 2
"""Sessions from the bar before. After more, the price moves too far by itself for `SPLIT_TOLERANCE` to mean much."""

MEDIAN_BARS, FEWEST_BARS = 20, 5

REUSE_SILENCE = 60
"""Sessions without a bar, about three months, after which a symbol may be another company's."""
REUSE_MOVE = 0.4
"""Of the logarithm of open / last close, after such a silence."""


NOTHING_TOLD = Distributions()


@dataclass(frozen=True)
class Jumps:
    """Splits, breaks and a finding for each large move."""

    splits: tuple[Split, ...]
    breaks: tuple[Break, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Move:
    """One large move at the open.

    Attributes:
        ratio: open / previous close.
        gap: sessions from the bar before in the exchange calendar.
        volume_ratio: volume / median of the bars before, NaN with too few of them.
    """

    row: int
    symbol: str
    ratio: float
    gap: int
    volume_ratio: float

    @property
    def in_words(self) -> str:
        volume = "unknown" if math.isnan(self.volume_ratio) else f"{self.volume_ratio:.2f} times its median"
        return f"open is {self.ratio:.4f} times the close {self.gap} session(s) before; volume {volume}"


def unsupported_prints(panel: Panel, judged: Flags | None = None) -> Ints:
    """Rows, of `judged` if given, with a high or low `FARTHEST_PRINT` beyond open and close on too little volume."""
    highest, lowest = np.maximum(panel.open, panel.close), np.minimum(panel.open, panel.close)
    far = (panel.high > (1 + FARTHEST_PRINT) * highest) | (panel.low < (1 - FARTHEST_PRINT) * lowest)
    rows = np.flatnonzero(far if judged is None else far & judged)
    first_rows = panel.offsets[panel.symbol_index[rows]]
    ratios = [
        _volume_ratio(panel, row, first, []) for row, first in zip(rows.tolist(), first_rows.tolist(), strict=True)
    ]
    # An unknown ratio (NaN) supports nothing either, and compares as false.
    supported = np.array(ratios, dtype=np.float64) >= NEWS_VOLUME
    unsupported: Ints = rows[~supported]
    return unsupported


def find_jumps(
    panel: Panel,
    expected_sessions: Days,
    *,
    judged: Flags | None = None,
    known_splits: Sequence[Split] = (),
    known_breaks: Sequence[Break] = (),
    told: Distributions = NOTHING_TOLD,
) -> Jumps:
    """What each large move at the open is, judged from that bar and earlier ones.

    Args:
        panel: bars of earlier sessions included, as far as they are known.
        expected_sessions: sessions of the exchange calendar that cover the bars.
        judged: rows whose move at the open is judged, shape `(n_rows,)`; all if None.
        known_splits: found before, of any session; they aren't in the answer.
        known_breaks: likewise.
        told: by the source's factors; the moves that they explain are not judged again.

    - Another company's, when the symbol was silent for months and comes back at another price.
    - A split, when open / previous close is within 5 % of a usual split ratio and the volume, in old shares, is what it
      was.
    - A break, when it is within 5 % of a whole ratio but the volume isn't (a split on news, a spin-off, a halving of
      the price: these can't be told apart from bars), or when there is no volume that would support the move.
    - News otherwise: kept.
    """
    past = _Past(panel, [*known_splits, *told.splits], known_breaks)
    found = _Found(past, list(told.splits), [], list(told.findings))
    for row, cut in told.breaks:
        found.cut("large_distribution", row, cut, cut.reason)
    for move in _moves(panel, expected_sessions, judged, past):
        if move.row not in told.rows:
            found.judge(move, panel.sessions[move.row].item())
    return Jumps(tuple(found.splits), tuple(found.breaks), tuple(found.findings))


@dataclass(frozen=True)
class _Found:
    """What moves were judged to be, so far; a split or a cut changes the past that later moves are judged by."""

    past: _Past
    splits: list[Split]
    breaks: list[Break]
    findings: list[Finding]

    def judge(self, move: _Move, session: date) -> None:
        """See `find_jumps`."""
        factor = _split_factor(move.ratio)
        if move.gap >= REUSE_SILENCE:
            reason = f"{move.gap} sessions of silence; {move.in_words}"
            words = f"{move.in_words}: it may be another company"
            self.cut("symbol_reuse", move.row, Break(move.symbol, session, reason), words)
        elif factor and move.gap <= LONGEST_SPLIT_GAP and _keeps_volume(move, factor):
            self.splits.append(Split(move.symbol, session, factor.numerator, factor.denominator))
            self.past.splits.append(self.splits[-1])
            words = f"a {factor.numerator}-for-{factor.denominator} split; earlier bars are restated"
            self._note("split", "info", move, session, words)
        elif move.volume_ratio >= NEWS_VOLUME and not (factor and 1 in {factor.numerator, factor.denominator}):
            self._note("large_move_with_volume", "warning", move, session, "taken for news; kept")
        else:
            words = f"{move.in_words}: unexplained"
            self.cut("unexplained_jump", move.row, Break(move.symbol, session, move.in_words), words)

    def cut(self, gate: str, row: int, cut: Break, words: str) -> None:
        """The symbol's history starts at the row, and what is withheld by that is told."""
        withheld = row - self.past.start(cut.symbol, row)
        self.past.cut(cut.symbol, row)
        self.breaks.append(cut)
        detail = f"{words}; bars before it are withheld from this session on"
        self.findings.append(
            Finding(
                gate=gate, severity="quarantine", symbol=cut.symbol, session=cut.session, rows=withheld, detail=detail
            )
        )

    def _note(self, gate: str, severity: Severity, move: _Move, session: date, words: str) -> None:
        detail = f"{move.in_words}: {words}"
        self.findings.append(
            Finding(gate=gate, severity=severity, symbol=move.symbol, session=session, rows=1, detail=detail)
        )


class _Past:
    """Where the comparable history of each symbol starts, and which splits restate it."""

    def __init__(self, panel: Panel, splits: list[Split], breaks: Sequence[Break]) -> None:
        self.splits = splits
        starts: dict[str, int] = dict(zip(panel.symbols.tolist(), panel.offsets[:-1].tolist(), strict=True))
        self._first = starts
        self._cuts: dict[str, list[int]] = {}
        for cut in breaks:
            if cut.symbol in self._first:
                position = int(np.searchsorted(panel.symbols, cut.symbol))
                first, end = panel.offsets[position : position + 2]
                row = first + np.searchsorted(panel.sessions[first:end], np.datetime64(cut.session))
                self.cut(cut.symbol, int(row))

    def cut(self, symbol: str, row: int) -> None:
        """Bars before `row` can't be compared with those from it on."""
        self._cuts.setdefault(symbol, []).append(row)

    def start(self, symbol: str, row: int) -> int:
        """The first row that a bar at `row` may be compared with."""
        return max([self._first[symbol], *(cut for cut in self._cuts.get(symbol, []) if cut <= row)])

    def splits_of(self, symbol: str, session: np.datetime64) -> list[Split]:
        """Those of the symbol that had taken effect by `session`."""
        return [split for split in self.splits if split.symbol == symbol and np.datetime64(split.session) <= session]


def _moves(panel: Panel, expected_sessions: Days, judged: Flags | None, past: _Past) -> Iterator[_Move]:
    """Every move beyond the quiet bound, by symbol and session.

    The caller adds to `past` while it consumes: a split restates the earlier volumes of later moves, a break ends what
    they are compared with.
    """
    at = np.searchsorted(expected_sessions, panel.sessions).astype(np.float64)
    gap = at - panel.shifted(at)
    ratio: Floats = panel.open / panel.shifted(panel.close)
    size = np.abs(np.log(ratio))
    moved = (size > LARGEST_QUIET_MOVE * np.sqrt(gap)) | ((gap >= REUSE_SILENCE) & (size > REUSE_MOVE))
    large = np.flatnonzero(moved if judged is None else moved & judged)
    symbol_index = panel.symbol_index
    for row in large.tolist():
        symbol = str(panel.symbols[symbol_index[row]])
        splits = past.splits_of(symbol, panel.sessions[row])
        volume_ratio = _volume_ratio(panel, row, past.start(symbol, row), splits)
        yield _Move(row, symbol, float(ratio[row]), int(gap[row]), volume_ratio)


def _volume_ratio(panel: Panel, row: int, first_row: int, splits: list[Split]) -> float:
    """Volume over the median of up to 20 bars before it, in the shares of this bar; NaN with fewer than 5 of them."""
    before = slice(max(first_row, row - MEDIAN_BARS), row)
    volume = panel.volume[before].copy()
    if len(volume) < FEWEST_BARS:
        return math.nan
    for split in splits:
        volume[panel.sessions[before] < np.datetime64(split.session)] *= split.factor
    median = float(np.median(volume))
    return float(panel.volume[row]) / median if median > 0 else math.nan


def _split_factor(ratio: float) -> Fraction | None:
    """New shares per old share of the usual split that `ratio` looks like; below 1 for a reverse split."""
    for usual in SPLIT_RATIOS:
        for factor in (usual, 1 / usual):
            if abs(ratio * float(factor) - 1) <= SPLIT_TOLERANCE:
                return factor
    return None


def _keeps_volume(move: _Move, factor: Fraction) -> bool:
    least, most = SPLIT_VOLUME
    return least <= move.volume_ratio / float(factor) <= most
