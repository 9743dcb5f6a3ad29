"""Which versions of the ensemble decide at a session, and why one may not: as the cycle itself finds out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from adapters.postgres.bars_record import BarRecord
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.signals import SignalStore
from serve.sources import Sources
from trading.bars.panel import as_date, as_day
from trading.risk.decision_rules import DecisionRules
from trading.risk.model_risk import Doubt
from trading.risk.model_trust import grown, held_back, lost_skill, stale_models
from trading.views.lifecycle import Roles
from trading.views.restraint import Turn


def roles_at(sources: Sources, session: date) -> Roles:
    """What the ensembles are when the session is decided."""
    return LifecycleStore(sources.pool).life().at(session)


def rules_for(sources: Sources, roles: Roles) -> DecisionRules:
    """The limits as set, with the share of the decisions that the champion has grown to."""
    rules, turn = sources.decision_rules(), roles.held_back.get(roles.champion or "")
    return rules if turn is None else replace(rules, model_risk=grown(rules.model_risk, turn.step))


class Doubts:
    """Why a version may not decide or not in full size, kept for the latest session asked about."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._kept: tuple[tuple[date, str, Turn | None], Doubt | None] | None = None

    def of(self, session: date, roles: Roles) -> Doubt | None:
        """Why the champion may not decide at the close of the session; None where it may or there is none."""
        if roles.champion is None:
            return None
        asked = (session, roles.champion, roles.held_back.get(roles.champion))
        kept = self._kept
        if kept is None or kept[0] != asked:
            self._kept = kept = (asked, self._found(session, roles.champion, roles))
        return kept[1]

    def _found(self, session: date, champion: str, roles: Roles) -> Doubt | None:
        limits, pool = self._sources.decision_rules().model_risk, self._sources.pool
        days = np.array(BarRecord(pool).sessions(), dtype="datetime64[D]")
        until = int(np.searchsorted(days, as_day(session), side="right"))
        since = as_date(days[max(0, until - limits.accuracy_sessions)]) if until else session
        evidence = SignalStore(pool).evidence(session, since, [champion], limits)[champion]
        stale = stale_models(roles.known_before.get(champion), days, session, limits)
        return stale or lost_skill(evidence, limits) or held_back(roles.held_back.get(champion))


def doubt_of(sources: Sources, session: date, roles: Roles) -> Doubt | None:
    """Why the champion may not decide; the readers of the same sources share what was found."""
    return sources.once(Doubts).of(session, roles)
