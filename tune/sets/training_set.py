"""The training set: one row per setup whose outcome was known before a given session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Flags, Floats, Matrix
from trading.errors import ModelError
from trading.views.members.member import Member

TARGET_SCALE = 0.01
"""Net returns are predicted in per cent, so that XGBoost's regularisation meets numbers near one."""
CHUNK_ROWS = 65_536
"""What works through all rows of a matrix takes so many at once: a copy of the whole beside it may not fit."""
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
        known: Flags = np.zeros(len(self.features), dtype=np.bool_)
        for first in range(0, len(rows), CHUNK_ROWS):
            known |= np.isfinite(self.matrix[rows[first : first + CHUNK_ROWS]]).any(axis=0)
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
