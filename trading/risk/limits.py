"""The limits of risk by name: what a setting may be, which way is looser, and how two sets differ."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trading.errors import ConfigurationError

Limits = Mapping[str, float]
"""Values by name; all names of `LIMITS`."""


@dataclass(frozen=True)
class Limit:
    """Where a limit stands and what it may be.

    Attributes:
        section: field of `DecisionRules`.
        field: of the section.
        looser: whether `more` or `less` of it lets more happen; `any` change of some may.
        low: the least value, and `high` the highest.
        whole: it counts something.
    """

    section: str
    field: str
    looser: Literal["more", "less", "any"]
    low: float
    high: float
    whole: bool = False


LIMITS: Mapping[str, Limit] = {
    "risk_fraction": Limit("sizing", "risk_fraction", "more", 0, 0.2),
    "max_weight": Limit("sizing", "max_weight", "more", 0, 1),
    "calm_range": Limit("sizing", "calm_range", "more", 0.001, 1),
    "max_volume_share": Limit("sizing", "max_volume_share", "more", 0, 1),
    "max_positions": Limit("sizing", "max_positions", "more", 0, 1_000, whole=True),
    "max_new_per_session": Limit("sizing", "max_new_per_session", "more", 0, 1_000, whole=True),
    "max_gross": Limit("exposure", "max_gross", "more", 0, 4),
    "max_sector": Limit("exposure", "max_sector", "more", 0, 4),
    "max_cluster": Limit("exposure", "max_cluster", "more", 0, 4),
    "correlated_at": Limit("exposure", "correlated_at", "more", -1, 1),
    "correlation_sessions": Limit("exposure", "window_sessions", "any", 2, 1_000, whole=True),
    "correlation_min_sessions": Limit("exposure", "min_sessions", "less", 2, 1_000, whole=True),
    "daily_loss": Limit("drawdown", "daily_loss", "more", 0, 1),
    "weekly_reduce": Limit("drawdown", "weekly_reduce", "more", 0, 1),
    "weekly_suspend": Limit("drawdown", "weekly_suspend", "more", 0, 1),
    "streak_reduce": Limit("drawdown", "streak_reduce", "more", 1, 1_000, whole=True),
    "min_confidence": Limit("model_risk", "min_confidence", "less", 0, 1),
    "max_disagreement_rank": Limit("model_risk", "max_disagreement_rank", "more", 0, 1),
    "full_size_r": Limit("model_risk", "full_size_r", "less", 0.001, 100),
    "max_age_sessions": Limit("model_risk", "max_age_sessions", "more", 0, 10_000, whole=True),
    "accuracy_sessions": Limit("model_risk", "accuracy_sessions", "any", 1, 10_000, whole=True),
    "accuracy_signals": Limit("model_risk", "accuracy_signals", "more", 1, 10_000, whole=True),
    "min_win_rate": Limit("model_risk", "min_win_rate", "less", 0, 1),
    "stop_out_sessions": Limit("cooldown", "stop_out_sessions", "less", 0, 1_000, whole=True),
    "pause_streak": Limit("cooldown", "pause_streak", "more", 1, 1_000, whole=True),
    "pause_sessions": Limit("cooldown", "pause_sessions", "less", 0, 1_000, whole=True),
    "size_bull": Limit("regime", "bull", "more", 0, 1),
    "size_sideways": Limit("regime", "sideways", "more", 0, 1),
    "size_bear": Limit("regime", "bear", "more", 0, 1),
    "size_unknown_trend": Limit("regime", "unknown_trend", "more", 0, 1),
    "size_low_volatility": Limit("regime", "low_volatility", "more", 0, 1),
    "size_high_volatility": Limit("regime", "high_volatility", "more", 0, 1),
    "size_unknown_volatility": Limit("regime", "unknown_volatility", "more", 0, 1),
}
"""Each is `INPLAY_RISK_<NAME>`, or a line of `[risk]` in the file of settings. Bounds stop typing errors, no more."""


GONE: Mapping[str, float] = {"max_disagreement": 0.25, "accuracy_trades": 20}
"""Limits of earlier versions with their defaults: `max_disagreement_rank` and `accuracy_signals` took their place."""


def check_limits(given: Mapping[str, float]) -> None:
    """Each has a name that is known and a value within its bounds.

    Raises:
        ConfigurationError: when one hasn't. Nothing was changed.
    """
    for name, value in given.items():
        limit = LIMITS.get(name)
        if limit is None:
            raise ConfigurationError(f"{name} is no limit of risk. Nothing was changed. Known are {', '.join(LIMITS)}.")
        if not (math.isfinite(value) and limit.low <= value <= limit.high) or (limit.whole and value != int(value)):
            kind = "a whole number" if limit.whole else "a number"
            raise ConfigurationError(
                f"{name} can't be {value}. Nothing was changed. Give {kind} from {limit.low:g} to {limit.high:g}."
            )


def sha256_of(limits: Limits) -> str:
    """The same for the same limits."""
    text = json.dumps({name: float(value) for name, value in limits.items()}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def changed(before: Limits, after: Limits) -> list[str]:
    """The limits that differ, in words; those that only one side knows included."""
    names = [name for name in {**LIMITS, **before, **after} if before.get(name) != after.get(name)]
    return [f"{name} {_shown(before.get(name))} then, {_shown(after.get(name))} now" for name in names]


def loosened(before: Limits, after: Limits) -> list[str]:
    """The limits that let more happen than before, in words; where it can't be told, a change counts as looser.

    A limit that is new, since another version of the program brought it, loosens nothing; nor does one that is gone
    with this version, where it had its default: what took its place has one too.
    """
    found = []
    for name, old in before.items():
        new, limit = after.get(name), LIMITS.get(name)
        if new == old or (new is None and GONE.get(name) == old):
            continue
        tighter = limit is not None and new is not None and {"more": new < old, "less": new > old}.get(limit.looser)
        if not tighter:
            found.append(f"{name} from {_shown(old)} to {_shown(new)}")
    return found


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
