"""What `inplay doctor` finds out."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.machine.lock import RunLock
from adapters.settings import Settings, read_settings
from cli.doctor.finding import Finding
from cli.doctor.machine import diagnose

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a machine with nothing set; the data folder does not exist yet."""
    for name in ("INPLAY_CONFIG", "DATABASE_URL", "INPLAY_HTTP_PORT"):
        monkeypatch.delenv(name, raising=False)
    return read_settings(home=tmp_path / "home")


def _found(settings: Settings, environ: dict[str, str] | None = None) -> dict[str, Finding]:
    return {finding.check: finding for finding in diagnose(settings, environ or {}, NOW)}


def test_nothing_is_made_by_looking(settings: Settings) -> None:
    """A diagnosis leaves no data folder behind, and says what the folder will be."""
    found = _found(settings)
    assert not settings.home.exists()
    assert found["data folder"].detail == f"{settings.home}, not made yet"
    assert (found["PostgreSQL"].result, found["TA-Lib"].result) == ("ok", "ok")


def test_what_is_not_ok_says_what_it_disables_and_what_to_do(settings: Settings) -> None:
    """No finding leaves the reader without the next step, and what the main job needs comes first."""
    findings = diagnose(settings, {}, NOW)
    assert [f.check for f in findings if f.result != "ok" and not (f.disables and f.fix)] == []
    needed = [finding.needed for finding in findings]
    assert needed == sorted(needed, reverse=True)


def test_keys_are_named_and_never_shown(settings: Settings) -> None:
    """A set key is reported by the name of its variable; half a pair counts as missing."""
    environ = {"DIGITALOCEAN_TOKEN": "dop_v1_secret", "APCA_API_KEY_ID": "id_secret"}
    found = _found(settings, environ)
    assert found["DigitalOcean key"].result == "ok"
    assert (found["Alpaca key"].result, found["Alpaca key"].detail) == ("missing", "APCA_API_SECRET_KEY not set")
    assert not [finding for finding in found.values() if "secret" in finding.detail]


def test_a_port_in_use_is_named_unless_our_own_run_uses_it(settings: Settings) -> None:
    """A stranger on the port is a problem; a run of ours that is going is none."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = read_settings(home=settings.home, http_port=port)
        finding = _found(busy)["port of the HTTP interface"]
        assert (finding.result, finding.needed) == ("broken", True)
        assert f"127.0.0.1:{port}" in finding.detail
        with RunLock(busy.home, now=datetime.now(UTC)):
            assert _found(busy)["port of the HTTP interface"].result == "ok"


def test_a_database_that_is_away_is_found_without_its_password(settings: Settings) -> None:
    """DATABASE_URL is tried; the finding says where it points and not with which password."""
    away = read_settings(home=settings.home, database_url="postgresql://u:hunter2@127.0.0.1:1/x")
    finding = _found(away)["PostgreSQL"]
    assert (finding.result, finding.needed) == ("broken", True)
    assert "127.0.0.1:1" in finding.detail
    assert "hunter2" not in finding.detail


def test_the_proxy_that_counts_is_shown_without_its_password(settings: Settings) -> None:
    """A SOCKS proxy is broken and says what it disables; an HTTP proxy beside it counts for its own kind."""
    socks = _found(settings, {"ALL_PROXY": "socks5://u:hunter2@127.0.0.1:1080"})["proxy"]
    assert (socks.result, socks.needed) == ("broken", False)
    assert "ALL_PROXY is a SOCKS proxy (socks5://127.0.0.1:1080)" in socks.detail
    both = {"https_proxy": "http://p:3128", "http_proxy": "p:3128", "ALL_PROXY": "socks5://x", "NO_PROXY": "a.example"}
    found = _found(settings, both)["proxy"]
    assert found.result == "ok"
    assert "https through http://p:3128 (https_proxy)" in found.detail
    assert "a.example" in found.detail
    assert "directly" in _found(settings)["proxy"].detail


def test_the_folder_for_sockets_and_open_files_are_shown(settings: Settings) -> None:
    """A TMPDIR that won't do is named with what is used instead."""
    found = _found(settings, {"TMPDIR": "/nowhere/at/all"})
    assert "/nowhere/at/all" in found["Ray's folder"].detail
    assert (found["Ray's folder"].result, found["open files"].result) == ("ok", "ok")
