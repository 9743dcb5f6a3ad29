"""Success rates straight from the training table, with pandas or, for tables beyond one machine's comfort, Modin.

Modin costs 35 to 70 ms an operation whatever the size, and on two cores pandas is faster at two million rows still
(measured). So it works on Ray only above a threshold, and gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa
import ray

from trading.errors import BadDataError, UnavailableError

MODIN_FROM_ROWS = 20_000_000
"""Some ten years of the whole market's patterns; below it pandas needs less than 4 GB and a few seconds."""
BY = ("pattern_type", "direction")
VALUES = ("pattern_success", "outcome_return", "max_gain", "max_loss", "optimal_hold_time")


def success_rates(
    patterns: pa.Table, by: Sequence[str] = BY, *, modin_from_rows: int = MODIN_FROM_ROWS
) -> pd.DataFrame:
    """How patterns turned out, by any columns of the table.

    Args:
        patterns: columns `by` and `VALUES` of `adapters.postgres.patterns.PATTERNS_SCHEMA`.
        by: what to group by; unknown values are a group of their own.
        modin_from_rows: tables of at least so many rows are summed on Ray.

    Returns:
        Sorted by the columns of `by`, unknown last: those columns, `recorded`, `with_outcome`, `successes`,
        `success_rate`, and the means `mean_return`, `mean_max_gain`, `mean_max_loss`, `mean_hold_sessions` over the
        known values; NaN where none is known.

    Raises:
        BadDataError: when a column is missing.
        UnavailableError: when the table needs Ray and none can be started.
    """
    missing = [name for name in (*by, *VALUES) if name not in patterns.column_names]
    if missing:
        raise BadDataError(f"the patterns lack the column(s) {missing}; nothing was summed")
    plain = patterns.select([*by, *VALUES]).to_pandas()
    plain[list(VALUES)] = plain[list(VALUES)].astype("float64")
    if len(plain) < modin_from_rows:
        return _with_rates(_summed(plain, by), by)
    with _on_ray(plain) as spread:
        return _with_rates(_summed(spread, by), by)


@contextmanager
def _on_ray(frame: pd.DataFrame) -> Iterator[Any]:
    """The frame in Modin, on the cluster that is connected, else on one of this machine for as long as this lasts.

    Modin is imported here, because it starts a cluster without bounds when it is used before there is one.

    Raises:
        UnavailableError: when no cluster can be started.
    """
    started = not ray.is_initialized()
    if started:
        _start_ray(len(frame))
    try:
        import modin.config as modin_config  # noqa: PLC0415
        import modin.pandas as modin_pandas  # noqa: PLC0415

        processors = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        modin_config.Engine.put("Ray")
        modin_config.CpuCount.put(processors)
        modin_config.NPartitions.put(processors)
        yield modin_pandas.DataFrame(frame)
    finally:
        if started:
            ray.shutdown()


def _start_ray(rows: int) -> None:
    try:
        ray.init(
            address="local", _node_ip_address="127.0.0.1", include_dashboard=False, log_to_driver=False,
            logging_level="error",
        )  # fmt: skip
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"{rows:,} patterns are summed on Ray, which did not start: {error}. Nothing was lost. Free memory and "
            "space under /tmp, then ask again."
        ) from error


def _summed(frame: Any, by: Sequence[str]) -> pd.DataFrame:
    """Counts and sums of each group, in pandas: the groups are few."""
    groups = frame.groupby(list(by), dropna=False, sort=True, observed=True)
    known, total = groups[list(VALUES)].count(), groups[list(VALUES)].sum()
    size = groups.size().rename("recorded")
    known, total, size = (part._to_pandas() if hasattr(part, "_to_pandas") else part for part in (known, total, size))  # noqa: SLF001 - Modin's own way back
    whole: pd.DataFrame = pd.concat([size, known.add_prefix("known_"), total.add_prefix("total_")], axis=1)
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
