"""`inplay import alpaca` as a user runs it, against a local exchange: killed, repeated, refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.alpaca.simulator.exchange import Exchange
from adapters.alpaca.simulator.tape import Tape
from tests.fakes.alpaca_day import minutes
from tests.fakes.eventually import eventually

SYMBOLS = tuple(f"S{number:03d}" for number in range(400))
COUNT = 60


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange that has traded an hour of 400 symbols: 24,000 bars, four pages in two groups of symbols."""
    tape = Tape(minutes(SYMBOLS, COUNT))
    for minute in tape.minutes:
        tape.messages(minute)
    with Exchange(tape) as running:
        yield running


class Command:
    """The command, with a data folder of its own."""

    def __init__(self, exchange: Exchange, home: Path, universe: Path) -> None:
        self._env = {
            **os.environ,
            "INPLAY_HOME": str(home),
            "INPLAY_ALPACA_URL": exchange.url,
            "APCA_API_KEY_ID": exchange.keys.key_id.get_secret_value(),
            "APCA_API_SECRET_KEY": exchange.keys.secret_key.get_secret_value(),
        }
        self._args = [
            sys.executable, "-m", "cli.main", "import", "alpaca", "--universe", str(universe), "--from", "2026-01-05",
            "--to", "2026-01-05", "--feed", "iex", "--json",
        ]  # fmt: skip

    def start(self, timeframe: str = "1m", **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._args, "--timeframe", timeframe], env={**self._env, **env}, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, timeframe: str = "1m", **env: str) -> tuple[int, dict[str, Any]]:
        process = self.start(timeframe, **env)
        said, _ = process.communicate(timeout=120)
        return process.returncode, json.loads(said.splitlines()[-1])


@pytest.fixture
def command(exchange: Exchange, tmp_path: Path) -> Command:
    """For all symbols of the exchange and one that it doesn't know."""
    universe = tmp_path / "universe.txt"
    universe.write_text("\n".join([*SYMBOLS, "NOSUCH"]))
    return Command(exchange, tmp_path / "home", universe)


def test_an_import_that_was_killed_goes_on_after_its_last_page(exchange: Exchange, command: Command) -> None:
    """Killed -9 while a page was asked for; the next asks only for the rest, and every bar is stored once."""
    process = command.start()
    eventually(lambda: len(exchange.asked) >= 2, what="two questions", timeout_s=60)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    before = len(exchange.asked)
    code, said = command.run()
    assert (code, said["rows_in"], said["rows_stored"]) == (0, 24_000, 24_000)
    assert said["pages_kept_from_before"] >= 1
    assert len(exchange.asked) - before == said["pages"] - said["pages_kept_from_before"]
    assert [one["path"] for one in said["files_refused"]] == ["NOSUCH"]
    again, repeated = command.run()
    assert (again, repeated["rows_stored"], repeated["rows_duplicate"]) == (0, 0, 24_000)


def test_days_and_refused_keys(command: Command) -> None:
    """400 daily bars made of the minutes; a wrong secret ends with 1, the names of the settings and not the secret."""
    code, said = command.run("1d")
    assert (code, said["rows_stored"], said["timeframe"]) == (0, 400, "1d")
    code, said = command.run("1m", APCA_API_SECRET_KEY="a-wrong-secret")
    assert (code, said["kind"]) == (1, "ConfigurationError")
    assert "APCA_API_SECRET_KEY" in said["error"]
    assert "a-wrong-secret" not in json.dumps(said)
