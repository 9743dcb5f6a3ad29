"""Rows on their way to the processes that train: Parquet files on the disk that they share, else objects of Ray.

A matrix as an argument of a task has to fit into Ray's object store beside everything else that is in use there, or the
task never starts. Files need no room in it, and objects of a few MB each are moved out one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import ray

from trading.arrays import Floats, Matrix
from tune.fits.finite import finite_or_unknown

SHARD_BYTES = 32 * 1024**2
TARGET, WEIGHT = "target", "weight"


@contextmanager
def on_disk(
    matrix: Matrix, target: Floats, weight: Floats | None, least: int, *, columns: Sequence[int]
) -> Iterator[list[str]]:
    """The paths of Parquet files that hold the rows, for as long as this lasts.

    Args:
        matrix: one row a setup; what isn't finite becomes unknown.
        target: of each row.
        weight: of each row; all alike if None.
        least: files there must be, one for each actor.
        columns: of the matrix; no second matrix is made of them.
    """
    with TemporaryDirectory(prefix="inplay-rows-") as folder:
        paths = []
        for number, frame in enumerate(frames(matrix, target, weight, least, columns=columns)):
            path = Path(folder) / f"{number:05d}.parquet"
            frame.to_parquet(path, compression="zstd", index=False)
            paths.append(str(path))
        yield paths


@contextmanager
def in_ray(
    matrix: Matrix, target: Floats, weight: Floats | None, least: int, *, columns: Sequence[int]
) -> Iterator[list[Any]]:
    """The same as references to objects, for processes on other machines."""
    yield [ray.put(frame) for frame in frames(matrix, target, weight, least, columns=columns)]


def frames(
    matrix: Matrix, target: Floats, weight: Floats | None, least: int, *, columns: Sequence[int]
) -> Iterator[pd.DataFrame]:
    """The rows in order, as frames of some `SHARD_BYTES`: columns `f0`, `f1` …, the target and the weight."""
    count = max(least, -(-len(target) * len(columns) * matrix.itemsize // SHARD_BYTES))
    names = [f"f{column}" for column in range(len(columns))]
    weights = np.ones(len(target)) if weight is None else weight
    for rows in np.array_split(np.arange(len(target)), count):
        first, last = rows[0], rows[-1] + 1
        frame = pd.DataFrame(finite_or_unknown(matrix[first:last][:, columns]), columns=names)
        yield frame.assign(**{TARGET: target[first:last], WEIGHT: weights[first:last]})


class Objects:
    """Frames in Ray, as xgboost-ray takes them: each actor fetches its own, and no process holds them all."""

    def __init__(self, references: Sequence[Any]) -> None:
        self.references = tuple(references)

    def __iter__(self) -> Iterator[Any]:
        """The references."""
        return iter(self.references)


def as_source(shards: Sequence[Any]) -> tuple[Any, Any]:
    """The shards as xgboost-ray takes them, and the type of their files; None where they are no files.

    It knows lists of references too, but loads them in one process.
    """
    from xgboost_ray import RayFileType, matrix  # noqa: PLC0415  heavy
    from xgboost_ray.data_sources.data_source import DataSource  # noqa: PLC0415
    from xgboost_ray.data_sources.pandas import Pandas  # noqa: PLC0415

    if isinstance(shards[0], str):
        return list(shards), RayFileType.PARQUET

    class FramesInRay(DataSource):  # type: ignore[misc]
        supports_central_loading = False
        supports_distributed_loading = True

        @staticmethod
        def is_data_type(data: Any, filetype: Any = None) -> bool:  # noqa: ARG004 - xgboost-ray's signature
            return isinstance(data, Objects)

        @staticmethod
        def load_data(data: Any, ignore: Any = None, indices: Any = None, **_: Any) -> pd.DataFrame:
            chosen = data.references if indices is None else [data.references[number] for number in indices]
            frame: pd.DataFrame = pd.concat([ray.get(one) for one in chosen])
            found: pd.DataFrame = Pandas.load_data(frame, ignore=ignore)
            return found

        @staticmethod
        def get_n(data: Any) -> int:
            return len(data.references)

    matrix.data_sources.append(FramesInRay)
    return Objects(shards), None
