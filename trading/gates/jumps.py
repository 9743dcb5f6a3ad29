"""Gates that judge the move from the bar before: splits, breaks, and news."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import numpy as np

from trading.arrays import Days, Flags, Floats
from trading.bars.actions import Break, Split
from trading.bars.panel import Panel
from trading.gates.distributions import Distributions
from trading.gates.factors import NOTHING_STATED, Statements
from trading.gates.findings import Finding, Severity
from trading.gates.ratios import guessed_split, near_a_split

NEWS_DOLLARS = 2.0
"""From this multiple of the median dollar volume on, a large fall is believed to be news. Shares are no measure: after
a split of 50 for 1 there are fifty times as many of them."""
NEWS_DOLLARS_OF_RATIO = 5.0
"""For a fall to a half, a third, …, which a split on news or a spin-off makes as well."""
NEWS_DOLLARS_OF_RISE = 20.0
"""For a rise that a reverse split could be: those come with more dollars than usual, news with many times more."""
LEAST_REVERSE_SPLIT = 1.7
"""Open / close before. No corporate action raises a price by less: 1-for-2 is the smallest usual reverse split."""

USUAL_MOVES = 20.0
"""A move within so many times the median move of the symbol from close to open is its own: splits and distributions of
US stocks in 2015 and 2016 were nearly all farther out, and most large moves of thin stocks and warrants nearer."""

LARGEST_QUIET_MOVE = 0.20
"""Of the logarithm of open / previous close for one session; it grows with the square root of the sessions between."""

LONGEST_SPLIT_GAP = 2
"""Sessions from the bar before. After more, the price moves too far by itself to tell a ratio."""
LARGEST_DRIFT = 0.35
"""Of the logarithm, from open to close. An open that the session leaves by more is a bad print rather than a split."""
UNDONE = 0.1
"""Of the logarithm: a move back to where the price was before a guessed split of the bar before undoes the guess."""

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
        dollar_ratio: the same of dollar volume.
        usual: the move over the median move from close to open, logarithms; NaN likewise.
        close_before: USD.
        drift: of the logarithm, from open to close.
    """

    row: int
    symbol: str
    ratio: float
    gap: int
    volume_ratio: float
    dollar_ratio: float
    usual: float
    close_before: float
    drift: float

    @property
    def in_words(self) -> str:
        volume = "unknown" if math.isnan(self.volume_ratio) else f"{self.volume_ratio:.2f} times its median"
        return f"open is {self.ratio:.4f} times the close {self.gap} session(s) before; volume {volume}"

    @property
    def in_dollars(self) -> str:
        """The same, with the dollar volume that it is judged by."""
        dollars = "" if math.isnan(self.dollar_ratio) else f", {self.dollar_ratio:.2f} times in dollars"
        return f"{self.in_words}{dollars}"

    @property
    def guess(self) -> Fraction | None:
        """New shares per old share of the split that bars alone suggest; below 1 for a reverse split."""
        if self.gap > LONGEST_SPLIT_GAP or abs(self.drift) > LARGEST_DRIFT:
            return None
        return guessed_split(self.ratio, self.dollar_ratio, self.close_before, self.gap)

    @property
    def explained_by_volume(self) -> bool:
        """Whether so many dollars changed hands that the move is believed; a rise that is no split's needs none."""
        if 1 < self.ratio < LEAST_REVERSE_SPLIT:
            return True
        if self.ratio > 1:
            return self.dollar_ratio >= NEWS_DOLLARS_OF_RISE
        return self.dollar_ratio >= (NEWS_DOLLARS_OF_RATIO if near_a_split(self.ratio) else NEWS_DOLLARS)


