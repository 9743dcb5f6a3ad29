"""Mistakes in questions to services are type errors: planted ones are found by mypy, each on its line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

PLANTED = """
from datetime import date

from actors.asking import Actor
from actors.bootstrap import Actors
from actors.ingestion import AskIngestion, Ingestion
from research.backtest.services import RecordedBars
from trading.cycle import services as cycle
from trading.cycle.questions import Local
from trading.cycle.stages import Market


class NoActions:
    def deliver(self, session: date) -> str:
        return "bars"


def asks(services: cycle.Services, actors: Actors, bars: RecordedBars, day: date) -> None:
    services.ingestion.deliver(day).get()
    services.paper_trading.settel(day)  # wrong: attr-defined
    services.paper_trading.settle(day, None)  # wrong: call-arg
    services.scanner.scan("2026-11-27", None, None)  # wrong: arg-type
    services.ingestion.import_sample()  # wrong: attr-defined
    services.paper_trading.place(day, {}, stocks="3")  # wrong: call-arg
    market: Market = services.technical_analysis.analyse(day, None).get()  # wrong: assignment
    actors.services.ingestion.import_sample().get()
    actors.coordinator.run_session(day)  # wrong: call-arg
    cycle.AskIngestion(Local(bars))
    cycle.AskIngestion(Local(NoActions()))  # wrong: arg-type
    cycle.AskNews(Local(bars))  # wrong: arg-type
    made: Actor[Ingestion] = Actor("ingestion")
    AskIngestion(made)
    cycle.AskExecution(made)  # wrong: arg-type
"""


def test_planted_mistakes_are_type_errors(tmp_path: Path) -> None:
    """A method that doesn't exist, an argument of the wrong type, and a service that can't do what is asked of it."""
    planted = tmp_path / "planted.py"
    planted.write_text(PLANTED, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml"), str(planted)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False).stdout
    found = dict(re.findall(r"planted\.py:(\d+): error: .*\[([a-z-]+)\]", said))
    wanted = {
        str(number): line.split("# wrong: ")[1]
        for number, line in enumerate(PLANTED.splitlines(), 1)
        if "# wrong: " in line
    }
    assert found == wanted, said
