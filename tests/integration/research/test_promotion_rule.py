"""The promotion rule changes roles once, keeps the old champion beside the new, and leaves what people chose."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool
from adapters.postgres.watching import Watched, WatchStore
from adapters.record import Record
from research.models.changing import Registry, Said
from research.models.files import trouble_of
from research.models.monitoring import SessionWatch
from research.models.promoting import WHO, promote
from research.models.watched import monitored
from tests.fakes.ensembles import NOON, registered
from trading.risk.decision_rules import DecisionRules
from trading.watching.promotion import Judgement, Proposal
from trading.watching.sequential import Interval

DAY = date(2010, 4, 1)
AFTER = date(2010, 4, 6)
A, B, C = "ensemble-aa11", "ensemble-ab22", "ensemble-c33"


@pytest.fixture
def registry(pool: Pool, home: Path) -> Registry:
    """A champion, a challenger and a shadow with files."""
    for name, role in ((A, "champion"), (B, "challenger"), (C, "shadow")):
        registered(pool, home, name, role, known_before=DAY)  # type: ignore[arg-type]
    LifecycleStore(pool).begin(AFTER, NOON)
    return Registry(pool, home, lambda name: trouble_of(home / "models" / name))


def _promote(registry: Registry, session: date = AFTER) -> str:
    return promote(registry, WatchStore(registry.pool), session, lambda why: Said(WHO, why, NOON))


def _asked(pool: Pool, proposal: Proposal | None, session: date = AFTER) -> None:
    assert WatchStore(pool).record(Watched(session, proposal=proposal), NOON)


def test_a_better_challenger_takes_over_once_and_the_old_champion_stays_beside_it(registry: Registry) -> None:
    """From the next session on; a repeat after a crash changes nothing, and a person can undo it."""
    _asked(registry.pool, Proposal(B, "champion", "better by 0.01"))
    assert _promote(registry) == f"{B} is champion from 2010-04-07 on: better by 0.01"
    store = LifecycleStore(registry.pool)
    assert store.life().latest() == {B: "champion", A: "shadow", C: "shadow"}
    assert store.life().at(AFTER).champion == A
    assert {event.who for event in store.life().events[-3:]} == {WHO}
    before = store.life()
    assert _promote(registry) == ""
    assert store.life() == before
    registry.promote(A, "champion", Said("inplay models", "by hand", NOON))
    assert _promote(registry) == "", "what a person did since is left alone"
    assert store.life().latest()[A] == "champion"


def test_told_only_it_changes_nothing_and_goes_on_saying_so(registry: Registry) -> None:
    """`INPLAY_PROMOTION=tell`: who would be what and why, as often as asked; acting later is still possible."""
    _asked(registry.pool, Proposal(B, "champion", "better by 0.01"))
    before = LifecycleStore(registry.pool).life()
    for _ in range(2):
        said = promote(registry, WatchStore(registry.pool), AFTER, lambda why: Said(WHO, why, NOON), act=False)
        assert said == f"{B} would be champion: better by 0.01; nothing was changed (INPLAY_PROMOTION=tell)"
    assert LifecycleStore(registry.pool).life() == before
    assert "is champion from" in _promote(registry)


def test_a_champion_worse_than_the_rules_retires(registry: Registry) -> None:
    """Then nobody is champion and the rules decide."""
    _asked(registry.pool, Proposal(A, "retired", "worse than the rules"))
    assert "is retired" in _promote(registry)
    assert LifecycleStore(registry.pool).life().at(date(2010, 4, 7)).champion is None


def test_a_version_whose_files_are_gone_is_refused_and_the_champion_stays(registry: Registry) -> None:
    """It is said; nothing stops."""
    (registry.home / "models" / B / "catalyst.ubj").unlink()
    _asked(registry.pool, Proposal(B, "champion", "better"))
    assert f"{B} was to become champion, but:" in _promote(registry)
    assert LifecycleStore(registry.pool).life().latest()[A] == "champion"


@pytest.mark.parametrize("proposal", [None, Proposal(B, "champion", "better")])
def test_only_the_latest_watch_changes_roles(registry: Registry, proposal: Proposal | None) -> None:
    """A proposal of an earlier session is history; no proposal is no change."""
    _asked(registry.pool, proposal)
    _asked(registry.pool, None, date(2010, 4, 7))
    assert _promote(registry) == ""
    assert _promote(registry, date(2010, 4, 7)) == ""
    assert LifecycleStore(registry.pool).life().latest()[A] == "champion"


def test_the_rule_leaves_what_a_person_made(registry: Registry, pool: Pool, home: Path) -> None:
    """Champion or challenger by hand: there is a verdict and no proposal."""
    watch = SessionWatch(Record(pool, home), DecisionRules())
    worse = Judgement("worse", *[Interval(-0.01, -0.02, -0.001, 200, 30)] * 2, silent=0, why="worse")

    def proposal() -> Proposal | None:
        life = LifecycleStore(pool).life()
        day = date(2010, 5, 3)
        return watch._proposal(day, life, life.at(day), {(life.at(day).champion or "", "rules"): worse})

    assert proposal() == Proposal(A, "retired", "worse than the rules: worse")
    registry.promote(B, "champion", Said("inplay models", "I know better", NOON))
    assert proposal() is None


def test_the_reading_tells_what_was_asked(registry: Registry) -> None:
    """Before the first watch nothing; then the session and the proposal."""
    assert monitored(registry.pool).session is None
    _asked(registry.pool, Proposal(B, "champion", "better"))
    told = monitored(registry.pool)
    assert (told.session, told.proposal) == (AFTER, Proposal(B, "champion", "better"))
