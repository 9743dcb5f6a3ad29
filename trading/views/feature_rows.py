"""The feature rows of a session as they were scored, and what tells rows of one schema from those of another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Ints, Matrix
from trading.errors import ModelError
from trading.views.setups import FEATURES
from trading.views.signals import Signals

VERSION = 1
"""Of how features are computed. Raise it with every change after which a row of the same bars has other values."""


@dataclass(frozen=True)
class FeatureSchema:
    """What feature rows consist of.

    Attributes:
        version: of how the features are computed.
        names: of the features, in order.
    """

    version: int
    names: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of the version and the ordered names; equal where rows may stand in one matrix."""
        return hashlib.sha256("\x1f".join((str(self.version), *self.names)).encode()).hexdigest()


SCHEMA = FeatureSchema(VERSION, FEATURES)
"""Of the rows that this code makes."""


@dataclass(frozen=True)
class FeatureRows:
    """The setups of a session with the features that they were judged by, by symbol, then direction.

    Attributes:
        symbols: shape `(n,)`.
        direction: +1 long, -1 short, shape `(n,)`.
        in_play: whether it is a long setup of a stock in play, shape `(n,)`.
        matrix: float32, NaN = unknown, shape `(n, len(schema.names))`.
        schema: what the columns are.
    """

    session: date
    symbols: npt.NDArray[np.str_]
    direction: npt.NDArray[np.int8]
    in_play: Flags
    matrix: Matrix
    schema: FeatureSchema = SCHEMA

    @classmethod
    def of(cls, signals: Signals) -> FeatureRows:
        """Those of a session's signals."""
        order = np.lexsort((signals.direction, signals.symbols))
        return cls(
            signals.session, signals.symbols[order], signals.direction[order], signals.in_play[order],
            signals.matrix[order],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.symbols)

    def take(self, rows: Ints) -> FeatureRows:
        """Some of them, in the order given."""
        return replace(
            self,
            symbols=self.symbols[rows],
            direction=self.direction[rows],
            in_play=self.in_play[rows],
            matrix=self.matrix[rows],
        )

    def missing(self, names: Sequence[str]) -> tuple[str, ...]:
        """Of the names, those that these rows were not made with."""
        return tuple(name for name in names if name not in self.schema.names)

    def columns(self, names: Sequence[str]) -> Matrix:
        """The features of these names, NaN in a column that the rows were not made with; see `missing`."""
        out = np.full((len(self), len(names)), np.nan, dtype=np.float32)
        at = {name: position for position, name in enumerate(self.schema.names)}
        known = [position for position, name in enumerate(names) if name in at]
        out[:, known] = self.matrix[:, [at[names[position]] for position in known]]
        return out

    def note(self, names: Sequence[str] = SCHEMA.names, version: int = VERSION) -> str:
        """In words, what a reader of these names should know; empty where the rows are of the same schema."""
        lacking = self.missing(names)
        said = [f"{', '.join(lacking)} unknown: the rows were made without"] if lacking else []
        if self.schema.version != version:
            said.append(f"computed by version {self.schema.version} of the features, not {version}")
        return f"{self.session}: {'; '.join(said)}" if said else ""

    def require(self, names: Sequence[str], who: str) -> None:
        """Returns where every feature that a model needs is in the rows.

        Args:
            names: that the model was trained on.
            who: the model, for the message.

        Raises:
            ModelError: naming those that are missing.
        """
        lacking = self.missing(names)
        if lacking:
            raise ModelError(
                f"{who} needs {', '.join(lacking)}, which the feature rows of {self.session} were not made with "
                f"(schema {self.schema.sha256[:12]}). Nothing was scored and nothing was lost. Use a model of that "
                "time, or compute the features anew from bars."
            )

    def same(self, other: FeatureRows) -> bool:
        """Whether both are of the same setups and schema, with the same bits in every feature."""
        if self.schema != other.schema or len(self) != len(other):
            return False
        keys = ("symbols", "direction", "in_play")
        alike = all(np.array_equal(getattr(self, name), getattr(other, name)) for name in keys)
        return alike and not differing(self.matrix, other.matrix).any()


def differing(one: Matrix, other: Matrix) -> Flags:
    """Where two matrices of the same shape differ in a bit; an unknown value is like any other unknown one."""
    mine, theirs = (np.ascontiguousarray(matrix) for matrix in (one, other))
    both_unknown = np.isnan(mine) & np.isnan(theirs)
    return np.asarray((mine.view(np.uint32) != theirs.view(np.uint32)) & ~both_unknown)
