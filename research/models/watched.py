"""What model monitoring says now: stages, findings, verdicts and figures of the latest session that was watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool
from adapters.postgres.watching import WatchStore
from trading.views.restraint import Stage, Turn
from trading.watching.analytics import Figure
from trading.watching.findings import Finding
from trading.watching.promotion import Proposal

MOST_TURNS = 50


@dataclass(frozen=True)
class VersionWatched:
    """One version.

    Attributes:
        role: after everything on record.
        stage: that it came into last; `full` before the first turn.
        findings: of the session, by kind.
        figures: of the session, by name and part.
    """

    ensemble_id: str
    role: str
    stage: Stage
    findings: list[Finding]
    figures: list[Figure]


@dataclass(frozen=True)
class VerdictTold:
    """A version beside another, or beside the rules.

    Attributes:
        figures: `log_loss` and `net_return`, each with mean, low, high, sessions and blocks; null where unknown.
    """

    ensemble_id: str
    against: str
    verdict: str
    figures: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Monitored:
    """What the monitoring says.

    Attributes:
        session: after which it was watched last; None before the first one.
        figures: of no version.
        turns: the latest ones, the newest first.
        proposal: the change of role that the rule asked for after the session.
    """

    session: date | None
    versions: list[VersionWatched]
    verdicts: list[VerdictTold]
    figures: list[Figure]
    turns: list[Turn]
    proposal: Proposal | None


def monitored(pool: Pool) -> Monitored:
    """As of the latest watch."""
    store, life = WatchStore(pool), LifecycleStore(pool).life()
    session = store.last_watched()
    if session is None:
        return Monitored(None, [], [], [], turns=[], proposal=None)
    findings, figures, turns = store.findings_after(session), store.figures(session), store.turns()
    stages: dict[str, Stage] = {turn.ensemble_id: turn.stage for turn in turns}
    return Monitored(
        session=session,
        versions=[
            VersionWatched(name, life.role_of(name), stages.get(name, "full"), found, figures.get(name, []))
            for name, found in findings.items()
        ],
        verdicts=[VerdictTold(*row) for row in store.judgements(session)],
        figures=figures.get("", []),
        turns=list(reversed(turns))[:MOST_TURNS],
        proposal=store.proposal(session),
    )
