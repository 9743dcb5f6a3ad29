"""What became of models in the sessions on record, counted: the life of an ensemble in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.postgres.pool import Pool, transaction
from trading.views.lifecycle import Event

HEIGHT = {"": 0, "registered": 0, "retired": 0, "shadow": 1, "challenger": 2, "champion": 3}
FIRST = "inplay run"
"""Makes the first champion, which is no promotion."""


@dataclass(frozen=True)
class LifeCounts:
    """How often what happened.

    Attributes:
        sessions: that are complete.
        updates: light ones that were made.
        trainings: after sessions and on GPUs that made an ensemble; the first one before the replay isn't counted.
        promotions: turns of a version up to challenger or champion.
        demotions: turns of a champion or challenger down, those that another one took over from included.
        alarms: times that a watch of a version began to alarm.
        stages: turns by which a version was held back or let go again.
    """

    sessions: int
    updates: int
    trainings: int
    promotions: int
    demotions: int
    alarms: int
    stages: int


def life_counts(pool: Pool, events: tuple[Event, ...]) -> LifeCounts:
    """The counts of a record.

    Args:
        pool: of its database.
        events: of the life of its ensembles, in order.
    """
    promotions, demotions = turns(events)
    with transaction(pool) as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM replay_sessions), (SELECT count(*) FROM model_updates), "
            "(SELECT count(*) FROM training_sessions WHERE state = 'trained'), "
            "(SELECT count(*) FROM (SELECT state, lag(state) OVER (PARTITION BY ensemble_id, kind ORDER BY session) "
            "AS before FROM watch_findings) AS f WHERE state = 'alarm' AND before IS DISTINCT FROM 'alarm'), "
            "(SELECT count(*) FROM watch_turns)"
        )
        ((sessions, updates, trainings, alarms, stages),) = cursor.fetchall()
    return LifeCounts(sessions, updates, trainings, promotions, demotions, alarms, stages)


def turns(events: tuple[Event, ...]) -> tuple[int, int]:
    """Promotions and demotions among the events; see `LifeCounts`."""
    role: dict[str, str] = {}
    up = down = 0
    for event in events:
        before, after = HEIGHT[role.get(event.ensemble_id, "")], HEIGHT[event.role]
        up += after > before and after >= HEIGHT["challenger"] and event.who != FIRST
        down += after < before and before >= HEIGHT["challenger"]
        role[event.ensemble_id] = event.role
    return up, down
