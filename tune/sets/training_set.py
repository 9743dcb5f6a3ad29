"""The training set: one row per setup whose outcome was known before a given session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats, Ints, Matrix
from trading.bars.panel import Panel, as_day
from trading.cycle.stages import Market, Patterns, regimes_of, rule_inputs
from trading.errors import ModelError
from trading.outcomes.barriers import OutcomeRules, Outcomes, label
from trading.scanner.rules import ScannerRules
from trading.views.members.member import Member
from trading.views.rule_system import confidence
from trading.views.setups import FEATURES, Setups, build_setups
from tune.sets.uniqueness import average_uniqueness

TARGET_SCALE = 0.01
"""Net returns are predicted in per cent, so that XGBoost's regularisation meets numbers near one."""
UNKNOWN = "unknown in every setup that the models learned from"


@dataclass(frozen=True)
class TrainingSet:
    """Setups with known outcomes, rows ascending by session.

    Several patterns of one direction on one bar share one outcome, so they are one row here: counting them apart would
    make the sample look larger than it is.

    Attributes:
        features: names of the columns of `matrix`.
        matrix: float32, NaN = unknown, shape `(n, n_features)`.
        success: 1 when the trade made money after costs, else 0, shape `(n,)`.
        net_return: of the trade after costs, as a fraction.
        session: of the decision.
        known_session: at whose close the outcome was known.
        rule_confidence: of the rule-based system for the same setup.
        in_play: whether it is a setup such as the scanner passes on: long, moving and traded as its rules ask.
        symbols: tickers, ascending; more than the rows' own perhaps.
        symbol: which of them each row is about, int32.
        direction: +1 long, -1 short, int8.
        weight: of the row in a fit, mean 1 over the rows of a history: see `tune.sets.uniqueness`. What is fitted is
            weighted; what is judged isn't, because every setup is a trade that could be made.
        both_barriers: 1 where one bar held stop and target, so that bars can't tell which came first and the stop
            counted, else 0; NaN where nobody looked.
        left_out: columns that no model may learn from, and why.
        undecided: setups of the history that are no rows, by reason: `open` at its end, `bars ended` (a listing that
            went away), `break` before the entry, `no range` to set barriers by, `known later` than was asked for.
        regime_factors: what multiplies the members' weights in states of the regime, as learned from the record before
            the same session (`tune.judgement.regime_factors`); empty = nothing does.
    """

    features: tuple[str, ...]
    matrix: Matrix
    success: Floats
    net_return: Floats
    session: Days
    known_session: Days
    rule_confidence: Floats
    in_play: Flags
    symbols: tuple[str, ...]
    symbol: npt.NDArray[np.int32]
    direction: npt.NDArray[np.int8]
    weight: Floats
    both_barriers: Floats
    left_out: Mapping[str, str] = field(default_factory=dict)
    undecided: Mapping[str, int] = field(default_factory=dict)
    regime_factors: Mapping[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (np.diff(self.session.astype(np.int64)) >= 0).all():
            raise ModelError("training rows must ascend by session, or a split in time would leak")
        if not (np.isfinite(self.success) & np.isfinite(self.net_return)).all():
            raise ModelError("a training row has no outcome; open outcomes must stay out")
        if not (self.known_session > self.session).all():
            raise ModelError("an outcome is known at its own decision or never, or a split in time would leak")

    def __len__(self) -> int:
        return len(self.success)

    def take(self, rows: npt.NDArray[np.int64]) -> TrainingSet:
        """The chosen rows, which must ascend; weights stay those of the whole."""
        return replace(self, **{name: getattr(self, name)[rows] for name in OF_ROWS})

    @property
    def bare(self) -> TrainingSet:
        """The rows without their features, for what looks at sessions and outcomes only."""
        return replace(self, features=(), matrix=np.zeros((len(self), 0), dtype=np.float32))

    def without_unknown(self, rows: npt.NDArray[np.int64]) -> TrainingSet:
        """The same, leaving out the columns that none of the chosen rows knows.

        A source that isn't connected leaves its columns unknown. Nothing can be learned from them, and a model would
        meet their first value unprepared.
        """
        known: Flags = np.asarray(np.isfinite(self.matrix[rows]).any(axis=0))
        unknown = {name: UNKNOWN for name, there in zip(self.features, known, strict=True) if not there}
        return replace(self, left_out={**self.left_out, **unknown})

    def known_before(self, session: np.datetime64) -> TrainingSet:
        """The rows whose outcome was known before the open of `session`."""
        return self.take(np.flatnonzero(self.known_session < session))

    @property
    def sha256(self) -> str:
        """A digest of everything that a fit or the choice between fits can depend on."""
        digest = hashlib.sha256("\x1f".join((*self.features, "\x1e", *sorted(self.left_out))).encode())
        used, symbol = np.unique(self.symbol, return_inverse=True)
        digest.update("\x1f".join(("\x1e", *(self.symbols[code] for code in used.tolist()), "\x1e")).encode())
        digest.update(symbol.astype(np.int32).tobytes())
        days = (part.astype("datetime64[D]").astype(np.int64) for part in (self.session, self.known_session))
        parts = (self.matrix, self.success, self.net_return, *days, self.rule_confidence, self.in_play)
        for part in (*parts, self.direction, self.weight):
            digest.update(np.ascontiguousarray(part).data)
        if self.regime_factors:
            digest.update(json.dumps(dict(self.regime_factors), sort_keys=True).encode())
        return digest.hexdigest()

    @property
    def undecidable(self) -> tuple[int, int]:
        """Labels that bars can't decide, and labels of which that is known: see `both_barriers`."""
        return int(np.nansum(self.both_barriers)), int(np.isfinite(self.both_barriers).sum())


OF_ROWS = (
    "matrix", "success", "net_return", "session", "known_session", "rule_confidence", "in_play", "symbol",
    "direction", "weight", "both_barriers",
)  # fmt: skip
"""The arrays of a training set that have one value, or one row, a setup."""


def columns_of(member: Member, data: TrainingSet) -> list[int]:
    """The columns of `data.matrix` that a member learns from: those it sees less those left out."""
    return [data.features.index(name) for name in member.features if name not in data.left_out]


def bound_ways(member: Member, left_out: Collection[str], params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with the ways in which the member's columns may move what it predicts, as XGBoost wants them."""
    bound = dict(member.monotone)
    ways = [bound.get(name, 0) for name in member.features if name not in left_out]
    return {**params, "monotone_constraints": f"({','.join(map(str, ways))})"} if any(ways) else dict(params)


def target_of(member: Member, data: TrainingSet) -> Floats:
    """What a member predicts, in its own unit: success as 0 or 1, the net return in per cent."""
    return data.success if member.predicts == "success" else data.net_return / TARGET_SCALE


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
    ended: Iterable[tuple[Market, Patterns]] = (),
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
    histories = [(market, patterns, None), *((one, found, one.ended_rows) for one, found in ended)]
    parts = [_part(one, found, rows, rules) for one, found, rows in histories]
    reasons = np.concatenate([_undecided(part, as_day(before)) for part in parts])
    made = [part.setups for part in parts]
    setups = Setups(
        np.concatenate([one.row for one in made]),
        np.concatenate([one.direction for one in made]),
        np.concatenate([one.matrix for one in made]),
    )
    of = {name: np.concatenate([getattr(part.outcome, name) for part in parts]) for name in _OF_OUTCOMES}
    session = np.concatenate([part.panel.sessions[part.setups.row] for part in parts])
    symbols, symbol = np.unique(
        np.concatenate([part.panel.row_symbols[part.setups.row] for part in parts]), return_inverse=True
    )
    known = np.flatnonzero(reasons == "")
    rows = known[np.lexsort((setups.direction[known], symbol[known], session[known]))]
    names, counts = np.unique(reasons[reasons != ""], return_counts=True)
    return TrainingSet(
        features=FEATURES,
        matrix=setups.matrix[rows],
        success=of["success"][rows],
        net_return=of["net_return"][rows],
        session=session[rows],
        known_session=of["known_session"][rows],
        rule_confidence=confidence(rule_inputs(setups))[rows],
        in_play=looks_in_play(setups, scanner)[rows],
        symbols=tuple(symbols.tolist()),
        symbol=symbol[rows].astype(np.int32),
        direction=setups.direction[rows],
        weight=average_uniqueness(symbol[rows], session[rows], of["known_session"][rows]),
        both_barriers=of["both_barriers"][rows].astype(np.float64),
        undecided=dict(zip(names.tolist(), counts.tolist(), strict=True)),
    )


_OF_OUTCOMES = ("success", "net_return", "known_session", "both_barriers")


@dataclass(frozen=True)
class _Part:
    """Setups of one history and what became of them."""

    panel: Panel
    setups: Setups
    outcome: Outcomes


def _part(market: Market, patterns: Patterns, rows: Ints | None, rules: OutcomeRules) -> _Part:
    setups = build_setups(
        market.panel, market.indicators, market.context, patterns.detections, patterns.catalyst,
        rows=rows, regime=regimes_of(market, patterns),
    )  # fmt: skip
    atr = market.indicators["atr_14"][setups.row]
    outcome = label(market.panel, setups.row, setups.direction, atr, rules, endings=market.endings)
    return _Part(market.panel, setups, outcome)


def _undecided(part: _Part, before: np.datetime64) -> npt.NDArray[np.str_]:
    """Why each setup is no row; empty text where it is one."""
    panel, kind = part.panel, part.outcome.exit_kind
    last = panel.sessions[panel.offsets[1:] - 1][panel.symbol_index[part.setups.row]]
    still = last == (panel.sessions.max() if len(panel) else before)
    reason = np.where(kind == "open", np.where(still, "open", "bars ended"), "")
    reason = np.where(kind == "unknown", "no range", np.where(kind == "no_entry", "break", reason))
    return np.where((reason == "") & ~(part.outcome.known_session < before), "known later", reason)
