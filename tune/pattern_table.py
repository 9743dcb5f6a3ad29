"""Success rates straight from the training table: Parquet files read by pandas, or by Modin on Ray."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import ray

from trading.errors import BadDataError, UnavailableError

Engine = Literal["pandas", "modin"]
BY: Final = ("pattern_type", "direction")
RAY_ADDRESS: Final = "RAY_ADDRESS"
ALONE: Final[dict[str, Any]] = {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
VALUES: Final = ("pattern_success", "outcome_return", "max_gain", "max_loss", "optimal_hold_time")


@dataclass(frozen=True)
class Rates:
    """How patterns turned out.

    Attributes:
        table: sorted by the columns it is grouped by, unknown last: those columns, `recorded`, `with_outcome`,
            `successes`, `success_rate`, and the means `mean_return`, `mean_max_gain`, `mean_max_loss`,
            `mean_hold_sessions` over the known values; NaN where none is known.
        rows: that were read.
        engine: that read them.
    """

    table: pd.DataFrame
    rows: int
    engine: Engine


def success_rates(patterns: pa.Table, by: Sequence[str] = BY) -> pd.DataFrame:
    """How the patterns of a table turned out; see `Rates.table`.

    Args:
        patterns: columns `by` and `VALUES` of `adapters.postgres.patterns.PATTERNS_SCHEMA`.
        by: what to group by; unknown values are a group of their own.

    Raises:
        BadDataError: when a column is missing.
    """
    _require(patterns.column_names, by, "the patterns")
    return _with_rates(_summed(patterns.select([*by, *VALUES]).to_pandas(), by), by)


def success_rates_of_files(files: Sequence[Path], by: Sequence[str] = BY, *, engine: Engine = "pandas") -> Rates:
    """How the patterns in Parquet files turned out.

    Each engine reads the columns it needs straight from the files, one file after the other. Modin takes the cluster
    that is connected or that RAY_ADDRESS names (`ray job submit` sets it), whose machines must all see the files, else
    one of this machine for as long as this lasts.

    Args:
        files: each with columns `by` and `VALUES` of `adapters.postgres.patterns.PATTERNS_SCHEMA`.
        by: what to group by; unknown values are a group of their own.
        engine: what reads them; `python -m benchmarks batch_analysis` times both.

    Raises:
        BadDataError: when there is no file, or one of them isn't Parquet or lacks a column.
        UnavailableError: when Modin needs Ray and none can be started.
    """
    rows = _rows(files, by)
    columns = [*by, *VALUES]
    names = [str(file) for file in files]
    if engine == "pandas":
        parts = [_summed(pd.read_parquet(name, columns=columns), by) for name in names]
        return Rates(_with_rates(_added(parts, by), by), rows, engine)
    with _modin(rows) as modin_pandas:
        parts = [_summed(modin_pandas.read_parquet(name, columns=columns), by) for name in names]
        return Rates(_with_rates(_added(parts, by), by), rows, engine)


def _rows(files: Sequence[Path], by: Sequence[str]) -> int:
    if not files:
        raise BadDataError("There is no Parquet file to read, so nothing was summed.")
    rows = 0
    for file in files:
        try:
            told = pq.ParquetFile(file)
        except (OSError, pa.ArrowException) as error:
            raise BadDataError(
                f"{file} is not a Parquet file that can be read: {error}. Nothing was summed."
            ) from error
        with told:
            _require(told.schema_arrow.names, by, str(file))
            rows += told.metadata.num_rows
    return rows


def _require(names: Sequence[str], by: Sequence[str], where: str) -> None:
    missing = [name for name in (*by, *VALUES) if name not in names]
    if missing:
        known = ", ".join(sorted(set(names) - set(VALUES)))
        raise BadDataError(
            f"{where}: no column {', '.join(missing)}. Nothing was summed. Columns to group by: {known or 'none'}"
        )


@contextmanager
def _modin(rows: int) -> Iterator[Any]:
    """`modin.pandas` on Ray; see `success_rates_of_files`.

    Modin is imported here, because it starts a cluster without bounds when it is used before there is one.

    Raises:
        UnavailableError: when no cluster can be started.
    """
    started = not ray.is_initialized()
    if started:
        _start_ray(rows)
    try:
        import modin.config as modin_config  # noqa: PLC0415
        import modin.pandas as modin_pandas  # noqa: PLC0415

        processors = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        modin_config.Engine.put("Ray")
        modin_config.CpuCount.put(processors)
        modin_config.NPartitions.put(processors)
        yield modin_pandas
    finally:
        if started:
            ray.shutdown()


def _start_ray(rows: int) -> None:
    try:
        ray.init(
            **({} if RAY_ADDRESS in os.environ else ALONE), log_to_driver=False, logging_level="error",
        )  # fmt: skip
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"{rows:,} patterns are summed on Ray, which did not start: {error}. Nothing was lost. Free memory and "
            "space under /tmp, then ask again."
        ) from error


def _summed(frame: Any, by: Sequence[str]) -> pd.DataFrame:
    """Counts and sums of each group, in pandas: the groups are few."""
    whole = frame.astype(dict.fromkeys(VALUES, "float64"))
    groups = whole.groupby(list(by), dropna=False, sort=True, observed=True)
    known, total = groups[list(VALUES)].count(), groups[list(VALUES)].sum()
    size = groups.size().rename("recorded")
    known, total, size = (part._to_pandas() if hasattr(part, "_to_pandas") else part for part in (known, total, size))  # noqa: SLF001 - Modin's own way back
    joined: pd.DataFrame = pd.concat([size, known.add_prefix("known_"), total.add_prefix("total_")], axis=1)
    return joined.reset_index()


def _added(parts: Sequence[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """The sums of all files: each is read alone, so that the memory it takes is that of the largest."""
    whole: pd.DataFrame = pd.concat(parts).groupby(list(by), dropna=False, sort=True, observed=True).sum()
    return whole.reset_index()


def _with_rates(summed: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """The counts with rates and means."""

    def mean(name: str) -> pd.Series[float]:
        count = summed[f"known_{name}"]
        return (summed[f"total_{name}"] / count).where(count > 0)

    out = summed[list(by)].assign(
        recorded=summed["recorded"].astype("int64"),
        with_outcome=summed["known_pattern_success"].astype("int64"),
        successes=summed["total_pattern_success"].astype("int64"),
        success_rate=mean("pattern_success"),
        mean_return=mean("outcome_return"),
        mean_max_gain=mean("max_gain"),
        mean_max_loss=mean("max_loss"),
        mean_hold_sessions=mean("optimal_hold_time"),
    )
    return out.sort_values(list(by), na_position="last", ignore_index=True)
