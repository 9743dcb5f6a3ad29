"""Shards: all rows, in order, in files that are gone afterwards."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tune.fits import shards

ROWS = np.arange(30, dtype=np.float32).reshape(10, 3)
TARGET = np.arange(10) % 2.0


@pytest.mark.parametrize(
    ("least", "size", "count"), [(2, shards.SHARD_BYTES, 2), (1, 40, 2), (1, 16, 5), (3, 10_000, 3)]
)
def test_frames_hold_every_row_once_in_order(
    monkeypatch: pytest.MonkeyPatch, least: int, size: int, count: int
) -> None:
    """Two of three columns of ten rows are 80 bytes: so many frames of a size, and no fewer than actors."""
    monkeypatch.setattr(shards, "SHARD_BYTES", size)
    made = list(shards.frames(ROWS, TARGET, None, least, columns=[2, 0]))
    whole = pd.concat(made)
    assert len(made) == count
    assert whole[["f0", "f1"]].to_numpy().tolist() == ROWS[:, [2, 0]].tolist()
    assert whole[shards.TARGET].tolist() == TARGET.tolist()
    assert set(whole[shards.WEIGHT]) == {1.0}


def test_files_hold_what_isnt_finite_as_unknown_and_go() -> None:
    """Infinite values become unknown; the files are there only as long as somebody trains."""
    rows = ROWS.copy()
    rows[4, 1] = np.inf
    with shards.on_disk(rows, TARGET, np.arange(10.0), 2, columns=range(3)) as paths:
        read = pd.concat(map(pd.read_parquet, paths), ignore_index=True)
        assert np.isnan(read.loc[4, "f1"])
        assert read.drop(index=4)[["f0", "f1", "f2"]].to_numpy().tolist() == np.delete(ROWS, 4, axis=0).tolist()
        assert read[shards.WEIGHT].tolist() == list(range(10))
    assert not any(Path(path).exists() for path in paths)
