"""Whether served probabilities still tell setups apart as they say, by a confidence sequence anew each quarter."""

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
        least_slope: of what happened on the probabilities, within sessions: 1 = as they say, 0 = they tell nothing,
            -1 = the reverse. An alarm says that it is surely lower.
        lags: outcomes so many sessions apart share a day; they are held for five, from open to open.
    """

    alpha: float = 0.02
    season: int = 60
    least_sessions: int = 10
    least_slope: float = 0.5
    lags: int = 4


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


def lower_ends(short: Floats, rules: CalibrationRules) -> Floats:
    """The lower end of the mean after each session of a season; NaN while there are too few.

    Args:
        short: by how much each session fell short, shape `(n,)`.
        rules: of the watch.
    """
    out = np.full(len(short), np.nan)
    for count in range(max(rules.least_sessions, 3), len(short) + 1):
        seen = short[:count]
        total = session_variance((seen - seen.mean())[None, :], rules.lags)[0]
        if total > 0:
            of_mean, n = np.array([total / count**2]), np.array([float(count)])
            out[count - 1] = seen.mean() - reach(of_mean, n, rules)[0]
    return out


def shortfall(marks: Sequence[SessionMarks], rules: CalibrationRules) -> Floats:
    """By how much each session told less than the least slope asks for; sessions that say nothing are left out.

    It is the slope of a calibration (Cox 1958, Two further applications of a model for binary regression) as a sum over
    sessions, each less its own mean: what moves the whole market is in no probability.
    """
    short = rules.least_slope * column(marks, "claimed") - column(marks, "told")
    return short[np.isfinite(short)]


def watch_calibration(marks: Sequence[SessionMarks], rules: CalibrationRules) -> Finding:
    """Whether the slope is surely below the least one in the season under way.

    Until a new season says something, the last word of the one before stands.
    """
    short = shortfall(marks, rules)
    begun = (len(short) - 1) // rules.season * rules.season if len(short) else 0
    if len(short) - begun < rules.least_sessions and begun:
        begun, short = begun - rules.season, short[:begun]
    now = short[begun:]
    if len(now) < rules.least_sessions:
        return not_enough("calibration", len(now), rules.least_sessions, "sessions with known outcomes")
    if not now.any():
        words = f"over {len(now)} sessions the probabilities told no setups apart, so there is nothing to hold them to"
        return Finding("calibration", "quiet", 0.0, 0.0, words)
    low = float(lower_ends(now, rules)[-1])
    words = f"over {len(now)} sessions what happened follows the probabilities"
    if np.isfinite(low) and low > 0:
        words = f"{words} surely with a slope below {rules.least_slope:g}"
        return Finding("calibration", "alarm", low, 0.0, words)
    words = f"{words}, or nobody can tell yet that the slope is below {rules.least_slope:g}"
    return Finding("calibration", "quiet", low if np.isfinite(low) else None, 0.0, words)
