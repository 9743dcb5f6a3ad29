"""The samples of a benchmark: a stock, a session, what was known before it, and which way it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Days, Flags, Floats, Matrix
from tune.movement.features import before_each_session
from tune.movement.grid import PriceGrid
from tune.movement.protocol import Protocol, counts, movements
from tune.movement.tweets import Tweets


@dataclass(frozen=True, eq=False)
class Samples:
    """A row each, ordered by session.

    Attributes:
        names: of the features.
        matrix: shape `(n, n_features)`; NaN = unknown.
        up: 1 where the stock rose, else 0.
        movement: by how much, as a fraction.
        session: that it moved in.
    """

    names: tuple[str, ...]
    matrix: Matrix
    up: Floats
    movement: Floats
    session: Days

    def __len__(self) -> int:
        return len(self.up)

    def take(self, rows: Flags) -> Samples:
        """Those rows."""
        return Samples(self.names, self.matrix[rows], self.up[rows], self.movement[rows], self.session[rows])

    def seeing(self, groups: Sequence[str]) -> Samples:
        """The same with the features of these groups alone."""
        kept = [k for k, name in enumerate(self.names) if name.split("_")[0] in groups]
        names = tuple(self.names[k] for k in kept)
        return Samples(names, self.matrix[:, kept], self.up, self.movement, self.session)


def samples_of(grid: PriceGrid, tweets: Tweets | None, protocol: Protocol) -> Samples:
    """All samples of the protocol's parts that the prices reach."""
    movement = movements(grid.adj_close)
    inside = protocol.part(grid.sessions, "train") | protocol.part(grid.sessions, "dev")
    inside |= protocol.part(grid.sessions, "test")
    row, column = np.nonzero(counts(movement) & inside[:, None])
    features = before_each_session(grid, tweets)
    matrix = np.empty((len(row), len(features)), dtype=np.float32)
    for place, values in enumerate(features.values()):
        matrix[:, place] = values[row, column]
    matrix[~np.isfinite(matrix)] = np.nan
    moved = movement[row, column]
    return Samples(tuple(features), matrix, (moved > 0).astype(np.float64), moved, grid.sessions[row])
