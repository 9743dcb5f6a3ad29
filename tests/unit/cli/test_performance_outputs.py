"""Every place that shows the figures of accounts says what is on record beside this file, to the ninth digit."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from actors.reporting import Report
from cli.run.command import _account
from cli.run.progress import Printer
from research.performance_report import report_html
from serve.resources.performance import performance_of
from tests.fakes.accounts_on_record import record_of, report_of
from trading.market.benchmark import BENCHMARK
from trading.performance.attempts import Attempts
from trading.performance.figures import figures_of

OUTPUTS = Path(__file__).with_name("performance_outputs")
CASES = {"year": (252, 40), "fortnight": (10, 3), "no_trade": (30, 0), "first_session": (1, 0)}
"""Sessions and closed trades: intervals everywhere, nowhere, on returns alone, and figures that aren't defined."""


def outputs(sessions: int, trades: int) -> dict[str, str]:
    """What each place shows, by a file's name."""
    record, report = record_of(sessions, trades), report_of(sessions, trades)
    figures = figures_of(record, seed=7, attempts=Attempts(3))
    return {
        "backtest.json": json.dumps(figures.to_dict(), indent=1) + "\n",
        "backtest.html": report_html(record, figures, ["A note."]),
        "run.json": json.dumps({name: _account(report, name) for name in ("rule", "ensemble", BENCHMARK)}, indent=1)
        + "\n",
        "performance.json": performance_of(report).model_dump_json(indent=1) + "\n",
        "terminal.txt": terminal(report),
    }


def terminal(report: Report) -> str:
    """The table and the lines below it, without the seconds that each line begins with."""
    shown = io.StringIO()
    Printer(Console(file=shown, width=160, highlight=False)).report(report)
    return re.sub(r"(?m)^ *\d+\.\d s  ", "", shown.getvalue())


@pytest.mark.parametrize("case", CASES)
def test_the_outputs_are_those_on_record(case: str) -> None:
    """Keys, their order, texts and digits; `python -m tests.unit.cli.test_performance_outputs` renews them."""
    for name, text in outputs(*CASES[case]).items():
        kept = (OUTPUTS / case / name).read_text(encoding="utf-8")
        assert rounded(text) == rounded(kept), f"{case}/{name} became different"


def rounded(text: str) -> str:
    """Fractions to nine significant digits: the last ones of a sum depend on the processor that adds it up."""
    return re.sub(r"-?\d+\.\d+(?:e[-+]?\d+)?", lambda found: f"{float(found[0]):.9g}", text)


if __name__ == "__main__":
    for each, sizes in CASES.items():
        (OUTPUTS / each).mkdir(parents=True, exist_ok=True)
        for file, text in outputs(*sizes).items():
            (OUTPUTS / each / file).write_text(text, encoding="utf-8")
