"""Models on record change their roles by command and over HTTP, and what may not be is refused with nothing changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.models.scoring import CARD, EnsembleScorer, Versions
from adapters.postgres.model_events import LifecycleStore
from adapters.postgres.pool import Pool
from adapters.postgres.queries import Queries
from research.models.changing import Registry, Said, names
from research.models.files import RECORD, export, trouble_of
from research.models.finding import found
from research.models.showing import listed, shown
from serve.api import create_app
from tests.fakes.bare_sources import bare_sources
from tests.fakes.client import TOKEN, client_of, problem_of
from tests.fakes.ensembles import NOON, registered
from trading.errors import ConfigurationError, ModelRefusedError, UnknownModelError
from trading.views.ensemble import Views
from trading.views.setups import FEATURES

DAY = date(2010, 4, 1)
SAID = Said("test", "better", NOON)
FAILED = {"passed": False, "checks": {"purged": "an outcome reached into the test part", "calibrated": ""}}
A, B, C = "ensemble-aa11", "ensemble-ab22", "ensemble-c33"


@pytest.fixture
def registry(pool: Pool, home: Path) -> Registry:
    """A champion, a challenger and a shadow with files."""
    for name, role in ((A, "champion"), (B, "challenger"), (C, "shadow")):
        registered(pool, home, name, role, known_before=DAY)  # type: ignore[arg-type]
    return Registry(pool, home, lambda name: trouble_of(home / "models" / name))


def roles(registry: Registry) -> dict[str, str]:
    """After everything on record."""
    return dict(LifecycleStore(registry.pool).life().latest())


def begin(registry: Registry, day: date) -> None:
    """The session's decisions have begun."""
    LifecycleStore(registry.pool).begin(day, NOON)


def test_a_promotion_in_the_middle_of_a_session_holds_from_the_next(registry: Registry) -> None:
    """The session that has begun is answered as it began; the change says from when it holds, a repeat nothing."""
    begin(registry, date(2010, 4, 6))
    done = registry.promote(B, "champion", SAID)
    assert (done.role, done.from_session) == ("champion", date(2010, 4, 7))
    assert [(one.ensemble_id, one.role, one.who) for one in done.events] == [
        (A, "retired", "test"), (B, "champion", "test"),
    ]  # fmt: skip
    life = LifecycleStore(registry.pool).life()
    assert (life.at(date(2010, 4, 6)).champion, life.at(date(2010, 4, 7)).champion) == (A, B)
    again = registry.promote(B, "champion", SAID)
    assert (again.events, again.from_session) == ((), date(2010, 4, 7))
    assert LifecycleStore(registry.pool).life() == life


def test_what_learned_from_later_sessions_decides_from_then_on(registry: Registry) -> None:
    """A version that knows outcomes up to the 20th is no champion of a replay's earlier sessions."""
    registered(registry.pool, registry.home, "ensemble-later", "registered", known_before=date(2010, 4, 20))
    begin(registry, date(2010, 4, 6))
    assert registry.promote("ensemble-later", "champion", SAID).from_session == date(2010, 4, 20)


def test_a_rollback_goes_back_and_the_way_forward_stays_open(registry: Registry) -> None:
    """Without an id it is whoever is champion; with one a repeat changes nothing."""
    registry.promote(B, "champion", SAID)
    back = registry.roll_back(None, SAID)
    assert (back.ensemble_id, back.role) == (A, "champion")
    assert registry.roll_back(B, SAID).events == ()
    assert roles(registry) == {A: "champion", B: "retired", C: "shadow"}
    with pytest.raises(ModelRefusedError, match="no champion before"):
        registry.roll_back(A, SAID)
    with pytest.raises(ModelRefusedError, match="never champion"):
        registry.roll_back(C, SAID)
    registry.retire(A, SAID)
    with pytest.raises(ModelRefusedError, match="No ensemble is champion"):
        registry.roll_back(None, SAID)
    assert registry.retire(A, SAID).events == ()


def gone(registry: Registry) -> None:
    """A member's file was removed."""
    (registry.home / "models" / B / "catalyst.ubj").unlink()


def changed(registry: Registry) -> None:
    """A byte was added."""
    with (registry.home / "models" / B / "pattern.ubj").open("ab") as file:
        file.write(b"x")


