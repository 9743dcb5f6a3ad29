"""What each rule or limit saved or cost: what became of the candidates that it refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats
from trading.evidence.clustered import group_means
from trading.outcomes.barriers import OutcomeRules
from trading.performance.estimate import Estimate

OVERLAP = OutcomeRules().horizon_sessions
"""Sessions that outcomes overlap."""

Verdict = Literal["saved", "cost", "cannot be told", "not enough data yet"]


@dataclass(frozen=True)
class Refused:
    """Candidates of one account that weren't bought.

    Attributes:
        session: of the decision, shape `(n,)`; likewise the others.
        limit: the first rule or limit that refused.
        net_return: of the trade that it would have been, after costs, by the shared barriers; NaN while it is open.
    """

    session: Days
    limit: npt.NDArray[np.str_]
    net_return: Floats


@dataclass(frozen=True)
class LimitFigures:
    """What a limit did.

    Attributes:
        refused: candidates, those with an open outcome included.
        open: of them without an outcome yet; they count nowhere else.
        sessions: with an outcome.
        saved: mean of what a refusal saved, as a fraction of the position: the net return of the trade that wasn't
            made, with the other sign. Below zero it cost.
        missing: what is missing for a verdict, in words.
    """

    limit: str
    refused: int
    open: int
    sessions: int
    saved: Estimate
    q_value: float | None
    verdict: Verdict
    missing: str


def limits_saved(refused: Refused, sessions: Days) -> list[LimitFigures]:
    """Each limit that refused something, the one that refused most first.

    Args:
        refused: of one account.
        sessions: all that were traded, ascending: neighbours share days of their outcomes.
    """
    names, of_row = np.unique(refused.limit, return_inverse=True)
    known = np.isfinite(refused.net_return)
    means = group_means(
        -refused.net_return[known], np.searchsorted(sessions, refused.session[known]), of_row[known],
        groups=len(names), sessions=len(sessions), overlap=OVERLAP,
    )  # fmt: skip
    total = np.bincount(of_row, minlength=len(names))
    rows = [
        LimitFigures(
            limit=str(name), refused=int(total[k]), open=int(total[k]) - means[k].count, sessions=means[k].sessions,
            saved=means[k].mean, q_value=means[k].q_value, verdict=_verdict(means[k].found, means[k].q_value),
            missing=means[k].missing,
        )
        for k, name in enumerate(names.tolist())
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.refused, row.limit))


def _verdict(found: int, q_value: float | None) -> Verdict:
    if q_value is None:
        return "not enough data yet"
    verdicts: dict[int, Verdict] = {1: "saved", -1: "cost", 0: "cannot be told"}
    return verdicts[found]
