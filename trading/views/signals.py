"""What every version of the ensemble said of every setup of a session: what models are judged by later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from trading.arrays import Flags, Matrix
from trading.views.ensemble import Views


@dataclass(frozen=True)
class Signals:
    """The setups of a session, each with its feature row and the views of each version; taken or not.

    Attributes:
        symbols: one a setup, shape `(n,)`.
        direction: +1 long, -1 short, shape `(n,)`.
        in_play: whether it is a long setup of a stock in play.
        matrix: the feature rows that were scored, float32, shape `(n, len(FEATURES))`.
        views: by ensemble; none where no ensemble was asked.
    """

    session: date
    symbols: npt.NDArray[np.str_]
    direction: npt.NDArray[np.int8]
    in_play: Flags
    matrix: Matrix
    views: Mapping[str, Views]

    def __len__(self) -> int:
        return len(self.symbols)