def another(registry: Registry) -> None:
    """File and card together were replaced: they fit each other, and aren't those that were registered."""
    folder = registry.home / "models" / B
    card = json.loads((folder / CARD).read_text())
    card["ensemble_id"] = C
    (folder / CARD).write_text(json.dumps(card))


def no_card(registry: Registry) -> None:
    """The card is no JSON any more."""
    (registry.home / "models" / B / CARD).write_text("{")


def no_folder(registry: Registry) -> None:
    """Everything of it is gone."""
    (registry.home / "models" / B).rename(registry.home / "elsewhere")


@pytest.mark.parametrize("spoil", [gone, changed, another, no_card, no_folder])
def test_files_that_are_not_those_registered_are_refused_whichever_way_it_comes_to_decide(
    registry: Registry, spoil: Callable[[Registry], None]
) -> None:
    """By promotion to any role, and by a rollback to it; it is no champion then, and the record as it was."""
    registry.promote(B, "champion", SAID)
    registry.promote(A, "champion", SAID)
    before = LifecycleStore(registry.pool).life()
    spoil(registry)
    for role in ("champion", "challenger", "shadow"):
        with pytest.raises(ModelRefusedError, match="Nothing was changed"):
            registry.promote(B, role, SAID)
    registry.promote(C, "champion", SAID)
    with pytest.raises(ModelRefusedError, match="Nothing was changed"):
        export(registry.pool, registry.home, B, registry.home / "out")
    assert not (registry.home / "out").exists()
    assert LifecycleStore(registry.pool).life().events[: len(before.events)] == before.events
    assert roles(registry)[B] == "retired"
    assert any(file.state != "whole" for file in shown(registry.pool, registry.home, B).files) or (
        shown(registry.pool, registry.home, B).card["trouble"] or spoil is another
    )


def test_a_rollback_to_what_can_not_be_used_is_refused(registry: Registry) -> None:
    """The champion stays; retiring it leaves the decisions to the rules."""
    registry.promote(B, "champion", SAID)
    (registry.home / "models" / A / "outcome.ubj").unlink()
    with pytest.raises(ModelRefusedError, match="can't be read"):
        registry.roll_back(B, SAID)
    assert roles(registry)[B] == "champion"
    assert registry.retire(B, SAID).role == "retired"


def test_what_failed_its_audit_is_refused(registry: Registry) -> None:
    """With the words that its training put on record; one from before there were audits isn't held up."""
    registered(registry.pool, registry.home, "ensemble-bad", "registered", known_before=DAY, audit=FAILED)
    registered(registry.pool, registry.home, "ensemble-old", "registered", known_before=DAY, audit=None)
    with pytest.raises(ModelRefusedError, match="an outcome reached into the test part"):
        registry.promote("ensemble-bad", "shadow", SAID)
    assert roles(registry)["ensemble-bad"] == "registered"
    assert registry.promote("ensemble-old", "champion", SAID).role == "champion"
    assert {row.ensemble_id: row.audit for row in listed(registry.pool)}["ensemble-bad"] is False


def test_what_a_role_may_not_become_is_refused(registry: Registry) -> None:
    """A champion is no challenger beside itself; what isn't on record becomes nothing."""
    with pytest.raises(ModelRefusedError, match="can't become 'challenger'"):
        registry.promote(A, "challenger", SAID)
    with pytest.raises(UnknownModelError, match="No ensemble nobody is on record"):
        registry.promote("nobody", "champion", SAID)
    with pytest.raises(UnknownModelError):
        registry.retire("nobody", SAID)
    with pytest.raises(UnknownModelError):
        registry.roll_back("nobody", SAID)


def test_two_promotions_at_once_are_both_on_record_and_the_later_one_holds(registry: Registry) -> None:
    """One champion, whoever was first; the other one was champion before it and retired."""
    start = threading.Barrier(2)

    def promote(name: str) -> str:
        start.wait()
        return registry.promote(name, "champion", Said(name, "at once", NOON)).ensemble_id

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(promote, (B, C))) == [B, C]
    life = LifecycleStore(registry.pool).life()
    (last, _), (before, _) = life.champions()[-1], life.champions()[-2]
    assert {last, before} == {B, C}
    assert roles(registry) == {A: "retired", before: "retired", last: "champion"}
    assert life.before(last) == before


