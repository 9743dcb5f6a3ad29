"""Models take over and are taken back while a run serves: decisions, answers, backtest and parity name who decided."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from adapters.models.scoring import CARD, Card, EnsembleScorer
from adapters.postgres.models import Entry, MemberRow
from adapters.postgres.pool import transaction
from adapters.record import reading, writing
from adapters.settings import read_settings
from tests.fakes.eventually import eventually
from tests.fakes.platform import Platform
from trading.views.lifecycle import Lifecycle

pytestmark = [pytest.mark.platform, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = "ensemble-second"
SHORT, LONG = "2010-04-06", "2010-04-29"
"""Three sessions before the swaps, twenty in all."""
SWAPS = 10


def said(home: Path, *words: str, code: int = 0) -> Any:
    """The JSON object that a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words, "--json"], env={**os.environ, "INPLAY_HOME": str(home)}, cwd=ROOT,
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


def register_second(home: Path, champion: str) -> None:
    """A second version is on record: the champion's files, weighed otherwise."""
    folder = home / "models" / SECOND
    shutil.copytree(home / "models" / champion, folder)
    card = Card.from_json((folder / CARD).read_text())
    weights = {"pattern": 0.1, "catalyst": 0.1, "outcome": 0.8}
    models = [replace(model, weight=weights[model.member]) for model in card.models]
    (folder / CARD).write_text(replace(card, ensemble_id=SECOND, models=models).to_json())
    EnsembleScorer(folder)
    with writing(read_settings(), now=NOON) as record:
        row = record.models.ensemble(champion)
        assert row is not None
        rows = record.models.models([member.model_id for member in row.members])
        again = [
            replace(model, model_id=f"{SECOND}-{model.kind}", path=f"models/{SECOND}/{Path(model.path).name}")
            for model in rows
        ]
        members = tuple(MemberRow(one.kind, f"{SECOND}-{one.kind}", weights[one.kind]) for one in row.members)
        second = replace(row, ensemble_id=SECOND, members=members, config_sha256="0" * 64)
        record.models.register(again, second, Entry("shadow", "test", "a copy that weighs otherwise"))


