"""`inplay backtest` and `inplay evaluate trials|seal|bar|look` as they are typed, on a record of made bars."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from adapters.calendar import sessions_between
from adapters.feeds.source import TableSource
from adapters.record import Record, alone, reading
from adapters.settings import Settings, read_settings
from data.importing.importer import BarImporter
from research.backtest.tried import counted
from tests.fakes.ensembles import registered
from tests.unit.trading.trials.test_chain_of_trials import trial
from trading.bars.panel import BARS_SCHEMA, as_date
from trading.errors import ConfigurationError

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAYS = [as_date(day) for day in sessions_between(date(2009, 10, 1), date(2010, 6, 30))]
NAME = "ensemble-aa11"


def _bars(symbols: int = 12) -> pa.Table:
    """Random walks with a range of a few per cent a day."""
    rng = np.random.default_rng(3)
    steps = rng.normal(0, 0.03, (symbols, len(DAYS)))
    close = 50 * np.exp(np.cumsum(steps, axis=1))
    opened = close * np.exp(rng.normal(0, 0.01, close.shape))
    high = np.maximum(opened, close) * (1 + rng.uniform(0, 0.02, close.shape))
    low = np.minimum(opened, close) * (1 - rng.uniform(0, 0.02, close.shape))
    volume = rng.integers(1_000_000, 9_000_000, close.shape)
    names = np.repeat([f"S{k}" for k in range(symbols)], len(DAYS))
    columns = [names, DAYS * symbols, *(of.round(2).ravel() for of in (opened, high, low, close)), volume.ravel()]
    return pa.table([pa.array(column) for column in columns], names=BARS_SCHEMA.names).cast(BARS_SCHEMA)


@pytest.fixture
def settings(home: Path) -> Settings:
    """Of a folder with bars and a champion that learned from nothing known on 2010-04-01 or later."""
    settings = read_settings(home=home)
    with alone(settings, now=NOON) as record:
        BarImporter(Record(record.pool, home), lambda: NOON).run(TableSource("made", "0" * 64, _bars()))
        registered(record.pool, home, NAME, "champion", known_before=date(2010, 4, 1))
    return settings


def typed(home: Path, *words: str, code: int = 0) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", *words],
        env={**os.environ, "INPLAY_HOME": str(home)}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def told(home: Path, *words: str, code: int = 0) -> dict[str, Any]:
    """The JSON object that it prints."""
    found: dict[str, Any] = json.loads(typed(home, *words, "--json", code=code).splitlines()[0])
    return found


MARCH = ("--from", "2010-03-01", "--to", "2010-03-31")
APRIL = ("--from", "2010-04-01", "--to", "2010-04-30")


def test_every_backtest_counts_and_a_repeat_does_not(settings: Settings, tmp_path: Path) -> None:
    """Again, with other risk, elsewhere, on other sessions; the report in every form says how many."""
    home = settings.home
    one = told(home, "backtest", *MARCH, "--account", "rule", "--rules-only")["accounts"]["rule"]
    assert (one["trials"], one["attempts"]["variance_from"]) == (1, "theory")
    again = told(home, "backtest", *MARCH, "--account", "rule", "--rules-only")
    assert (again["accounts"]["rule"]["trials"], again["accounts"]["rule"]["attempts"]["repeats"]) == (1, 1)
    more = told(home, "backtest", *MARCH, "--account", "rule", "--rules-only", "--trials-elsewhere", "5")
    assert (more["accounts"]["rule"]["trials"], more["accounts"]["rule"]["attempts"]["elsewhere"]) == (6, 5)
    out = tmp_path / "out"
    wider = ("--from", "2010-03-31", "--to", "2010-05-14", "--account", "rule", "--rules-only", "--out", str(out))
    assert "attempts on sessions of this span" not in typed(home, "backtest", *wider)
    assert json.loads((out / "report.json").read_text())["accounts"]["rule"]["trials"] == 2
    assert "above the luck of 2 attempts" in (out / "report-rule.html").read_text()
    assert told(home, "backtest", *APRIL, "--account", "rule", "--rules-only")["accounts"]["rule"]["trials"] == 2

    found = told(home, "evaluate", "trials", *MARCH)
    assert [(row["first"], row["trials"]) for row in found["attempts"]] == [("2010-03-01", 3), ("2010-03-31", 1)]
    assert found["entries"] == 5
    assert "chain holds" in typed(home, "evaluate", "trials")
    assert told(home, "evaluate", "trials", "--from", "2009-11-02", "--to", "2009-11-30")["attempts"] == []
    assert "ledger of trials of 5 entries: chain holds" in typed(home, "data", "verify")
    typed(home, "backtest", *MARCH, "--trials", "3", code=2)


def test_rules_are_tuned_without_what_is_sealed_and_every_trial_counts(settings: Settings) -> None:
    """Twelve sets and the choice of the folds are in the ledger, none of April; a repeat says the same."""
    home = settings.home
    typed(home, "evaluate", "seal", *APRIL)
    one, again = (told(home, "rules", "tune", "--trials", "12", "--seed", "3") for _ in range(2))
    assert (one["answer"], one["settings"]) == ("nothing_gained", None)
    assert (one["trials"], len(one["folds"])) == (12, 5)
    assert one["left_out"]["sealed 2010-04-01 to 2010-04-30"] > 0
    assert again["difference"] == one["difference"]
    assert again["attempts"]["count"] == one["attempts"]["count"]
    with reading(settings, now=NOON) as record:
        tried = record.trials.trials()
    assert len(tried) == 2 * 13
    april = np.array(["2010-04-01", "2010-04-30"], dtype="datetime64[D]")
    assert not any(((trial.sessions >= april[0]) & (trial.sessions <= april[1])).any() for trial in tried)
    said = typed(home, "rules", "tune", "--trials", "12", "--time", "5")
    assert "nothing was changed, and there is nothing to set" in said
    typed(home, "rules", "tune", "--time", "nan", code=2)
    typed(home, "rules", "tune", "--time", "inf", code=1)


def test_where_the_record_cannot_be_written_the_report_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempts on record and this one are counted; where not even that can be read, none are known."""

    def refused(*_: object, **__: object) -> object:
        raise ConfigurationError("it takes no writes")

    with reading(settings, now=NOON) as record:
        before = record.trials.trials(), record.trials.seals()
    monkeypatch.setattr("research.backtest.tried.writing", refused)
    one = trial([0.1, 0.2])
    found = counted(settings, {"rule": one}, before, elsewhere=0, at=NOON)
    assert found.of["rule"] is not None
    assert found.of["rule"].count == 1
    assert "NOT in the ledger of trials" in found.words[0]
    unknown = counted(settings, {"rule": one}, None, elsewhere=3, at=NOON)
    assert unknown.of == {"rule": None}
    assert "it takes no writes" in unknown.words[0]


