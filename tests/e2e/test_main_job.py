"""The main job as a user runs it: whole, repeated, interrupted, killed, asked over HTTP, looked at in a browser."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.browser import CHROMEDRIVER, CHROMIUM, browser
from tests.fakes.eventually import eventually
from tests.fakes.platform import INPLAY, Platform

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1_500)]
TRAINING_S = 600
"""A minute on two idle cores; over three were seen with twenty other processes on them."""
LOOKS = "Sessions of this span were looked at"
COUNTS = ("symbols", "bars", "rejected_rows", "patterns_recorded", "patterns_with_outcome", "journal_hash")
ROOT = Path(__file__).parents[2]
Starter = Callable[..., Platform]


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts runs; whatever is left of them at the end of the test is killed."""
    runs: list[Platform] = []

    def begin(home: Path, *flags: str, **environment: str) -> Platform:
        runs.append(Platform(home, *flags, **environment))
        return runs[-1]

    yield begin
    for run in runs:
        run.destroy()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """An undisturbed run from nothing to its end."""
    run = Platform(tmp_path_factory.mktemp("finished"), "--exit", "--json")
    assert run.end(400) == 0, run.text
    yield run
    run.destroy()


def test_the_run_trains_replays_and_reports_on_real_data(finished: Platform) -> None:
    """At least 500 symbols, 120,000 bars, 10,000 patterns with outcome, and trades where rules decide.

    Models alone buy nothing of what they expect to lose on, which may be everything; nobody trained a challenger.
    """
    facts = finished.facts()
    assert facts["symbols"] >= 500
    assert facts["bars"] >= 120_000
    assert facts["bars"] + facts["rejected_rows"] == 122_574
    assert facts["patterns_with_outcome"] >= 10_000
    assert {model["kind"] for model in facts["models"]} == {"pattern", "catalyst", "outcome"}
    assert set(facts["accounts"]) == {"rule", "hybrid", "models", "challenger"}
    for name, account in facts["accounts"].items():
        assert (account["trades"] > 0) == (name in {"rule", "hybrid"}) or name == "models"
        assert 0 < account["equity_usd"] < 1_000_000
        assert 0 <= account["max_drawdown"] < 1
    assert facts["accounts"]["rule"] != facts["accounts"]["hybrid"]
    assert len(facts["journal_hash"]) == 64
    assert facts["wall_s"] > 0
    assert facts["peak_pss_mb"] > 0


def test_the_run_says_plainly_how_good_it_is(finished: Platform) -> None:
    """The accuracy stands beside the majority's and the rules', the targets beside the figures."""
    for words in ("majority", "rule", "ensemble", "equal-weight", "buy and hold", "the strategy's targets"):
        assert words in finished.text


def test_nothing_is_left_behind(finished: Platform) -> None:
    """After the end no process of the run lives."""
    finished.assert_gone()


