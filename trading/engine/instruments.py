"""The universe of an account: symbols and the small numbers that stand for them in columns."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from trading.arrays import Ints


class Instruments:
    """Numbers 0, 1, 2 … for symbols in the order in which they were first named. Symbols may be added, never removed.

    What an account does doesn't depend on the numbers: wherever order matters, it is that of orders or of symbols.
    """

    def __init__(self, symbols: Iterable[str] = ()) -> None:
        self.symbols: list[str] = []
        self.quoted: list[str] = []
        self.numbers: dict[str, int] = {}
        self._rank: Ints = np.zeros(0, np.int64)
        self.add(symbols)

    def __len__(self) -> int:
        return len(self.symbols)

    def add(self, symbols: Iterable[str]) -> None:
        """Every symbol has a number afterwards."""
        for symbol in symbols:
            if symbol not in self.numbers:
                self.numbers[symbol] = len(self.symbols)
                self.symbols.append(symbol)
                self.quoted.append(json.dumps(symbol))

    def number(self, symbol: str) -> int:
        """The symbol's number, given now if it had none."""
        if symbol not in self.numbers:
            self.add((symbol,))
        return self.numbers[symbol]

    @property
    def rank(self) -> Ints:
        """The place of each instrument among all, by symbol."""
        if len(self._rank) != len(self.symbols):
            order = sorted(range(len(self.symbols)), key=self.symbols.__getitem__)
            self._rank = np.empty(len(order), np.int64)
            self._rank[order] = np.arange(len(order))
        return self._rank
