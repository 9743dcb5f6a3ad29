"""When updates are made, and who is asked meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from adapters.postgres.model_updates import JudgementRow, UpdateRow
from trading.views.lifecycle import Event, Lifecycle, Role, made
from tune.training_plan import SessionRules
from tune.updates.lines import Line, judged, line_of, succeeded
from tune.updates.plan import MEMORY_MIB, MOST_SESSIONS, Facts, plan_update

DAY, NOON = date(2010, 8, 2), datetime(2010, 8, 2, 12, tzinfo=UTC)
DUE = Facts(DAY, "champion", 5)
EVERY = SessionRules(update_every_sessions=5)


@pytest.mark.parametrize(
    ("facts", "rules", "code"),
    [
        (DUE, EVERY, "opens"),
        (DUE, SessionRules(), "off"),
        (replace(DUE, parent=None), EVERY, "no_champion"),
        (replace(DUE, since=4), EVERY, "unchanged"),
        (replace(DUE, held=True), EVERY, "held"),
        (replace(DUE, deployed="update-1"), EVERY, "deployed"),
        (replace(DUE, since=MOST_SESSIONS), EVERY, "opens"),
        (replace(DUE, since=MOST_SESSIONS + 1), EVERY, "stale"),
        (replace(DUE, memory_mib=MEMORY_MIB - 1), EVERY, "memory"),
        (replace(DUE, memory_mib=MEMORY_MIB), EVERY, "opens"),
    ],
)
def test_an_update_is_due_by_the_sessions_clock(facts: Facts, rules: SessionRules, code: str) -> None:
    """What it isn't made for is said in a word and in a sentence."""
    plan = plan_update(facts, rules)
    assert (plan.kind, plan.code, plan.opens) == ("update", code, code == "opens")
    assert plan.window_from == datetime(2010, 8, 2, tzinfo=UTC)
    assert plan.reason.endswith(".")


def life_of(*roles: tuple[str, Role]) -> Lifecycle:
    """Turns on record."""
    names = dict.fromkeys(name for name, _ in roles)
    turns = [*((name, "registered") for name in names), *roles]
    return Lifecycle(tuple(Event(n, name, role, DAY, "t", "t", NOON) for n, (name, role) in enumerate(turns)))  # type: ignore[arg-type]


def update(name: str, parent: str, line: str, root: str = "c") -> UpdateRow:
    """An update on record."""
    return UpdateRow(name, parent, root, line, DAY, 300, 5, 0.1, NOON)


UPDATES = [update("u1", "c", "u1"), update("u2", "u1", "u1"), update("v1", "d", "v1", "d")]


def test_the_line_is_that_of_the_champion_and_alive() -> None:
    """One whose latest version was retired is over; a new one begins with the champion."""
    assert line_of("c", UPDATES, {"u2": "shadow"}) == Line("c", "u1", ("u1", "u2"), "shadow")
    assert line_of("c", UPDATES, {"u1": "shadow", "u2": "retired"}) is None
    assert line_of("c", UPDATES, {"u2": "champion"}) is None
    assert line_of("d", UPDATES, {"v1": "challenger"}) == Line("d", "v1", ("v1",), "challenger")
    assert line_of("e", UPDATES, {}) is None
    assert line_of("c", [*UPDATES, update("w1", "c", "w1")], {"w1": "shadow"}) == Line("c", "w1", ("w1",), "shadow")


def test_an_update_takes_the_place_of_the_one_before_it() -> None:
    """Other shadows stay where they are; the first of a line may crowd out the earliest of two."""
    life = life_of(("c", "champion"), ("s", "shadow"), ("u1", "shadow"), ("u2", "registered"))
    line = Line("c", "u1", ("u1",), "shadow")
    assert [(c.ensemble_id, c.role) for c in succeeded(life, line, "u2", "w")] == [("u1", "retired"), ("u2", "shadow")]
    first = succeeded(life_of(("a", "shadow"), ("b", "shadow"), ("u1", "registered")), None, "u1", "w")
    assert [(c.ensemble_id, c.role) for c in first] == [("a", "retired"), ("u1", "shadow")]
    again = life_of(("c", "champion"), ("u1", "retired"), ("u2", "shadow"))
    assert succeeded(again, line, "u2", "w") == []
    assert made(life, "u1", "shadow", "w") == []


@pytest.mark.parametrize(
    ("verdict", "makes", "role"),
    [("better", "challenger", "challenger"), ("better", "champion", "champion"), ("worse", "champion", "retired")],
)
def test_a_verdict_is_followed(verdict: str, makes: Role, role: Role) -> None:
    """Only what is beyond noise changes a role, and what is no shadow any more stays what somebody made it."""
    life, line = life_of(("c", "champion"), ("u1", "shadow")), Line("c", "u1", ("u1",), "shadow")
    told = JudgementRow(DAY, "u1", "u1", verdict, 60, 0.01, 0.002, 0.02, "so")
    changes = judged(life, line, told, makes)
    assert (changes[-1].ensemble_id, changes[-1].role) == ("u1", role)
    for other in ("cannot_be_told", "not_enough_data"):
        assert judged(life, line, replace(told, verdict=other), makes) == []
    assert judged(life_of(("c", "champion"), ("u1", "retired")), line, told, makes) == []