def test_a_backtest_in_one_process_writes_the_same_journal(finished: Platform) -> None:
    """The actors' replay, its models included, and `inplay backtest` of the same sessions agree to the last byte."""
    command = [str(INPLAY), "backtest", "--from", "2010-04-01", "--to", "2010-08-20", "--json"]
    environment = {**os.environ, "INPLAY_HOME": str(finished.home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["sessions"] == 98
    assert told["journal_hash"] == finished.facts()["journal_hash"]


def test_repeating_a_finished_run_doubles_nothing(finished: Platform, start: Starter) -> None:
    """The second run on the same folder answers the same counts and the same journal."""
    again = start(finished.home, "--exit", "--json")
    assert again.end() == 0, again.text
    assert {name: again.facts()[name] for name in COUNTS} == {name: finished.facts()[name] for name in COUNTS}
    assert again.facts()["accounts"] == finished.facts()["accounts"]


def test_a_backup_restored_elsewhere_is_the_same_platform(finished: Platform, start: Starter, tmp_path: Path) -> None:
    """Backed up, restored onto an empty folder, and run there: the same counts, accounts and journal, nothing anew."""
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    made = _said(finished.home, "data", "backup", str(target), "--json")
    restored = _said(elsewhere, "data", "restore", str(target), "--json")
    assert restored["journal_hash"] == made["journal_hash"] == finished.facts()["journal_hash"]
    again = start(elsewhere, "--exit", "--json")
    assert again.end() == 0, again.text
    assert {name: again.facts()[name] for name in COUNTS} == {name: finished.facts()[name] for name in COUNTS}
    assert again.facts()["accounts"] == finished.facts()["accounts"]


def test_what_the_documents_show_of_models_is_what_the_commands_say(finished: Platform) -> None:
    """Every line of the list, the comparison and the calibration stands in models.md as it comes."""
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    name = finished.facts()["ensemble"]["id"]
    shown = _printed(finished.home, "models", "show", name)
    calibration = shown[next(k for k, line in enumerate(shown) if line.startswith("calibration on")) :]
    for line in (
        *_printed(finished.home, "models", "list"), *_printed(finished.home, "models", "compare"),
        *calibration[: calibration.index("rules of model risk that acted:")],
    ):  # fmt: skip
        if not line.startswith(LOOKS):  # the tests before this one looked at them too
            assert line in document, line


def _printed(home: Path, *words: str) -> list[str]:
    """The lines that a command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words], env={**os.environ, "INPLAY_HOME": str(home)}, cwd=ROOT,
        capture_output=True, text=True, timeout=200, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def _said(home: Path, *words: str, limit_s: float = 200) -> dict[str, Any]:
    """The JSON object that a command prints."""
    environment = {**os.environ, "INPLAY_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=limit_s, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_kills_and_interruptions_change_no_entry_of_the_journal(
    finished: Platform, start: Starter, tmp_path: Path
) -> None:
    """Ctrl-C at several stages, kill -9 of actors, replica, database and run: the journal ends up the same.

    So it does when `inplay train` has put an ensemble on record before the run has one of its own.
    """
    for stage in ("PostgreSQL is up", "services are up", "searching", "fitting on all"):
        run = start(tmp_path, "--exit", "--json")
        run.wait_for(stage)
        assert run.interrupt() == 130, run.text
        assert "Traceback" not in run.text
        run.assert_gone()
    trained = _said(tmp_path, "train", "--to", "2010-04-01", "--json", limit_s=TRAINING_S)
    assert (trained["role"], trained["why"]) == ("registered", "no champion is on record")

    run = start(tmp_path, "--exit", "--json")
    for number, victim in ((8, "ray::Trading"), (16, "ServeReplica:inplay:Ensemble"), (24, "bin/postgres -D")):
        run.wait_for_session(number)
        run.kill(victim)
    run.wait_for_session(32)
    run.process.kill()
    run.process.wait()
    run.assert_gone()

    run = start(tmp_path, "--exit", "--json")
    for number, victim in ((40, "ray::Trading"), (48, "ray::Analysis"), (56, "ray::Sources")):
        run.wait_for_session(number)
        run.kill(victim)
    run.wait_for_session(64)
    assert run.interrupt() == 130, run.text
    run.assert_gone()

    run = start(tmp_path, "--exit", "--json")
    assert run.end() == 0, run.text
    assert {name: run.facts()[name] for name in COUNTS} == {name: finished.facts()[name] for name in COUNTS}
    assert run.facts()["accounts"] == finished.facts()["accounts"]
    assert run.facts()["ensemble"]["id"] == finished.facts()["ensemble"]["id"] != trained["ensemble"]


def test_a_serving_run_answers_with_the_token_only_and_owns_its_folder(finished: Platform, start: Starter) -> None:
    """Signals and portfolio with the token, 401 without, a second run refused, Ctrl-C ends all within a minute.

    A training beside it registers a challenger, and the run goes on as before.
    """
    run = start(finished.home, "--json")
    run.wait_for("serving on")
    with httpx.Client(base_url=run.url, trust_env=False, timeout=30) as client:
        for path in ("/v1/signals", "/v1/portfolio", "/v1/scanner", "/v1/trades", "/v1/health"):
            assert client.get(path).status_code == 401, path
        client.headers["Authorization"] = f"Bearer {run.token}"
        _check_answers(client)
        _check_training(client, run)

    second = start(finished.home, "--exit")
    assert second.end(60) == 1
    assert "Another run" in second.text
    assert str(run.process.pid) in second.text

    _check_dashboard(run, finished.home)
    assert run.interrupt() == 0, run.text
    assert run.facts()["journal_hash"] == finished.facts()["journal_hash"]
    run.assert_gone()


def _check_answers(client: httpx.Client) -> None:
    signals = client.post("/v1/signals", json={"symbols": ["AAPL", "MSFT", "ZZZZ"]}).json()
    assert signals["unknown_symbols"] == ["ZZZZ"]
    assert [signal["symbol"] for signal in signals["signals"]] == ["AAPL", "MSFT"]
    assert signals["session"] == "2010-08-20"
    for signal in signals["signals"]:
        weighted = 0.4 * signal["p_pattern"] + 0.4 * signal["p_catalyst"] + 0.2 * signal["p_outcome"]
        assert signal["strength"] == pytest.approx(weighted)
        assert signal["decision"] in {"buy", "none"}
        assert signal["reason"]
    portfolio = client.get("/v1/portfolio").json()
    assert {account["book"] for account in portfolio["accounts"]} == {"rule", "hybrid", "models", "challenger"}
    for account in portfolio["accounts"]:
        assert account["equity_usd"] == pytest.approx(account["cash_usd"] + account["positions_usd"])
    performance = client.get("/v1/performance").json()
    assert performance["sessions"] == 98
    assert client.get("/v1/models").json()["ensembles"][0]["role"] == "champion"
    assert client.get("/v1/trades?limit=5").json()["total"] > 100
    assert client.get("/v1/scanner?limit=1").json()["considered"] > 400
    regime = client.get("/v1/regime").json()
    assert (regime["session"], regime["volatility_source"]) == ("2010-08-20", "realised")
    for path in ("orders", "positions", "patterns", "catalysts", "equity", "progress"):
        assert client.get(f"/v1/{path}").status_code == 200, path
    assert client.get("/docs").status_code == 200
    health = eventually(lambda: _well(client), what="all services well", timeout_s=60)
    assert health is not None
    assert len(health["services"]) == 15


def _check_training(client: httpx.Client, run: Platform) -> None:
    """`inplay train` beside the run, on a Ray of its own: the run answers meanwhile, and knows the challenger."""
    champion = client.get("/v1/models").json()["ensembles"][0]["ensemble_id"]
    with ThreadPoolExecutor(1) as beside:
        training = beside.submit(_said, run.home, "train", "--to", "2010-08-01", "--json", limit_s=TRAINING_S)
        answers = 0
        while not training.done():
            assert client.get("/v1/portfolio").status_code == 200
            answers += 1
            time.sleep(0.5)
    told = training.result()
    assert answers > 1
    assert told["role"] == "challenger"
    roles = {one["ensemble_id"]: one["role"] for one in client.get("/v1/models").json()["ensembles"]}
    assert roles == {champion: "champion", told["ensemble"]: "challenger"}
    (signal,) = client.post("/v1/signals", json={"symbols": ["AAPL"]}).json()["signals"]
    assert signal["ensemble_id"] == champion


def _well(client: httpx.Client) -> dict[str, list[object]] | None:
    health: dict[str, list[object]] = client.get("/v1/health").json()
    return health if health["state"] == "ok" else None  # type: ignore[comparison-overlap]


def _check_dashboard(run: Platform, folder: Path) -> None:
    if not (CHROMIUM and CHROMEDRIVER):
        return
    pictures = Path(os.environ.get("INPLAY_SCREENSHOT_DIR", folder))
    profile = folder / "browser"
    profile.mkdir()
    with browser(profile) as window:
        window.resize(1280, 900)
        window.open(f"{run.url}/#token={run.token}")
        eventually(lambda: "Hybrid" in window.text("#accounts"), what="the accounts on the dashboard")
        eventually(lambda: "volume" in window.text("#scan"), what="stocks in play with reasons")
        picture = window.screenshot(pictures / "dashboard.png")
        assert len(picture) > 50_000
        assert not [entry for entry in window.log("browser") if entry["level"] == "SEVERE"]


def test_a_port_in_use_is_refused_before_anything_starts(start: Starter, tmp_path: Path) -> None:
    """The error names the port and the setting; the data folder holds no database yet."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        run = start(tmp_path, "--exit", "--json", INPLAY_HTTP_PORT=port)
        assert run.end(60) == 1
    assert port in run.text
    assert "INPLAY_HTTP_PORT" in run.text
    assert not (tmp_path / "postgres").exists()
    run.assert_gone()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "PostgreSQL does not answer"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is no PostgreSQL URL"),
        ({"INPLAY_HTTP_PORT": "80000"}, "INPLAY_HTTP_PORT"),
        ({"INPLAY_HOME": "/proc/nowhere"}, "/proc/nowhere"),
    ],
)
def test_what_cannot_work_is_refused_at_once_with_what_to_do(
    start: Starter, tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    """A wrong database, port or folder: one clear error, exit code 1, nothing left running."""
    run = start(tmp_path, "--exit", **environment)
    assert run.end(60) == 1
    assert words in run.text
    assert "Traceback" not in run.text
    run.assert_gone()
