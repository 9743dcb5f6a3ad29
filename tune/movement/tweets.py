"""Tweets of a benchmark, counted and read for the session that they were known before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from trading.arrays import Floats
from trading.errors import BadDataError
from trading.news.sentiment import LexiconScorer
from tune.movement.grid import PriceGrid, read_table


@dataclass(frozen=True, eq=False)
class Tweets:
    """By the session that they came before, shape `(n_sessions, n_symbols)`.

    A tweet belongs to the first session whose day, in UTC, begins after it: those of a weekend to Monday, and those of
    the session's own day to the next one.

    Attributes:
        count: tweets.
        sentiment: sum of their sentiments, by the lexicon.
        bullish: with a sentiment above zero.
        bearish: below.
        total: of all rows of the file.
        unused: about no symbol of the prices, or after their last session.
    """

    count: Floats
    sentiment: Floats
    bullish: Floats
    bearish: Floats
    total: int
    unused: int


def read_tweets(path: Path, grid: PriceGrid) -> Tweets:
    """The tweets of a Parquet file with the columns symbol, created_at (UTC) and text.

    Raises:
        BadDataError: when it lacks a column or has one of another type.
    """
    table = read_table(path, ("symbol", "created_at", "text"))
    try:
        at = pc.cast(table["created_at"], pa.timestamp("s", tz="UTC"), safe=False).to_numpy()
        symbol = pc.cast(table["symbol"], pa.string()).to_numpy(zero_copy_only=False).astype(str)
        texts = pc.dictionary_encode(pc.fill_null(pc.cast(table["text"], pa.string()), "")).combine_chunks()
    except pa.ArrowException as error:
        raise BadDataError(f"{path} has a column of another type ({error}). Nothing was evaluated.") from None
    target = np.searchsorted(grid.sessions, at.astype("datetime64[D]"), side="right")
    column = np.searchsorted(grid.symbols, symbol)
    known = np.take(np.array([*grid.symbols, ""]), column) == symbol
    used = known & (target < len(grid.sessions)) & ~np.isnat(at)
    scores = np.nan_to_num(LexiconScorer().score(texts.dictionary.to_pylist()))[texts.indices.to_numpy()]
    shape = (len(grid.sessions), len(grid.symbols))
    cells = target[used] * shape[1] + column[used]

    def total(weights: Floats) -> Floats:
        summed = np.bincount(cells, weights=weights[used], minlength=shape[0] * shape[1])
        return summed.astype(np.float64).reshape(shape)

    return Tweets(
        count=total(np.ones(len(at))), sentiment=total(scores), bullish=total((scores > 0).astype(np.float64)),
        bearish=total((scores < 0).astype(np.float64)), total=len(at), unused=int((~used).sum()),
    )  # fmt: skip
