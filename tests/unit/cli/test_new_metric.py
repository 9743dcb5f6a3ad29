"""A metric is one file and one row: every place that shows figures shows it, and what it showed before stays."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from serve.api import create_app
from tests.fakes.accounts_on_record import record_of
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, client_of
from tests.fakes.ulcer import ULCER
from tests.unit.cli.test_performance_outputs import CASES, outputs
from trading.performance.metric import Metric
from trading.performance.metrics.exposure import EXPOSURE
from trading.performance.metrics.registry import METRICS
from trading.performance.record import AccountRecord

YEAR = CASES["year"]
REGISTRY = "trading.performance.metrics.registry.METRICS"


@pytest.fixture
def before() -> dict[str, str]:
    """What each place shows without the new metric."""
    return outputs(*YEAR)


@pytest.fixture
def after(before: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:  # noqa: ARG001 - comes first
    """With it."""
    monkeypatch.setattr(REGISTRY, (*METRICS, ULCER))
    return outputs(*YEAR)


def _ulcer_of(equity_usd: list[float]) -> float:
    """By hand: the root of the mean squared fall below the highest close so far."""
    falls = [1 - equity / max(equity_usd[: at + 1]) for at, equity in enumerate(equity_usd)]
    return float(np.sqrt(np.mean(np.square(falls))))


def test_the_reports_for_programs_have_it(after: dict[str, str]) -> None:
    """JSON of a backtest and of a run: of the account and of the benchmark."""
    record = record_of(*YEAR)
    backtest, run = json.loads(after["backtest.json"]), json.loads(after["run.json"])
    assert backtest["account"]["ulcer_index"] == pytest.approx(_ulcer_of(record.equity_usd.tolist()[1:]))
    assert backtest["benchmark"]["ulcer_index"] == pytest.approx(_ulcer_of(record.benchmark_usd.tolist()[1:]))
    assert all(0 < account["ulcer_index"] < 1 for account in run.values())
    assert len(run) == 3


def test_the_reports_for_readers_have_it(after: dict[str, str]) -> None:
    """A row of the backtest's page and of the terminal's table, and its target: met or not."""
    assert re.search(r"<td>ulcer index</td><td>\d+\.\d\d%</td><td>\d+\.\d\d%</td>", after["backtest.html"])
    assert "ulcer index < 0.05" in after["backtest.html"]
    assert re.search(r"│ ulcer index +│ +\d\.\d\d% │ +\d\.\d\d% │ +\d+\.\d\d% │ +< 5% │", after["terminal.txt"])
    assert re.search(r"rule: .*, ulcer index (NOT )?met", after["terminal.txt"])


def test_the_http_answer_has_it(after: dict[str, str]) -> None:
    """Of each account, of the benchmark, and as a target."""
    answer = json.loads(after["performance.json"])
    assert [set(account["ulcer_index"]) for account in answer["accounts"]] == [{"value", "low", "high"}] * 2
    assert answer["benchmark"]["ulcer_index"] > 0
    found = [target for target in answer["targets"] if target["measure"] == "ulcer_index"]
    assert [(target["book"], target["target"]) for target in found] == [("rule", 0.05), ("ensemble", 0.05)]
    assert all(re.fullmatch(r"ulcer index \d+\.\d\d%, target < 5\.00%: (not )?met", one["text"]) for one in found)


def test_the_reference_and_the_dashboard_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its field is described and required, its name is one of a target's, and the dashboard is told of it."""
    monkeypatch.setattr(REGISTRY, (*METRICS, ULCER))
    with client_of(create_app(FakePlatform(), TOKEN)) as client:
        schemas = client.get("/openapi.json").json()["components"]["schemas"]
        script = client.get("/static/measures.js").text
        accounts = client.get("/v1/performance").json()["accounts"]
    assert schemas["AccountPerformance"]["properties"]["ulcer_index"]["description"] == ULCER.says
    assert "ulcer_index" in schemas["AccountPerformance"]["required"]
    assert "ulcer_index" in schemas["Benchmark"]["properties"]
    assert "ulcer_index" in schemas["Target"]["properties"]["measure"]["enum"]
    assert {"name": "ulcer_index", "title": "ulcer index", "unit": "fraction"} in json.loads(script[23:-2])
    assert all("ulcer_index" in account for account in accounts)


def test_nothing_else_changes(before: dict[str, str], after: dict[str, str]) -> None:
    """Keys, order and digits of the other metrics stay: taking the new one away gives what was there."""

    def without(told: object) -> object:
        if isinstance(told, dict):
            return {key: without(value) for key, value in told.items() if key != ULCER.name}
        if isinstance(told, list):
            return [without(one) for one in told if not (isinstance(one, dict) and one.get("measure") == ULCER.name)]
        return told

    for name in ("backtest.json", "run.json", "performance.json"):
        assert json.dumps(without(json.loads(after[name]))) == json.dumps(json.loads(before[name])), name


def test_a_metric_of_the_whole_record_is_in_the_backtest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's report knows no exposure; a metric that needs it stands with the activity."""
    peak: Metric[AccountRecord] = replace(
        EXPOSURE,
        name="peak_exposure",
        title="highest exposure",
        measure=lambda record: float((record.long_usd / record.equity_usd[1:]).max()),
    )
    monkeypatch.setattr(REGISTRY, (*METRICS, peak))
    shown = outputs(*YEAR)
    record = record_of(*YEAR)
    highest = max(long / equity for long, equity in zip(record.long_usd, record.equity_usd[1:], strict=True))
    assert json.loads(shown["backtest.json"])["activity"]["peak_exposure"] == pytest.approx(highest)
    assert "highest exposure" in shown["backtest.html"]
    assert all("peak_exposure" not in shown[name] for name in ("run.json", "performance.json", "terminal.txt"))
