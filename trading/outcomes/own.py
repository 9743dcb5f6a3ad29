"""What became of a chart pattern's own stop and target, beside the barriers that all patterns share.

Comparing patterns needs one rule for all (`trading.outcomes.barriers.label`). A chart pattern also says by itself where
it is wrong and where it aims, and how that went is recorded next to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trading.arrays import Days, Floats, Ints
from trading.bars.ended import Endings
from trading.bars.panel import Panel
from trading.outcomes.barriers import OutcomeRules, exits, window_after


@dataclass(frozen=True)
class OwnOutcomes:
    """One value a detection, each array of shape `(n,)`. NaN and NaT: not known from the panel that was given.

    Attributes:
        exit_kind: `stop`, `target`, `horizon`; `no_entry` when the next bar opened at or beyond the stop or the target,
            so that nobody following the pattern would have entered, or a break came before it; `break` where a break in
            the bars settled the trade; `open` while undecided.
        net_return: of the trade after both sides' costs, as a fraction of the entry price; NaN without an entry.
        known_session: the session at whose close the outcome is known.
    """

    exit_kind: npt.NDArray[np.str_]
    net_return: Floats
    known_session: Days


def label_own(
    panel: Panel,
    rows: Ints,
    direction: npt.NDArray[np.int8],
    *,
    stop_usd: Floats,
    target_usd: Floats,
    rules: OutcomeRules,
    endings: Endings | None = None,
) -> OwnOutcomes:
    """The outcome of entering at the open of the symbol's next bar and leaving at the pattern's own stop or target.

    The rules of a fill are those of `trading.outcomes.barriers.label`; the time limit is `rules.own_horizon_sessions`.
    A target that is unknown (a fall that would have to end below zero) is never reached.

    Args:
        panel: bars.
        rows: where the patterns triggered, shape `(n,)`.
        direction: +1 long, -1 short, shape `(n,)`.
        stop_usd: of each pattern, in the shares that the panel is restated for, shape `(n,)`.
        target_usd: likewise.
        rules: costs and time limit.
        endings: as in `trading.outcomes.barriers.label`.
    """
    sign = direction.astype(np.float64)
    horizon = rules.own_horizon_sessions
    window = window_after(panel, rows, sign, horizon + 1, endings)
    entry, stop, target = window.open[:, 0], stop_usd * sign, target_usd * sign
    bar, exit_price, kind = exits(window, stop, target, horizon)
    entered = (entry > stop) & ~(entry >= target)  # an entry that isn't there yet compares as false
    missed = (np.isfinite(entry) & ~entered) | window.never_entered
    done = entered & np.isfinite(exit_price)
    net = (exit_price - entry) / np.abs(entry) - 2 * rules.cost_bp_per_side / 10_000
    every = np.arange(len(rows))
    entry_session = np.where(window.never_entered, window.broken, window.sessions[:, 0])
    known = np.where(missed, entry_session, window.sessions[every, bar])
    return OwnOutcomes(
        exit_kind=np.where(missed, "no_entry", np.where(done, kind, "open")),
        net_return=np.where(done, net, np.nan),
        known_session=np.where(done | missed, known, np.datetime64("NaT", "D")),
    )
