"""How large a share of the decisions models have beside the rules: it grows and shrinks by what both were worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from trading.arrays import Days
from trading.risk.model_risk import ModelRiskLimits
from trading.risk.model_trust import grown
from trading.views.restraint import Turn
from trading.watching.marks import SessionMarks
from trading.watching.promotion import PromotionRules, beside_rules
from trading.watching.stages import Hold, stepped


@dataclass(frozen=True)
class Share:
    """What it takes.

    Attributes:
        sessions: of the exchange, ascending.
        rules: of the test against the rules; each step takes what a promotion takes.
        limits: as set.
    """

    sessions: Days
    rules: PromotionRules
    limits: ModelRiskLimits

    @staticmethod
    def as_it_was(hold: Hold, turns: Sequence[Turn]) -> Hold:
        """Where alarms have brought the version, with the share that its turns have left."""
        return replace(hold, step=_last_change(turns)[0])

    def after(self, hold: Hold, turns: Sequence[Turn], marks: Sequence[SessionMarks]) -> Hold:
        """The same with what the sessions since the last change say.

        Args:
            hold: after the session.
            turns: of the version, in the order of the record.
            marks: of the version by session, whose outcomes are complete.
        """
        step, since = _last_change(turns)
        evidence = beside_rules([one for one in marks if one.session > since], self.sessions, self.rules)
        share = stepped(step, hold.stage, evidence)
        if share == step:
            return replace(hold, step=step)
        floor = grown(self.limits, share).min_confidence
        words = f"against the rules {evidence.why}: models decide from a confidence of {floor:g} on"
        return replace(hold, step=share, turned="; ".join(filter(None, (hold.turned, words))))


def _last_change(turns: Sequence[Turn]) -> tuple[int, date]:
    """The share in force, and the session after which it last changed."""
    step, since = 0, date.min
    for turn in turns:
        if turn.step != step:
            step, since = turn.step, turn.found_session
    return step, since
