"""What the papers agreed on: which sessions are for what, and which movements count.

Source:
    Xu and Cohen (2018), "Stock Movement Prediction from Tweets and Historical Prices" (ACL18, also known as StockNet);
    Zhang, Aggarwal and Qi (2017), "Stock Price Prediction via Discovering Multi-Frequency Trading Patterns" (KDD17),
    split as Feng et al. (2019), "Enhancing Stock Movement Prediction with Adversarial Training", do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

import numpy as np

from trading.arrays import Days, Flags, Floats

Part = Literal["dev", "test"]
DOWN, UP = -0.005, 0.0055
"""Movements r with DOWN <= r < UP are dropped."""
WINDOW = 5
"""Sessions before the target that a sample looks at."""


@dataclass(frozen=True)
class Protocol:
    """One benchmark.

    Attributes:
        name: as papers call it.
        train_from, dev_from, test_from, end: first day of each part, and the first after the last one.
        published: accuracy and MCC on the test part that papers report, by model.
        source: of those figures.
    """

    name: str
    train_from: date
    dev_from: date
    test_from: date
    end: date
    published: Mapping[str, tuple[float, float | None]]
    source: str

    def part(self, sessions: Days, part: Literal["train", "dev", "test"]) -> Flags:
        """Which sessions are of the part."""
        first, last = {
            "train": (self.train_from, self.dev_from), "dev": (self.dev_from, self.test_from),
            "test": (self.test_from, self.end),
        }[part]  # fmt: skip
        return (sessions >= np.datetime64(first)) & (sessions < np.datetime64(last))


def movements(adj_close: Floats) -> Floats:
    """Relative change of the adjusted close since the session before, shape as given; NaN where either is unknown."""
    out = np.full(adj_close.shape, np.nan)
    out[1:] = adj_close[1:] / adj_close[:-1] - 1.0
    return out


def counts(movement: Floats) -> Flags:
    """Which movements are known and large enough to be samples."""
    with np.errstate(invalid="ignore"):
        return (movement < DOWN) | (movement >= UP)


ACL18 = Protocol(
    name="ACL18",
    train_from=date(2014, 1, 1), dev_from=date(2015, 8, 1), test_from=date(2015, 10, 1), end=date(2016, 1, 1),
    published=MappingProxyType({
        "LR": (0.5220, 0.0442), "RF": (0.5194, 0.0348), "LSTM": (0.5275, 0.0639), "Adv-ALSTM": (0.5311, 0.0685),
        "StockNet": (0.5360, -0.0248), "DTML": (0.5812, 0.1806), "SLOT": (0.5872, 0.2065),
    }),
    source="re-run by the paper of SLOT, Table IV, on the test part",
)  # fmt: skip
KDD17 = Protocol(
    name="KDD17",
    train_from=date(2007, 1, 1), dev_from=date(2015, 1, 1), test_from=date(2016, 1, 1), end=date(2017, 1, 1),
    published=MappingProxyType({"always up": (0.5285, None), "ALSTM": (0.5194, 0.0261), "DTML": (0.5353, 0.0733)}),
    source="the papers of ALSTM and DTML, on the test part",
)  # fmt: skip
