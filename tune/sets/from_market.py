"""The training set of a history's bars: its setups, what became of each, and what was known of it at its close.

A history of some thousand symbols takes gigabytes beside its setups, so one history is held at a time, outcomes and
features are made some rows at a time, and each feature is written once, where it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import numpy.typing as npt

from adapters.machine.free_memory import give_back
from trading.arrays import Days, Flags, Floats, Ints, Matrix
from trading.bars.panel import as_day
from trading.cycle.stages import Market, Patterns, regimes_of, rule_inputs
from trading.outcomes.barriers import OutcomeRules, Outcomes, label
from trading.scanner.rules import ScannerRules
from trading.views.rule_system import confidence
from trading.views.setups import FEATURES, Setups, feature_rows, setup_rows
from tune.sets.training_set import CHUNK_ROWS, TrainingSet
from tune.sets.uniqueness import average_uniqueness

REASONS = ("", "open", "bars ended", "no range", "break", "known later")
"""Why a setup is no row, by code; the first = it is one."""
History = tuple[Market, Patterns]


def looks_in_play(setups: Setups, rules: ScannerRules) -> Flags:
    """Whether each setup is long, and moves and trades as the scanner asks; price, value and rank are left out."""

    def column(name: str) -> Floats:
        return setups.matrix[:, FEATURES.index(name)].astype(np.float64)

    gap, change = column("gap_pct"), column("return_1")
    with np.errstate(invalid="ignore"):
        move = np.fmax(np.abs(gap), np.abs(change)) if rules.both_directions else np.fmax(gap, change)
        moving = (move >= rules.min_move) & (column("volume_ratio_20") >= rules.min_relative_volume)
    return np.asarray(moving & (setups.direction > 0))


def from_market(
    market: Market,
    patterns: Patterns,
    rules: OutcomeRules,
    scanner: ScannerRules,
    before: date,
    *,
    ended: Iterable[History] = (),
) -> TrainingSet:
    """The setups of a history whose outcome was known at the close of a session before `before`.

    Args:
        market: history up to now.
        patterns: of it.
        rules: of the outcome.
        scanner: what counts as in play.
        before: a session.
        ended: the histories that breaks ended, of which the symbols that ended are taken; see `data.ended`.
    """
    return from_histories(lambda: (market, patterns), ended, rules, scanner, before)


def from_histories(
    now: Callable[[], History], ended: Iterable[History], rules: OutcomeRules, scanner: ScannerRules, before: date
) -> TrainingSet:
    """The same, with the history up to now made when those that ended are done with; each is let go of in its turn."""
    parts = [*map(partial(_ended_part, rules=rules, before=before), ended), _part(*now(), rules, before)]
    part = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    within = np.concatenate([np.arange(len(one)) for one in parts])
    symbols = np.unique(np.concatenate([one.symbols for one in parts]))
    symbol = np.concatenate([np.searchsorted(symbols, one.symbols)[one.symbol] for one in parts])
    of = {
        name: np.concatenate([getattr(one, name) for one in parts]) for name in ("direction", "session", *OF_OUTCOMES)
    }
    rows = np.lexsort((of["direction"], symbol, of["session"]))
    part, within, symbol = (one[rows] for one in (part, within, symbol))
    of = {name: values[rows] for name, values in of.items()}
    matrix = np.empty((len(rows), len(FEATURES)), dtype=np.float32)
    for number, one in enumerate(parts):
        _fill(matrix, np.flatnonzero(part == number), within, one)
    setups = Setups(within, of["direction"], matrix)
    return TrainingSet(
        features=FEATURES,
        matrix=matrix,
        success=of["success"],
        net_return=of["net_return"],
        session=of["session"],
        known_session=of["known_session"],
        rule_confidence=confidence(rule_inputs(setups)),
        in_play=looks_in_play(setups, scanner),
        symbols=tuple(symbols.tolist()),
        symbol=symbol.astype(np.int32),
        direction=of["direction"],
        weight=average_uniqueness(symbol, of["session"], of["known_session"]),
        both_barriers=of["both_barriers"].astype(np.float64),
        undecided=_counted(parts),
    )


OF_OUTCOMES = ("success", "net_return", "known_session", "both_barriers")


@dataclass(frozen=True)
class _Part:
    """The setups of one history whose outcome is known, in the order of the history.

    Attributes:
        symbols: of the history, ascending.
        symbol: which of them each setup is about.
        features: makes the features of some of the setups, in the order given.
        undecided: how many more setups there are, by code of the reason.
    """

    symbols: npt.NDArray[np.str_]
    symbol: Ints
    session: Days
    direction: npt.NDArray[np.int8]
    success: Floats
    net_return: Floats
    known_session: Days
    both_barriers: Flags
    features: Callable[[Ints], Matrix]
    undecided: Ints

    def __len__(self) -> int:
        return len(self.symbol)


def _ended_part(history: History, *, rules: OutcomeRules, before: date) -> _Part:
    """A history that ended, with the features of its few setups instead of itself."""
    part = _part(*history, rules, before)
    matrix = np.empty((len(part), len(FEATURES)), dtype=np.float32)
    every = np.arange(len(part))
    _fill(matrix, every, every, part)
    kept = {name: getattr(part, name) for name in part.__dataclass_fields__}
    return _Part(**{**kept, "features": matrix.__getitem__})


def _part(market: Market, patterns: Patterns, rules: OutcomeRules, before: date) -> _Part:
    panel = market.panel
    row, direction = setup_rows(panel, patterns.detections, None if market.endings is None else market.ended_rows)
    made = [
        _labelled(market, row[here], direction[here], rules, as_day(before)) for here in _slices(len(row))
    ] or [_labelled(market, row, direction, rules, as_day(before))]  # fmt: skip
    reason = np.concatenate([codes for _, codes in made])
    known = reason == 0
    outcome = {name: np.concatenate([getattr(one, name) for one, _ in made])[known] for name in OF_OUTCOMES}
    row, direction = row[known], direction[known]
    regime = regimes_of(market, patterns)

    def features(chosen: Ints) -> Matrix:
        return feature_rows(
            panel, market.indicators, market.context, patterns.detections, patterns.catalyst, rows=row[chosen],
            direction=direction[chosen], regime=regime,
        ).matrix  # fmt: skip

    counts = np.bincount(reason, minlength=len(REASONS))
    return _Part(
        panel.symbols, panel.symbol_index[row], panel.sessions[row], direction, **outcome, features=features,
        undecided=counts,
    )  # fmt: skip


def _labelled(
    market: Market, row: Ints, direction: npt.NDArray[np.int8], rules: OutcomeRules, before: np.datetime64
) -> tuple[Outcomes, npt.NDArray[np.int8]]:
    """What became of setups, and the code of the reason why one is no row."""
    panel = market.panel
    outcome = label(panel, row, direction, market.indicators["atr_14"][row], rules, endings=market.endings)
    last = panel.sessions[panel.offsets[1:] - 1][panel.symbol_index[row]]
    still = last == (panel.sessions.max() if len(panel) else before)
    codes = np.zeros(len(row), dtype=np.int8)
    codes[outcome.exit_kind == "open"] = np.where(still, 1, 2)[outcome.exit_kind == "open"]
    codes[outcome.exit_kind == "unknown"] = 3
    codes[outcome.exit_kind == "no_entry"] = 4
    codes[(codes == 0) & ~(outcome.known_session < before)] = 5
    return outcome, codes


def _fill(matrix: Matrix, at: Ints, within: Ints, part: _Part) -> None:
    """Writes the features of a part's setups `within[at]` to the rows `at`."""
    for here in _slices(len(at)):
        matrix[at[here]] = part.features(within[at[here]])
    give_back()


def _slices(count: int) -> Iterator[slice]:
    return (slice(first, first + CHUNK_ROWS) for first in range(0, count, CHUNK_ROWS))


def _counted(parts: Iterable[_Part]) -> dict[str, int]:
    """How many setups are no rows, by reason, in the order of the alphabet."""
    counts = np.sum([part.undecided for part in parts], axis=0)
    return {reason: int(counts[code]) for code, reason in sorted(enumerate(REASONS), key=lambda one: one[1])
            if code and counts[code]}  # fmt: skip
