"""A trial: something was tried on some sessions and judged by what it returned in each of them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from trading.arrays import Days, Floats
from trading.bars.panel import as_date
from trading.errors import BadDataError
from trading.performance.metrics.sharpe import session_sharpes

Kind = Literal["training", "search", "backtest"]
KINDS: tuple[str, ...] = get_args(Kind)
BYTES_A_SESSION = 12
"""A day as int32 and a return as float64, both little-endian."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One attempt, good or bad.

    Attributes:
        kind: `training` judged on its held-out part, `search` of parameters judged on its folds, or `backtest`.
        label: what was tried, in words.
        config_sha256: of everything that was chosen: parameters, rules, seed.
        code_version: of the program.
        data_sha256: of what it was tried on.
        sessions: judged, ascending, shape `(n,)`.
        returns: of each of them, as a fraction, shape `(n,)`.
        at: by the wall clock.
        overlap_sessions: over how many sessions one return runs; 0 for an account that is marked at each close.

    Raises:
        BadDataError: when there is no session, they don't ascend, or a return is no number.
    """

    kind: Kind
    label: str
    config_sha256: str
    code_version: str
    data_sha256: str
    sessions: Days
    returns: Floats
    at: datetime
    overlap_sessions: int = 0

    def __post_init__(self) -> None:
        days = self.sessions.astype("datetime64[D]").astype(np.int64)
        if self.kind not in KINDS:
            raise BadDataError(f"a trial is {', '.join(KINDS)}, not {self.kind!r}; it was not recorded")
        if len(days) == 0 or len(days) != len(self.returns) or not (np.diff(days) > 0).all():
            raise BadDataError(f"the trial {self.label!r} has no ascending sessions with a return each; not recorded")
        if not np.isfinite(self.returns).all():
            raise BadDataError(f"the trial {self.label!r} has a return that is no number; it was not recorded")

    @property
    def first(self) -> date:
        """First session judged."""
        return as_date(self.sessions[0])

    @property
    def last(self) -> date:
        """Last session judged."""
        return as_date(self.sessions[-1])

    @cached_property
    def sharpe(self) -> float | None:
        """The Sharpe ratio per session; None where returns don't vary or there are less than two."""
        ratio = float(session_sharpes(self.returns[None, :])[0])
        return ratio if math.isfinite(ratio) else None

    @cached_property
    def series(self) -> bytes:
        """The sessions, then the returns."""
        days = self.sessions.astype("datetime64[D]").astype(np.int64).astype("<i4")
        return days.tobytes() + np.ascontiguousarray(self.returns).astype("<f8").tobytes()

    @cached_property
    def series_sha256(self) -> str:
        """What makes two trials the same attempt."""
        return hashlib.sha256(self.series).hexdigest()

    def told(self) -> dict[str, Any]:
        """All but the series, in JSON values."""
        return {
            "label": self.label, "config_sha256": self.config_sha256, "code_version": self.code_version,
            "data_sha256": self.data_sha256, "first": self.first.isoformat(), "last": self.last.isoformat(),
            "sessions": len(self.sessions), "sharpe": self.sharpe, "overlap_sessions": self.overlap_sessions,
            "at": self.at.isoformat(),
        }  # fmt: skip


def trial_of(kind: Kind, told: dict[str, Any], series: bytes) -> Trial:
    """The trial that `told` and `series` are of."""
    count = len(series) // BYTES_A_SESSION
    days = np.frombuffer(series[: 4 * count], dtype="<i4").astype(np.int64).astype("datetime64[D]")
    return Trial(
        kind=kind, label=told["label"], config_sha256=told["config_sha256"], code_version=told["code_version"],
        data_sha256=told["data_sha256"], sessions=days, returns=np.frombuffer(series[4 * count :], dtype="<f8"),
        at=datetime.fromisoformat(told["at"]), overlap_sessions=told["overlap_sessions"],
    )  # fmt: skip