def find_jumps(
    panel: Panel,
    expected_sessions: Days,
    *,
    judged: Flags | None = None,
    known_splits: Sequence[Split] = (),
    known_breaks: Sequence[Break] = (),
    told: Distributions = NOTHING_TOLD,
    stated: Statements = NOTHING_STATED,
) -> Jumps:
    """What each large move at the open is, judged from that bar and earlier ones.

    Args:
        panel: bars of earlier sessions included, as far as they are known.
        expected_sessions: sessions of the exchange calendar that cover the bars.
        judged: rows whose move at the open is judged, shape `(n_rows,)`; all if None.
        known_splits: found before, of any session; they aren't in the answer.
        known_breaks: likewise.
        told: by the source's factors; the moves that they explain are not judged again.
        stated: sessions for which the source says that nothing happened to the shares.

    - Another company's, when the symbol was silent for months and comes back at another price.
    - A real move, when the source says that no split or distribution took effect: kept.
    - A split that is guessed, when the ratio and the dollar volume leave one usual split; see `guessed_split`.
    - News, when dollar volume supports the move, or no corporate action could have caused it: kept.
    - The symbol's own, when its opens are far from its closes every day: kept.
    - A break otherwise.
    """
    past = _Past(panel, [*known_splits, *told.splits], known_breaks)
    found = _Found(past, list(told.splits), [], list(told.findings))
    for row, cut in told.breaks:
        found.cut("large_distribution", row, cut, cut.reason)
    open_ = np.ones(len(panel), dtype=np.bool_) if judged is None else judged.copy()
    open_[list(told.rows)] = False
    for move in _moves(panel, expected_sessions, open_, past):
        nothing_happened = stated.of_nothing(move.symbol, panel.sessions[move.row])
        found.judge(move, panel.sessions[move.row].item(), nothing_happened=nothing_happened)
    return Jumps(tuple(found.splits), tuple(found.breaks), tuple(found.findings))


@dataclass(frozen=True)
class _Found:
    """What moves were judged to be, so far; a split or a cut changes the past that later moves are judged by."""

    past: _Past
    splits: list[Split]
    breaks: list[Break]
    findings: list[Finding]

    def judge(self, move: _Move, session: date, *, nothing_happened: bool) -> None:
        """See `find_jumps`."""
        guess = self._undoing(move) or move.guess
        if move.gap >= REUSE_SILENCE:
            reason = f"{move.gap} sessions of silence; {move.in_words}"
            words = f"{move.in_words}: it may be another company"
            self.cut("symbol_reuse", move.row, Break(move.symbol, session, reason), words)
        elif nothing_happened:
            words = "the source says that no split or distribution took effect"
            if guess:
                words += f", though it looks like {_in_words(guess)}; see `inplay data splits`"
            self._note("large_move_without_action", "warning", move, session, f"{words}; kept")
        elif guess:
            self.splits.append(Split(move.symbol, session, guess.numerator, guess.denominator, guessed=True))
            self.past.splits.append(self.splits[-1])
            words = f"taken for {_in_words(guess)} by price and dollar volume alone, a guess; earlier bars are restated"
            self._note("split_guessed", "warning", move, session, words)
        elif move.explained_by_volume:
            self._note("large_move_with_volume", "warning", move, session, "taken for news; kept")
        elif move.usual <= USUAL_MOVES:
            words = f"{move.usual:.0f} times the usual move to the open of this symbol; kept"
            self._note("large_move_of_its_own", "warning", move, session, words)
        else:
            words = f"{move.in_dollars}: unexplained"
            self.cut("unexplained_jump", move.row, Break(move.symbol, session, move.in_words), words)

    def _undoing(self, move: _Move) -> Fraction | None:
        """The inverse of a split that was guessed at the bar before, where the price is back: neither happened."""
        before = self.past.guessed_at(move.row - 1, move.symbol)
        if before is None or abs(math.log(move.ratio / before.factor)) > UNDONE:
            return None
        return Fraction(before.denominator, before.numerator)

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
        detail = f"{move.in_dollars}: {words}"
        self.findings.append(
            Finding(gate=gate, severity=severity, symbol=move.symbol, session=session, rows=1, detail=detail)
        )


