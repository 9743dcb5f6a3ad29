"""Files in the shape of the public benchmarks of movement, with a signal or without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SYMBOLS = 12


def sessions(first: str = "2013-06-03", end: str = "2015-10-01") -> np.ndarray:
    """The days from Monday to Friday."""
    days = np.arange(first, end, dtype="datetime64[D]")
    return days[np.is_busday(days)]


def prices(*, follows: float, seed: int = 1, days: np.ndarray | None = None) -> pa.Table:
    """Each move goes on in the direction of the day before with a probability of `follows`."""
    days = sessions() if days is None else days
    rng = np.random.default_rng(seed)
    turns = np.where(rng.random((len(days), SYMBOLS)) < follows, 1.0, -1.0)
    returns = np.cumprod(turns, axis=0) * rng.uniform(0.006, 0.02, turns.shape)
    close = 50.0 * np.exp(np.cumsum(returns, axis=0))
    volume = rng.integers(1_000_000, 2_000_000, close.shape)
    names = np.tile([f"S{k:02d}" for k in range(SYMBOLS)], len(days))
    columns = {
        "symbol": names, "date": np.repeat(days, SYMBOLS), "open": (close * 0.999).ravel(),
        "high": (close * 1.01).ravel(), "low": (close * 0.99).ravel(), "close": close.ravel(),
        "adj_close": close.ravel(), "volume": volume.ravel().astype(np.float64),
    }  # fmt: skip
    return pa.table(columns)


def tweets(rows: list[tuple[str, str, str]]) -> pa.Table:
    """(symbol, instant in UTC, text) each."""
    symbol, at, text = zip(*rows, strict=True)
    stamps = pa.array(np.array(at, dtype="datetime64[s]")).cast(pa.timestamp("s", tz="UTC"))
    return pa.table({"symbol": list(symbol), "created_at": stamps, "text": list(text)})


def written(table: pa.Table, path: Path) -> Path:
    """The file of the table."""
    pq.write_table(table, path)
    return path
