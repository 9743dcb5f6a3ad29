"""News on record, as the domain sees it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from trading.arrays import Ints, Stamps
from trading.news.coverage import Followed

_FIELDS: list[Any] = [
    ("article_id", pa.string()),
    ("symbol", pa.string()),
    ("knowable_at", pa.timestamp("us", tz="UTC")),
    ("channel", pa.string()),
    ("catalyst_kind", pa.string()),
    ("score", pa.float64()),
    ("is_copy", pa.bool_()),
]
NEWS_SCHEMA = pa.schema(_FIELDS)
"""One row per article and company. `score` is NULL where nobody read the sentiment; `is_copy`: repeats a story."""


@dataclass(frozen=True)
class NewsRecord:
    """What is on record.

    Attributes:
        rows: columns of `NEWS_SCHEMA`, in any order.
        followed: when each source was followed; without one, silence is unknown.
    """

    rows: pa.Table
    followed: tuple[Followed, ...] = ()


@cache
def no_news() -> NewsRecord:
    """Nothing on record and nothing followed; made when first asked for, since the first array loads pandas."""
    return NewsRecord(NEWS_SCHEMA.empty_table())


@dataclass(frozen=True)
class NewsAt:
    """News and the times at which they are asked about.

    Attributes:
        record: what was knowable at the last of these times.
        decided_at: when the decision of each bar of a panel is made, UTC, not before its close, shape `(n_rows,)`.
    """

    record: NewsRecord
    decided_at: Stamps


def knowable_second(rows: pa.Table) -> Ints:
    """`knowable_at` of each row in seconds since 1970, rounded up: never knowable earlier than it was."""
    microsecond = rows.column("knowable_at").cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    return np.asarray(-(-microsecond // 1_000_000), dtype=np.int64)
