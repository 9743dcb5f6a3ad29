"""What refused a candidate: the first rule or limit that did, by a name that stays the same."""

from __future__ import annotations

from typing import Final

from trading.risk.model_risk import RULES

REFUSALS: Final[dict[str, str]] = {
    "rules_against": "the rules' confidence is too low",
    "models_against": "the models rank it too low",
    **{str(rule): words for rule, words in RULES.items()},
    "drawdown": "suspended after losses",
    "losing_streak": "paused after a losing streak",
    "held": "already held",
    "stopped_out": "rests after a stop",
    "max_new_per_session": "enough orders in the session",
    "max_positions": "all positions are taken",
    "regime": "the regime leaves nothing",
    "size": "the caps leave no whole share",
    "max_gross": "the cap of all positions",
    "max_cluster": "the cap of stocks that move together",
    "max_sector": "the cap of a sector",
    "owner": "the owner refused it",
    "unanswered": "the owner didn't approve it in time",
    "withheld": "trading was suspended or blocked",
    "order_refused": "the order was refused",
    "order_cancelled": "the order was cancelled",
    "order_expired": "the order did not fill in its time",
    "other": "another limit",
}
"""By name, what each is, in words. `other` only stands for limits of earlier versions that nobody knows any more."""
