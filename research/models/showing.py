"""Ensembles on record as people look at them: all in a list, or one with everything that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from adapters.models.scoring import Card
from adapters.postgres.decisions import DecisionStore
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.models import EnsembleRow, ModelStore
from adapters.postgres.pool import Pool
from adapters.postgres.signals import Scored, SignalStore
from research.models.changing import AUDIT
from research.models.files import FileState, card_of, files_of, row_of
from trading.performance.estimate import Estimate
from trading.risk.model_risk import RULES
from trading.views.lifecycle import Event, Lifecycle

ORDER = ("champion", "challenger", "shadow", "registered", "retired")


@dataclass(frozen=True)
class Listed:
    """An ensemble in the list.

    Attributes:
        role: after everything on record, from `from_session` on.
        known_before: it learned from no outcome that became known on this session or later.
        accuracy: direction on held-out sessions, of models with its parameters.
        audit: whether its training's own checks passed; None where none are on record.
        scored: how much it said.
    """

    ensemble_id: str
    role: str
    from_session: date | None
    known_before: date
    created_at: datetime
    accuracy: Estimate
    audit: bool | None
    scored: Scored


@dataclass(frozen=True)
class Acted:
    """How often the rules of model risk acted on an ensemble's views in one account.

    Attributes:
        candidates: that it was asked of.
        rules: every rule with how often it acted, 0 included; several may act on one candidate.
    """

    account: str
    candidates: int
    rules: dict[str, int]


@dataclass(frozen=True)
class Shown:
    """Everything on record of one ensemble.

    Attributes:
        files: of its members, hashed now.
        card: what its card says of calibration and regimes, or why the card can't be read.
        events: of its life, the earliest first.
        acted: by account.
        metrics: out of sample, as training put them on record.
    """

    listed: Listed
    files: list[FileState]
    card: dict[str, Any]
    events: list[Event]
    acted: list[Acted]
    metrics: dict[str, Any]


def listed(pool: Pool) -> list[Listed]:
    """Every ensemble: the champion, the challenger, shadows, then the others, the latest first."""
    life, scored = LifecycleStore(pool).life(), SignalStore(pool).scored()
    found = [_listed(row, life, scored.get(row.ensemble_id, Scored())) for row in ModelStore(pool).ensembles()]
    found.reverse()
    return sorted(found, key=lambda one: ORDER.index(one.role) if one.role in ORDER else len(ORDER))


def shown(pool: Pool, home: Path, ensemble_id: str) -> Shown:
    """One ensemble.

    Raises:
        UnknownModelError: when it isn't on record.
    """
    row, models = row_of(pool, ensemble_id)
    life = LifecycleStore(pool).life()
    return Shown(
        listed=_listed(row, life, SignalStore(pool).scored().get(ensemble_id, Scored())),
        files=files_of(row, models, home),
        card=_card(card_of(home, ensemble_id)),
        events=[event for event in life.events if event.ensemble_id == ensemble_id],
        acted=acted_of(pool, [ensemble_id]),
        metrics=dict(row.metrics),
    )


def acted_of(pool: Pool, ensemble_ids: Sequence[str], until: date = date.max) -> list[Acted]:
    """How often each rule of model risk acted on what the ensembles said up to a session, by account."""
    return [
        Acted(account, candidates, {rule: counts.get(rule, 0) for rule in RULES})
        for account, (candidates, counts) in DecisionStore(pool).acted(ensemble_ids, until).items()
    ]


def _listed(row: EnsembleRow, life: Lifecycle, scored: Scored) -> Listed:
    latest = next((event for event in reversed(life.events) if event.ensemble_id == row.ensemble_id), None)
    told = row.metrics.get("ensemble") or {}
    audit = row.metrics.get(AUDIT)
    return Listed(
        ensemble_id=row.ensemble_id,
        role=latest.role if latest else "",
        from_session=latest.from_session if latest else None,
        known_before=row.known_before,
        created_at=row.created_at,
        accuracy=Estimate(told.get("value"), told.get("low"), told.get("high")),
        audit=None if audit is None else bool(audit.get("passed")),
        scored=scored,
    )


def _card(card: Card | str) -> dict[str, Any]:
    if isinstance(card, str):
        return {"trouble": card}
    found = card.calibration
    if found is None:
        return {"trouble": "", "calibration": None, "regime_factors": card.regime_factors}
    return {
        "trouble": "",
        "regime_factors": card.regime_factors,
        "calibration": {
            "strength": found.strength, "net_return": found.net_return, "setups": found.setups,
            "sessions": found.sessions, "widest_disagreement": found.disagreements[-1],
        },
    }  # fmt: skip