@dataclass
class Load:
    """Clients that ask for signals all the time, and what they were told."""

    url: str
    token: str
    answers: list[tuple[date, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        with httpx.Client(base_url=self.url, trust_env=False, timeout=30, headers=headers) as client:
            while not self._stop.is_set():
                answer = client.post("/v1/signals", json={"symbols": ["AAPL", "MSFT"]})
                if answer.status_code != 200:
                    self.failed.append(f"{answer.status_code} {answer.text}")
                    continue
                for signal in answer.json()["signals"]:
                    self.answers.append((date.fromisoformat(signal["session"]), signal["ensemble_id"]))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with three sessions traded and two versions on record."""
    folder = tmp_path / "home"
    monkeypatch.setenv("INPLAY_HOME", str(folder))
    run = Platform(folder, "--to", SHORT, "--exit", "--json")
    try:
        assert run.end(400) == 0, run.text
        champion = run.facts()["ensemble"]["id"]
    finally:
        run.destroy()
    register_second(folder, champion)
    return folder


@pytest.fixture
def start() -> Iterator[Callable[..., Platform]]:
    """Starts runs; whatever is left of them at the end of the test is killed."""
    runs: list[Platform] = []

    def begin(*args: Any, **named: Any) -> Platform:
        runs.append(Platform(*args, **named))
        return runs[-1]

    yield begin
    for run in runs:
        run.destroy()


def life_of() -> Lifecycle:
    """The life of models on record."""
    with reading(read_settings(), now=NOON) as record:
        return record.lifecycle.life()


def decided() -> dict[date, set[str | None]]:
    """By session, the versions that decisions of the champion's accounts name."""
    found: dict[date, set[str | None]] = {}
    with reading(read_settings(), now=NOON) as record, transaction(record.pool) as cursor:
        cursor.execute("SELECT session, ensemble_id FROM decisions WHERE account IN ('hybrid', 'models')")
        for session, name in cursor.fetchall():
            found.setdefault(session, set()).add(name)
    return found


def test_ten_swaps_under_load_name_who_decided_and_a_killed_run_goes_on_with_the_right_champion(
    home: Path, start: Callable[..., Platform]
) -> None:
    """By command and by HTTP; each session's decisions and each answer name the champion of that session, and no other.

    So they do after a replica was killed while it takes over, and backtest and parity over the whole span repeat the
    journal.
    """
    first = life_of().at(date.fromisoformat(SHORT)).champion
    assert first is not None
    run = start(home, "--to", LONG, "--speed", "0.4")
    run.wait_for("resuming after")
    headers = {"Authorization": f"Bearer {run.token}"}
    swaps = []
    with (
        Load(run.url, run.token) as load,
        httpx.Client(base_url=run.url, trust_env=False, timeout=30, headers=headers) as client,
    ):
        said(home, "models", "promote", SECOND, "--reason", "by command")
        said(home, "models", "rollback", SECOND, "--reason", "by command")
        for number in range(SWAPS - 2):
            run.wait_for_session(4 + number)
            name = SECOND if number % 2 == 0 else first
            answer = client.post(f"/v1/models/{name}/promote", json={"reason": f"swap {number}"})
            assert answer.status_code == 200, answer.text
            repeated = client.post(f"/v1/models/{name}/promote", json={"reason": "again"})
            assert repeated.status_code == 200, repeated.text
            swaps.append(name)
        run.wait_for_session(13)
    assert load.failed == []
    said(home, "models", "promote", SECOND, "--reason", "just before the replica is killed")
    swaps.append(SECOND)
    run.kill("ServeReplica:inplay:Ensemble")
    run.wait_for_session(15)
    run.process.kill()
    run.process.wait()
    run.assert_gone()

    life = life_of()
    assert [name for name, _ in life.champions()][-len(swaps) :] == swaps
    wrong = [(day, name) for day, name in load.answers if name != life.at(day).champion]
    assert wrong == []
    assert {name for _, name in load.answers} == {first, SECOND}

    again = start(home, "--to", LONG, "--exit", "--json")
    assert again.end(300) == 0, again.text
    named = decided()
    assert len(named) == 20
    assert named == {day: {life.at(day).champion} for day in named}
    assert {name for names in named.values() for name in names} == {first, SECOND}

    told = said(home, "backtest", "--from", "2010-04-01", "--to", LONG)
    assert told["journal_hash"] == again.facts()["journal_hash"]
    for day in sorted(named)[-3:]:
        assert said(home, "parity", "--date", str(day))["differences"] == []


def test_models_whose_files_are_gone_are_not_promoted_and_do_not_decide(
    home: Path, start: Callable[..., Platform]
) -> None:
    """A promotion is refused in words; where they go later, the decision says why the rules decided."""
    first = life_of().at(date.fromisoformat(SHORT)).champion
    file = next((home / "models" / SECOND).glob("pattern.ubj"))
    kept = file.read_bytes()
    file.unlink()
    refused = said(home, "models", "promote", SECOND, code=1)
    assert "can't be read" in refused["error"]
    file.write_bytes(kept + b"x")
    assert "not the one that was registered" in said(home, "models", "promote", SECOND, code=1)["error"]
    file.write_bytes(kept)
    assert "nothing to" in said(home, "models", "rollback", str(first), code=1)["error"]
    said(home, "models", "promote", SECOND, "--reason", "whole again")

    run = start(home, "--to", "2010-04-09", "--speed", "0.2")
    run.wait_for("resuming after")
    file.unlink()
    run.wait_for_session(6)
    assert run.interrupt() in {0, 130}
    with reading(read_settings(), now=NOON) as record, transaction(record.pool) as cursor:
        cursor.execute(
            "SELECT DISTINCT left(reason, 60) FROM decisions WHERE account = 'models' AND session > %s", [SHORT]
        )
        reasons = [reason for (reason,) in cursor.fetchall()]
    assert any(reason.startswith(f"the models of {SECOND} can't be used") for reason in reasons), reasons


def test_rules_alone_are_not_run_beside_a_champion_on_record(home: Path, start: Callable[..., Platform]) -> None:
    """Who decides is what the record says, or backtest and parity would tell another story; retired, the rules do."""
    champion = next(name for name, role in life_of().latest().items() if role == "champion")
    refused = start(home, "--rules-only", "--to", SHORT, "--exit")
    assert refused.end() == 1
    assert f"inplay models retire {champion}" in refused.text
    said(home, "models", "retire", champion)
    assert start(home, "--rules-only", "--to", SHORT, "--exit").end() == 0


def test_a_run_that_is_asked_while_nothing_changed_answers_the_same(home: Path) -> None:
    """Promoting the champion again, and rolling back a version that isn't champion any more, change nothing."""
    before = life_of()
    champion = str(before.at(date.fromisoformat(SHORT)).champion)
    said(home, "models", "promote", champion)
    assert life_of() == before
    said(home, "models", "promote", SECOND)
    said(home, "models", "rollback", SECOND)
    after = life_of()
    said(home, "models", "rollback", SECOND)
    assert life_of() == after
    assert eventually(lambda: after.latest()[champion] == "champion", what="the first one back")
