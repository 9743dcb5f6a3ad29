"""Light updates over a real record: made from what was scored, judged forward, and harmless when they fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from actors.model_monitoring import ModelMonitoring
from actors.services import in_this_process
from actors.updating import Parts, Updates, Wanted, _update
from actors.wiring import Training, Wiring
from adapters.calendar import sessions_between
from adapters.models.scoring import EnsembleScorer, Versions
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.model_updates import JudgementRow, UpdateRecord
from adapters.postgres.models import ModelStore
from adapters.postgres.pool import Pool, open_pool
from adapters.postgres.server import DATABASE, EmbeddedPostgres
from adapters.postgres.training_record import TrainingRecord
from adapters.postgres.trials import TrialLedger
from adapters.record import Record
from tests.fakes.ensembles import registered
from tests.integration.one_process import NOON, Platform
from trading.bars.panel import as_date
from trading.cycle.session import run_session
from trading.errors import ModelError, UnavailableError
from trading.risk.decision_rules import DecisionRules
from tune.training_plan import Plan, SessionRules
from tune.updates.forward import forward_test
from tune.updates.lines import Line

SESSIONS = [as_date(day) for day in sessions_between(date(2010, 6, 1), date(2010, 7, 2))]
CHAMPION, MOMENTUM = "ensemble-first", "momentum"
"""`Platform` registers the other one; it is asked nothing here."""


@dataclass
class Life:
    """Sessions of the sample with real models, watched and updated after each."""

    pool: Pool
    url: str
    home: Path
    every: int = 4
    plans: list[Plan] = field(default_factory=list)
    verdict: str = ""

    def __post_init__(self) -> None:
        self.platform = Platform(self.home, self.url, self.pool)
        self.platform.import_until(None)
        registered(self.pool, self.home, CHAMPION, "champion", known_before=SESSIONS[0])
        rules = SessionRules(update_every_sessions=self.every)
        self.wiring = Wiring(self.home, SecretStr(self.url), 10_000_000, training=Training(rules))
        self.record = Record(self.pool, self.home)
        self.make: Callable[[Wanted], Any] = lambda wanted: _update(wanted, self.wiring)
        parts = Parts(self._make, self.test, lambda: NOON, lambda: 4_000)
        self.updates = Updates(self.wiring, self.pool, parts)

    def _make(self, wanted: Wanted) -> Any:
        return self.make(wanted)

    def test(self, line: Line, session: date) -> JudgementRow:
        """The real one, or the verdict that a test asks for."""
        found = forward_test(self.record, line, session)
        return replace(found, verdict=self.verdict) if self.verdict else found

    @contextmanager
    def running(self) -> Iterator[Callable[[date], Plan]]:
        """What runs a session and what follows it."""
        monitoring = ModelMonitoring(self.wiring)
        with self.platform.services() as services:
            self.platform._warm_up(services, SESSIONS[0])
            services["ensemble"] = Versions(self.home / "models")
            local = in_this_process(services)

            def run(session: date) -> Plan:
                run_session(local, session, DecisionRules(), LifecycleStore(self.pool).begin(session, NOON))
                monitoring.after_session(session)
                self.plans.append(self.updates.after(session, trained=False))
                return self.plans[-1]

            try:
                yield run
            finally:
                monitoring.pool.close()

    def run(self, sessions: list[date]) -> None:
        """All of them."""
        with self.running() as run:
            for session in sessions:
                run(session)

    def roles(self) -> dict[str, str]:
        """Of every version."""
        found = LifecycleStore(self.pool).life().latest()
        return {name: role for name, role in found.items() if name != MOMENTUM}

    def rows(self, query: str) -> list[Any]:
        """Of the record."""
        with self.pool.connection() as connection:
            return connection.execute(query.encode()).fetchall()

    def left(self) -> list[Any]:
        """What two equal lives have in common: files, figures, roles, orders."""
        return [
            self.rows("SELECT model_id, sha256, data_sha256, train_from, train_to, metrics FROM models ORDER BY 1"),
            self.rows("SELECT ensemble_id, role, from_session, who, why FROM model_events ORDER BY event_id"),
            self.rows("SELECT ensemble_id, parent, line, after_session, rows, sessions FROM model_updates ORDER BY 1"),
            self.rows("SELECT session, line, ensemble_id, verdict, mean FROM update_judgements ORDER BY 1, 2"),
            self.rows("SELECT hash FROM journal ORDER BY seq DESC LIMIT 1"),
            sorted((path.name, path.read_bytes()) for path in (self.home / "models").glob("*/*")),
        ]


def test_a_line_of_updates_lives_beside_its_champion(pool: Pool, empty_url: str, home: Path) -> None:
    """Each update learned from outcomes that came after its parent, and is asked from the next session on."""
    life = Life(pool, empty_url, home)
    champion = {path.name: path.read_bytes() for path in (home / "models" / CHAMPION).iterdir()}
    life.run(SESSIONS)
    updates, roles = UpdateRecord(pool).updates(), life.roles()
    made = [plan.window_from.date() for plan in life.plans if plan.opens]
    assert len(updates) >= 3
    assert made == [update.after_session for update in updates]
    codes = [plan.code for plan in life.plans]
    assert set(codes) == {"opens", "unchanged", "too_few"}, "the first sessions have no outcome yet"
    assert codes[:3] == ["unchanged"] * 3
    assert roles == {
        CHAMPION: "champion",
        **dict.fromkeys((u.ensemble_id for u in updates), "retired"),
        updates[-1].ensemble_id: "shadow",
    }
    parents = [CHAMPION, *(update.ensemble_id for update in updates)]
    assert [update.parent for update in updates] == parents[:-1]
    assert {update.root for update in updates} == {CHAMPION}
    assert {update.line for update in updates} == {updates[0].ensemble_id}
    asked = dict(life.rows("SELECT ensemble_id, array_agg(DISTINCT session ORDER BY session) FROM signals GROUP BY 1"))
    assert asked[CHAMPION] == SESSIONS
    for update, until in zip(updates, [*made[1:], SESSIONS[-1]], strict=True):
        assert asked.get(update.ensemble_id, []) == [day for day in SESSIONS if update.after_session < day <= until]
    _rows_once(life)
    _on_record(life)
    assert {path.name: path.read_bytes() for path in (home / "models" / CHAMPION).iterdir()} == champion
    bought = life.rows("SELECT DISTINCT ensemble_id FROM decisions WHERE source = 'ensemble' AND action = 'buy'")
    assert bought in ([], [(CHAMPION,)])
    again = life.updates.after(made[-1], trained=False)
    assert again.code == "held"
    assert UpdateRecord(pool).updates() == updates
    marks = life.rows("SELECT DISTINCT ensemble_id FROM watch_marks")
    assert (updates[0].ensemble_id,) in marks
    told = UpdateRecord(pool).judgements(updates[0].ensemble_id)
    assert {one.verdict for one in told} == {"not_enough_data"}
    assert told[-1].sessions > 3, "sessions of all versions of the line are put together"


def _rows_once(life: Life) -> None:
    """No outcome is learned from twice or left out: the batches are what became known, one after the other."""
    for update, before in zip(
        UpdateRecord(life.pool).updates(), [SESSIONS[0], *(u.after_session for u in UpdateRecord(life.pool).updates())],
        strict=False,
    ):  # fmt: skip
        since = "known_session >= " if before == SESSIONS[0] else "known_session > "
        ((count,),) = life.rows(
            f"SELECT count(*) FROM signal_outcomes WHERE ensemble_id = '{CHAMPION}' AND {since}'{before}' "  # noqa: S608
            f"AND known_session <= '{update.after_session}' AND success IS NOT NULL"
        )
        assert update.rows == count >= 200


def _on_record(life: Life) -> None:
    """Audit, calibration, trials and growth are those of an ensemble that was updated."""
    store, updates = ModelStore(life.pool), UpdateRecord(life.pool).updates()
    before = EnsembleScorer(life.home / "models" / CHAMPION).card
    for update in updates:
        row = store.ensemble(update.ensemble_id)
        assert row is not None
        assert row.metrics["audit"]["passed"]
        assert row.metrics["update"]["parent"] == update.parent
        card = EnsembleScorer(life.home / "models" / update.ensemble_id).card
        assert card.calibration is not None
        assert before.calibration is not None
        assert card.calibration.setups == before.calibration.setups + update.rows
        before = card
    learned = life.rows("SELECT model_id, (metrics->>'train_rows')::integer FROM models")
    last = updates[-1].ensemble_id
    assert dict(learned)[f"{last}-pattern"] == 800 + sum(update.rows for update in updates)
    labels = [trial.label for trial in TrialLedger(life.pool).trials()]
    assert labels == [f"update of {update.parent}" for update in updates]
    assert TrainingRecord(life.pool).sessions_since_learned(SESSIONS[-1]) == len(SESSIONS)


def test_two_equal_lives_leave_the_same_bytes(
    pool: Pool, empty_url: str, home: Path, tmp_path: Path, server: EmbeddedPostgres
) -> None:
    """Files, roles, judgements and orders; the second one stops in mid-way and begins anew."""
    days = SESSIONS[:14]
    one = Life(pool, empty_url, home)
    one.run(days)
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE second_life TEMPLATE with_our_tables")
    url = server.url.replace(f"/{DATABASE}?", "/second_life?")
    other_pool = open_pool(url)
    try:
        other = Life(other_pool, url, tmp_path / "other")
        other.run(days[:9])
        other.updates.after(days[8], trained=False)
        other.run(days[9:])
        assert one.left() == other.left()
    finally:
        other_pool.close()


@pytest.mark.parametrize(("verdict", "role"), [("better", "challenger"), ("worse", "retired")])
def test_only_a_verdict_moves_an_update(pool: Pool, empty_url: str, home: Path, verdict: str, role: str) -> None:
    """A better line's latest version is challenger and isn't updated; after a worse one a new line begins."""
    life = Life(pool, empty_url, home)
    with life.running() as run:
        days = iter(SESSIONS)
        while not run(next(days)).opens:
            pass
        (first,) = UpdateRecord(pool).updates()
        life.verdict = verdict
        plan = run(next(days))
        assert life.roles()[first.ensemble_id] == role
        assert life.roles()[CHAMPION] == "champion"
        (told,) = UpdateRecord(pool).judgements(first.ensemble_id)
        assert told.verdict == verdict
        if verdict == "better":
            assert plan.code == "deployed"
            assert run(next(days)).code == "deployed"
        else:
            life.verdict = ""
            assert plan.opens, "the champion didn't learn from the sessions since it was trained"
            second = UpdateRecord(pool).updates()[-1]
            assert (second.line, second.parent) == (second.ensemble_id, CHAMPION)


@pytest.mark.parametrize(
    "error",
    [
        ModelError("all outcomes failed"),
        UnavailableError("The training's process went away: killed."),
        ValueError("a defect"),
    ],
)
def test_an_update_that_fails_harms_nothing(pool: Pool, empty_url: str, home: Path, error: Exception) -> None:
    """Its plan says why, roles and files stay, and the next session tries again."""
    life = Life(pool, empty_url, home)

    def fails(wanted: Wanted) -> Any:
        (home / "models" / "update-half").mkdir(exist_ok=True)
        (home / "models" / "update-half" / "pattern.ubj.part").write_bytes(b"half")
        assert wanted.parent == CHAMPION
        raise error

    honest, life.make = life.make, fails
    with life.running() as run:
        plans = [run(day) for day in SESSIONS[:9]]
        assert [plan.code for plan in plans] == ["unchanged"] * 3 + ["failed"] * 6
        assert str(error) in plans[-1].reason
        found = TrainingRecord(pool).last_plan("update")
        assert found is not None
        assert (found.code, found.opens) == ("failed", False)
        assert life.roles() == {CHAMPION: "champion"}
        assert UpdateRecord(pool).updates() == []
        life.make = honest
        assert run(SESSIONS[9]).opens
    assert life.updates.after(SESSIONS[9], trained=True).code == "held"
