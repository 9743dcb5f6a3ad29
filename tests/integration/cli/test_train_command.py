"""`inplay train` as it is typed, on bars that were just imported, with no run before."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest

from adapters.record import alone, reading
from adapters.settings import read_settings
from cli.train.job import role_for
from cli.train.on_ray import INSIDE, address_of
from tests.fakes.ensembles import NOON, registered
from tests.fakes.eventually import eventually

pytestmark = pytest.mark.platform
SYMBOLS, SESSIONS = 30, 200


def command(*words: str) -> list[str]:
    """What is typed."""
    return [sys.executable, "-W", "ignore", "-c", "from cli.main import main; main()", *words]


def environment(home: Path) -> dict[str, str]:
    """Of the command."""
    return {**os.environ, "INPLAY_HOME": str(home), "INPLAY_RAY_ADDRESS": "local"}


def said(home: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """What the command prints."""
    done = subprocess.run(
        command(*words), env=environment(home), capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with bars of random walks and nothing else."""
    home = tmp_path_factory.mktemp("train") / "home"
    days = pd.bdate_range("2012-01-03", periods=SESSIONS)
    rng = np.random.default_rng(3)
    walk = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (SESSIONS, SYMBOLS)), axis=0))
    opens = walk * np.exp(rng.normal(0, 0.005, walk.shape))
    frames = [
        pd.DataFrame(
            {
                "symbol": f"S{k:02}",
                "date": days,
                "open": opens[:, k].round(2),
                "high": (np.maximum(opens, walk)[:, k] * 1.01).round(2),
                "low": (np.minimum(opens, walk)[:, k] * 0.99).round(2),
                "close": walk[:, k].round(2),
                "volume": rng.integers(100_000, 900_000, SESSIONS),
            }
        )
        for k in range(SYMBOLS)
    ]
    path = home.parent / "bars.parquet"
    pd.concat(frames).to_parquet(path, index=False)
    said(home, "import", "bars", str(path))
    return home


@pytest.fixture(scope="module")
def trained(imported: Path) -> dict[str, Any]:
    """What a training told as JSON."""
    done = said(imported, "train", "--trials", "4", "--json")
    assert "12 trials done" in done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_ensemble_is_registered_and_told(imported: Path, trained: dict[str, Any]) -> None:
    """Three models with figures beside baselines, four trials each, its audit, what it took; nothing else changed."""
    assert [one["kind"] for one in trained["models"]] == ["pattern", "catalyst", "outcome"]
    for one in trained["models"]:
        assert one["search_trials"] == 4
        assert one["accuracy"]["low"] <= one["accuracy"]["value"] <= one["accuracy"]["high"]
        assert 0 < one["majority"]["value"] < 1
    assert trained["audit"]["passed"]
    assert trained["peak_pss_mb"] > 100
    assert set(trained["seconds"]) == {"rows", "training", "registration", "search"}
    kept = json.loads((imported / "models" / trained["ensemble"] / "search.json").read_text())
    assert len(kept["trials"]) == trained["search"]["trials"] == 12
    assert trained["role"] == "registered"
    assert not (imported / "search").exists()
    with reading(read_settings(home=imported), now=NOON) as record:
        assert record.lifecycle.life().latest() == {trained["ensemble"]: "registered"}
        assert sum(one.kind == "search" for one in record.trials.trials()) >= 12 - 3


def test_the_same_command_gives_the_same_ensemble(imported: Path, trained: dict[str, Any]) -> None:
    """By its name, which is one of data, parameters and seed, and by its models' hashes."""
    again = json.loads(said(imported, "train", "--trials", "4", "--json").stdout.splitlines()[-1])
    assert again["ensemble"] == trained["ensemble"]
    assert again["models"] == trained["models"]


def test_a_signal_ends_it_and_the_search_is_kept(imported: Path) -> None:
    """SIGTERM in mid-search: a sentence, the exit code of an interrupt, and what was found stays on disk."""
    with subprocess.Popen(
        command("train", "--trials", "500", "--seed", "8"), env=environment(imported),
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        eventually(lambda: list((imported / "search").glob("search-*.jsonl")), what="answers on disk", timeout_s=120)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "stopped; nothing was replaced" in told


def test_a_signal_ends_the_benchmark_of_devices_in_a_sentence(imported: Path) -> None:
    """What was measured has been told by then; no stack, no process and no database of it is left."""
    with subprocess.Popen(
        command("train", "--benchmark-devices"), env=environment(imported), stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        told: list[str] = []
        for line in process.stderr or ():
            told.append(line)
            if "200,000 rows" in line:  # two millions are measured now
                children = psutil.Process(process.pid).children(recursive=True)
                process.send_signal(signal.SIGTERM)
        process.wait(60)
    said = "".join(told)
    assert process.returncode == 130, said
    assert "Unproven: there is no GPU here" in said
    assert [size in said for size in (" 27,000 rows: ", " 200,000 rows: ", "2,000,000")] == [True, True, False]
    assert told[-1].startswith("stopped; nothing was replaced")
    assert not any(word in said for word in ("SIGTERM", "Traceback", "Fatal", "*** "))
    eventually(lambda: not any(one.is_running() for one in children), what="no process is left", timeout_s=30)


def test_what_can_not_be_is_refused(imported: Path, tmp_path: Path) -> None:
    """A GPU that isn't there, money without a known price, a cutoff before the record, no record at all."""
    for words, why in (
        (("--gpu",), "has none and no autoscaler"),
        (("--budget-usd", "1"), "needs machines whose price is known"),
        (("--to", "2011-01-01"), "the record begins on 2012-01-03"),
    ):
        assert why in said(imported, "train", *words, code=1).stderr
    assert "There are no bars on record" in said(tmp_path / "empty", "train", code=1).stderr


def test_it_is_challenger_only_beside_a_champion_that_traded_as_far(imported: Path) -> None:
    """Else an ensemble that knows their outcomes would stand beside sessions that are yet to be replayed."""
    settings = read_settings(home=imported)
    day, before = date(2012, 6, 1), date(2012, 6, 2)
    with reading(settings, now=NOON) as record:
        assert role_for(record, before) == ("registered", "no champion is on record")
    with alone(settings, now=NOON) as record:
        registered(record.pool, imported, "ensemble-aa11", "champion", known_before=day)
        assert role_for(record, before)[0] == "registered"
        record.lifecycle.begin(day, NOON)
        assert role_for(record, before)[0] == "challenger"
        assert role_for(record, date(2012, 6, 3))[0] == "registered"


def test_inside_of_a_job_it_joins_the_cluster_of_the_job() -> None:
    """And INPLAY_RAY_ADDRESS outranks that."""
    settings = read_settings(ray_address="local")
    assert address_of(settings, {"RAY_ADDRESS": "http://elsewhere:8265"}) == "local"
    assert address_of(settings, {INSIDE: "{}", "RAY_ADDRESS": "10.0.0.1:6379"}) == "10.0.0.1:6379"
    assert address_of(read_settings(ray_address="auto"), {INSIDE: "{}", "RAY_ADDRESS": "x"}) == "auto"
