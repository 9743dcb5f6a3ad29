"""Whether served probabilities are still what they say, by a confidence sequence that begins anew each quarter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trading.arrays import Floats
from trading.evidence.significance import session_variance
from trading.watching.findings import Finding, not_enough
from trading.watching.marks import SessionMarks, column


@dataclass(frozen=True)
class CalibrationRules:
    """Of the watch.

    Attributes:
        alpha: chance of a false alarm a season.
        season: sessions after which it begins anew, so that old good ones don't hide new bad ones.
        least_sessions: of a season; with fewer it says nothing.
        tolerance: of the excess squared error. A probability of 0.60 where 0.50 is right costs 0.01.
        lags: sessions that outcomes overlap.
    """

    alpha: float = 0.02
    season: int = 60
    least_sessions: int = 10
    tolerance: float = 0.005
    lags: int = 5


def reach(variance_of_mean: Floats, count: Floats, rules: CalibrationRules) -> Floats:
    """How far the confidence sequence reaches to each side of a mean, after each session.

    Source:
        Robbins' normal mixture (1970) in the asymptotic form of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas
        (2024), Time-uniform central limit theory and asymptotic confidence sequences, equation 9, with the variance
        of dependent sessions; narrowest around the 20th session.
    """
    per_session = variance_of_mean * count
    tuned = (2.0 * math.log(1.0 / rules.alpha) + math.log(1.0 + 2.0 * math.log(1.0 / rules.alpha))) / 20.0
    inner = count * tuned + 1.0
    spread = 2.0 * inner / (count**2 * tuned) * np.log(np.sqrt(inner) / rules.alpha)
    return np.asarray(np.sqrt(per_session * spread))


def lower_ends(excess: Floats, rules: CalibrationRules) -> Floats:
    """The lower end of the mean excess after each session of a season; NaN while there are too few."""
    out = np.full(len(excess), np.nan)
    for count in range(max(rules.least_sessions, 3), len(excess) + 1):
        seen = excess[:count]
        total = session_variance((seen - seen.mean())[None, :], rules.lags)[0]
        if total > 0:
            of_mean, n = np.array([total / count**2]), np.array([float(count)])
            out[count - 1] = seen.mean() - reach(of_mean, n, rules)[0]
    return out


def watch_calibration(marks: Sequence[SessionMarks], rules: CalibrationRules) -> Finding:
    """Whether the excess of the squared error is above the tolerance in the season under way.

    Until the new season says something, the last word of the one before stands.
    """
    excess = column(marks, "excess")
    excess = excess[np.isfinite(excess)]
    begun = (len(excess) - 1) // rules.season * rules.season if len(excess) else 0
    if len(excess) - begun < rules.least_sessions and begun:
        begun, excess = begun - rules.season, excess[:begun]
    now = excess[begun:]
    if len(now) < rules.least_sessions:
        return not_enough("calibration", len(now), rules.least_sessions, "sessions with known outcomes")
    ends = lower_ends(now, rules)
    if not np.isfinite(ends[-1]):
        return Finding("calibration", "quiet", float(now.mean()), rules.tolerance, "the squared error doesn't vary")
    low = float(ends[-1])
    words = (
        f"the squared error of probabilities is {now.mean():+.4f} above what calibrated ones have, surely more than "
        f"{low:+.4f}, over {len(now)} sessions; {rules.tolerance:g} is tolerated"
    )
    return Finding("calibration", "alarm" if low > rules.tolerance else "quiet", low, rules.tolerance, words)