def test_a_prefix_that_one_name_begins_with_is_enough() -> None:
    """With or without the common part; the whole name even where others begin with it; else nobody is guessed."""
    every = [A, B, C, "ensemble-aa1"]
    assert found(every, "c3") == found(every, "ensemble-c") == C
    assert found(every, "ensemble-aa1") == "ensemble-aa1"
    for typed in ("a", "ensemble-", "ensemble-a"):
        with pytest.raises(UnknownModelError, match="could be"):
            found(every, typed)
    for typed in ("", "x", "ensemble-c33x", "33", "\x1b[2J"):
        with pytest.raises(UnknownModelError, match="No ensemble") as refused:
            found(every, typed)
        assert "\x1b" not in str(refused.value)


def test_a_copy_of_an_ensemble_scores_as_it_does(registry: Registry, tmp_path: Path) -> None:
    """Files, card and record lie together; a folder that holds anything is left as it is."""
    out = tmp_path / "a" / "copy"
    files = export(registry.pool, registry.home, A, out)
    assert [file.name for file in files] == [CARD, "catalyst.ubj", "outcome.ubj", "pattern.ubj", RECORD]
    matrix = np.random.default_rng(1).normal(size=(9, len(FEATURES))).astype(np.float32)
    here, there = EnsembleScorer(registry.home / "models" / A).score(matrix), EnsembleScorer(out).score(matrix)
    assert here.probabilities.tobytes() == there.probabilities.tobytes()
    told = json.loads((out / RECORD).read_text())
    assert told["ensemble"]["ensemble_id"] == A
    with pytest.raises(ConfigurationError, match="isn't an empty folder"):
        export(registry.pool, registry.home, B, out)
    assert EnsembleScorer(out).card.ensemble_id == A
    assert [path.name for path in out.parent.iterdir()] == ["copy"]


class Replica:
    """The replica that scores, in this process."""

    def __init__(self, home: Path) -> None:
        self._versions = Versions(home / "models")

    def score(self, features: Any, versions: Sequence[str]) -> dict[str, Views]:
        """As `Ensemble` does."""
        return self._versions.score(features, versions)


def test_over_http_a_change_is_made_once_and_refusals_are_problems(registry: Registry) -> None:
    """200 with the events, 200 without any for a repeat, 404, 409 and 422; on record that it came by HTTP."""
    sources = bare_sources(
        pool=registry.pool, home=registry.home, actors=Replica(registry.home), queries=Queries(registry.pool)
    )
    with client_of(create_app(sources, TOKEN)) as client:
        done = client.post(f"/v1/models/{B}/promote", json={"reason": "it is better"})
        assert done.status_code == 200, done.text
        assert [(one["ensemble_id"], one["role"], one["who"]) for one in done.json()["events"]] == [
            (A, "retired", "http"), (B, "champion", "http"),
        ]  # fmt: skip
        assert done.json()["events"][1]["why"] == "it is better"
        assert client.post(f"/v1/models/{B}/promote").json()["events"] == []
        back = client.post(f"/v1/models/{B}/rollback").json()
        assert (back["ensemble_id"], back["role"]) == (A, "champion")
        assert client.post(f"/v1/models/{B}/rollback").json()["events"] == []
        assert client.post(f"/v1/models/{C}/promote", json={"role": "challenger"}).json()["role"] == "challenger"
        assert client.post(f"/v1/models/{C}/retire").json()["role"] == "retired"
        gone(registry)
        for path, body, status, words in (
            (f"{B}/promote", None, 409, "can't be read"), (f"{A}/rollback", None, 409, "nothing to go back"),
            ("nobody/promote", None, 404, "No ensemble nobody"), ("aa/retire", None, 404, "No ensemble aa"),
            (f"{A}/promote", {"role": "challenger"}, 409, "can't become"),
            (f"{A}/promote", {"role": "king"}, 422, "does not fit"), (f"{A}/retire", {"reason": ""}, 422, "not fit"),
            (f"{A}/retire", {"reason": "a\x1bb"}, 422, "not fit"), (f"{A}/retire", {"why": "x"}, 422, "not fit"),
        ):  # fmt: skip
            problem = problem_of(client.post(f"/v1/models/{path}", **({} if body is None else {"json": body})))
            assert (problem.status, words in problem.detail) == (status, True), (path, problem)
        assert names(registry.pool) == [A, B, C]
        assert roles(registry) == {A: "champion", B: "retired", C: "retired"}
        assert client.get("/v1/models/compare?version=nobody").status_code == 404