def test_a_span_is_sealed_judged_once_and_burnt(settings: Settings) -> None:
    """From the seal to the refused second look; the exit code of the look says whether the bar was reached."""
    home = settings.home
    assert "sealed; trainings leave its outcomes out" in typed(home, "evaluate", "seal", *APRIL)
    assert "overlaps" in typed(home, "evaluate", "seal", *APRIL, code=1)
    assert "future" in typed(home, "evaluate", "seal", "--from", "2010-06-01", "--to", "2010-12-31", code=1)
    assert "No bar is registered" in typed(home, "evaluate", "look", code=1)
    bar = ("evaluate", "bar", "--metric", "auc", "--model", NAME, "--at-least")
    assert "no metric of a bar" in typed(
        home, "evaluate", "bar", "--metric", "f1", "--model", NAME, "--at-least", "0.5", code=1
    )
    assert "No ensemble ensemble-zz" in typed(
        home, "evaluate", "bar", "--metric", "auc", "--model", "ensemble-zz", "--at-least", "0.5", code=1
    )
    assert told(home, *bar, "0.05")["state"] == "sealed"
    assert told(home, *bar, "0.1")["bar"]["at_least"] == 0.1
    backtest = told(home, "backtest", *APRIL, "--account", "rule", "--rules-only")
    assert any("2010-04-01 to 2010-04-30 is sealed" in note for note in backtest["notes"])

    looked = told(home, "evaluate", "look")
    assert (looked["state"], looked["verdict"]["passed"]) == ("burnt", True)
    assert looked["verdict"]["setups"] > 50
    assert 0.1 < looked["verdict"]["value"] < 0.9
    assert "It is burnt" in typed(home, "evaluate", "look", code=1)
    assert "after the look" in typed(home, *bar, "0.9", *APRIL, code=1)
    again = told(home, "backtest", *APRIL, "--account", "rule", "--rules-only")
    assert any("is burnt" in note for note in again["notes"])
    typed(home, "evaluate", "seal", "--from", "2010-03-01", "--to", "2010-03-31")
    assert "it saw what it would be judged on" in typed(home, *bar, "0.5", code=1)
