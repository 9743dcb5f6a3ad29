"""What `inplay status` tells of a data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.machine.lock import RunLock, is_held
from adapters.machine.run_state import FILE, RunState, write_state
from adapters.settings import Settings, read_settings
from serve.answers.health import Health, ServiceHealth
from serve.api import create_app
from serve.resources import health, portfolio
from serve.status import status_of
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN
from tests.fakes.server import served
from trading.errors import UnavailableError

BEGAN = datetime(2010, 1, 4, 14, 30, tzinfo=UTC)


def well_platform() -> FakePlatform:
    """A platform whose only service is well."""
    scanner = ServiceHealth(service="scanner", state="ok", detail="", at=BEGAN)
    return FakePlatform(answers={health.read: lambda _replay: Health(state="ok", services=[scanner])})


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with the token of the fake platform."""
    for name in ("INPLAY_CONFIG", "DATABASE_URL", "INPLAY_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)
    return read_settings(home=tmp_path / "home", api_token=TOKEN)


@pytest.fixture
def held(settings: Settings) -> Iterator[Settings]:
    """A data folder that a run owns."""
    with RunLock(settings.home, now=BEGAN):
        yield settings


def _replaying(settings: Settings, url: str) -> None:
    write_state(
        settings.home, RunState(os.getpid(), "replaying", sessions_total=100, url=url, ray_dashboard="http://r")
    )


def test_nothing_is_made_by_asking(settings: Settings) -> None:
    """Where nothing ran nothing runs, and no folder and no token come of it."""
    found = status_of(settings)
    assert (found.verdict, found.phase, found.disk_bytes) == ("stopped", "", {"record": 0, "bars": 0, "models": 0})
    assert not settings.home.exists()


def test_a_process_id_in_use_does_not_make_a_run_alive(settings: Settings) -> None:
    """The lock decides: a killed run's id may be another process's by now, here this test's own."""
    settings.home.mkdir()
    _replaying(settings, "http://127.0.0.1:1")
    found = status_of(settings)
    assert found.verdict == "stopped"
    assert "was killed in the phase replaying" in found.said
    assert (found.phase, found.sessions_total, found.url) == ("replaying", 100, "")


def test_the_lock_is_told_and_left_as_it_was(settings: Settings) -> None:
    """Asking neither takes the lock from a run nor keeps one."""
    assert is_held(settings.home) is False
    with RunLock(settings.home, now=BEGAN):
        assert is_held(settings.home) is True
    assert is_held(settings.home) is False
    with RunLock(settings.home, now=BEGAN):
        pass


def test_a_run_before_its_interface_is_up_is_well(held: Settings) -> None:
    """Importing and training take minutes without an HTTP interface; that is no fault."""
    write_state(held.home, RunState(os.getpid(), "warming_up", ray_dashboard="http://r"))
    found = status_of(held)
    assert (found.verdict, found.phase, found.ray_dashboard) == ("well", "warming_up", "http://r")


def test_a_run_that_is_well_says_what_it_is_at(held: Settings) -> None:
    """Sessions, equity and services are those that the HTTP interface answers."""
    platform = well_platform()
    with served(create_app(platform, TOKEN)) as url:
        _replaying(held, url)
        found = status_of(held)
    assert (found.verdict, found.said) == ("well", "a run is alive and its 1 services are well")
    assert (found.sessions_done, found.sessions_total, found.url) == (64, 100, url)
    assert found.regime.startswith("bull market")
    assert {a.book: a.equity_usd for a in found.accounts} == {
        a.book: a.equity_usd for a in platform.answer(portfolio.read).accounts
    }
    assert [service.service for service in found.services] == ["scanner"]


def test_an_ill_service_is_named(held: Settings) -> None:
    """The fake platform's ensemble is degraded, and the status says so."""
    with served(create_app(FakePlatform(), TOKEN)) as url:
        _replaying(held, url)
        found = status_of(held)
    assert found.verdict == "troubled"
    assert "ensemble degraded" in found.said
    assert len(found.accounts) == 4


def test_a_run_that_does_not_answer_is_troubled(held: Settings) -> None:
    """Nobody listens where the run said it would be found."""
    _replaying(held, "http://127.0.0.1:1")
    found = status_of(held)
    assert found.verdict == "troubled"
    assert "127.0.0.1:1 doesn't answer" in found.said


def test_another_token_is_said_and_not_shown(held: Settings) -> None:
    """A token that the run refuses is named as the cause and never quoted."""
    other = read_settings(home=held.home, api_token="another-token-of-some-length")
    with served(create_app(well_platform(), TOKEN)) as url:
        _replaying(held, url)
        found = status_of(other)
    assert found.verdict == "troubled"
    assert "refuses the token" in found.said
    assert "another-token" not in repr(found)


def test_a_question_that_fails_leaves_the_others(held: Settings) -> None:
    """When the last of three questions fails, what the first two answered is still told."""
    platform = well_platform()
    platform.failing[health.read] = UnavailableError("away")
    with served(create_app(platform, TOKEN)) as url:
        _replaying(held, url)
        found = status_of(held)
    assert (found.verdict, found.sessions_done) == ("troubled", 64)
    assert "/v1/health answers status 503" in found.said


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1}', '{"pid": 1, "phase": "done", "colour": "red"}'])
def test_a_damaged_state_file_is_an_answer_too(settings: Settings, text: str) -> None:
    """A file that is no state is named, not thrown at the reader as a traceback."""
    settings.home.mkdir()
    (settings.home / FILE).write_text(text)
    found = status_of(settings)
    assert found.verdict == "troubled"
    assert FILE in found.said


def test_the_size_on_disk_is_what_the_blocks_take(settings: Settings) -> None:
    """A model of one written block is weighed; a PostgreSQL elsewhere is not."""
    (settings.home / "models" / "one").mkdir(parents=True)
    file = settings.home / "models" / "one" / "pattern.onnx"
    file.write_bytes(b"x" * 10_000)
    elsewhere = read_settings(home=settings.home, database_url="postgresql://u@127.0.0.1:1/x")
    assert status_of(elsewhere).disk_bytes == {"record": None, "bars": 0, "models": file.stat().st_blocks * 512}