def _in_words(shares: Fraction) -> str:
    return f"a {shares.numerator}-for-{shares.denominator} split"


class _Past:
    """Where the comparable history of each symbol starts, and which splits restate it."""

    def __init__(self, panel: Panel, splits: list[Split], breaks: Sequence[Break]) -> None:
        self.splits = splits
        self._sessions = panel.sessions
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

    def guessed_at(self, row: int, symbol: str) -> Split | None:
        """The guessed split that took effect at the row."""
        session = self._sessions[row].item()
        mine = (one for one in self.splits if one.guessed and one.symbol == symbol and one.session == session)
        return next(mine, None)

    def splits_of(self, symbol: str, session: np.datetime64) -> list[Split]:
        """Those of the symbol that had taken effect by `session`."""
        return [split for split in self.splits if split.symbol == symbol and np.datetime64(split.session) <= session]


def _moves(panel: Panel, expected_sessions: Days, judged: Flags, past: _Past) -> Iterator[_Move]:
    """Every move beyond the quiet bound, by symbol and session.

    The caller adds to `past` while it consumes: a split restates the earlier volumes of later moves, a break ends what
    they are compared with.
    """
    at = np.searchsorted(expected_sessions, panel.sessions).astype(np.float64)
    gap = at - panel.shifted(at)
    ratio: Floats = panel.open / panel.shifted(panel.close)
    size = np.abs(np.log(ratio))
    moved = (size > LARGEST_QUIET_MOVE * np.sqrt(gap)) | ((gap >= REUSE_SILENCE) & (size > REUSE_MOVE))
    large = np.flatnonzero(moved & judged)
    symbol_index = panel.symbol_index
    for row in large.tolist():
        symbol = str(panel.symbols[symbol_index[row]])
        splits = past.splits_of(symbol, panel.sessions[row])
        first = past.start(symbol, row)
        yield _Move(
            row=row,
            symbol=symbol,
            ratio=float(ratio[row]),
            gap=int(gap[row]),
            volume_ratio=_volume_ratio(panel, row, first, splits),
            dollar_ratio=_dollar_ratio(panel, row, first),
            usual=over_usual(panel, row, first),
            close_before=float(panel.close[row - 1]),
            drift=math.log(panel.close[row] / panel.open[row]),
        )


def _volume_ratio(panel: Panel, row: int, first_row: int, splits: list[Split]) -> float:
    """Volume over the median of up to 20 bars before it, in the shares of this bar; NaN with fewer than 5 of them."""
    before = slice(max(first_row, row - MEDIAN_BARS), row)
    volume = panel.volume[before].copy()
    for split in splits:
        volume[panel.sessions[before] < np.datetime64(split.session)] *= split.factor
    return over_median(float(panel.volume[row]), volume)


def _dollar_ratio(panel: Panel, row: int, first_row: int) -> float:
    """Close times volume over the median of that of up to 20 bars before it; NaN with fewer than 5 of them."""
    before = slice(max(first_row, row - MEDIAN_BARS), row)
    return over_median(float(panel.close[row] * panel.volume[row]), panel.close[before] * panel.volume[before])


def over_usual(panel: Panel, row: int, first_row: int) -> float:
    """Size of the move to the open over the median of those of up to 20 bars before it; NaN with fewer than 5."""
    start = max(first_row, row - MEDIAN_BARS - 1)
    moves = np.abs(np.log(panel.open[start + 1 : row + 1] / panel.close[start:row]))
    return over_median(float(moves[-1]), moves[:-1]) if row > start else math.nan


def over_median(value: float, before: Floats) -> float:
    """The value over the median of those before it; NaN with fewer than 5 of them, or where the median is zero."""
    if len(before) < FEWEST_BARS:
        return math.nan
    ordered = np.sort(before)  # a tenth of the time of `np.median`
    median = float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    return value / median if median > 0 else math.nan
