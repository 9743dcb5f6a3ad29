"""The patterns that the minutes of one session hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pyarrow as pa


@dataclass(frozen=True)
class SessionPatterns:
    """What a session's minutes hold.

    Attributes:
        bars: of the session, with a trade.
        table: see `trading.evidence.session_log.session_pattern_log`.
    """

    session: date
    bars: int
    table: pa.Table
