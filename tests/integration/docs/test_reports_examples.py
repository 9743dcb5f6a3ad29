"""What docs/reports.md shows is what the commands print."""

from __future__ import annotations

import re
import shlex
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from adapters.postgres.pool import Pool
from cli.main import app
from trading.tax.form_8949 import COLUMNS, form_rows
from trading.tax.lots import TaxEvent
from trading.tax.wash_sales import taxed

TEXT = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


def block(heading: str, language: str) -> str:
    """The first such block under a heading."""
    chapter = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def test_the_commands_of_costs_print_what_is_shown(
    pool: Pool, empty_url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed one after the other, the list is the one in the document."""
    assert pool is not None
    monkeypatch.setenv("DATABASE_URL", empty_url)
    monkeypatch.setenv("INPLAY_HOME", str(home))
    last = ""
    for line in block("Costs", "").splitlines():
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)
        last = done.stdout
    assert last.rpartition("\n2")[0] + "\n" == block("Costs", "console")  # the last line is of this month


def test_the_wash_sale_is_the_one_that_is_computed() -> None:
    """The rows of Form 8949 of the document's example."""
    days = (
        ("2024-03-01", True, 1_000),
        ("2024-06-03", False, 750),
        ("2024-06-20", True, 800),
        ("2024-12-02", False, 1_100),
    )
    events = [
        TaxEvent(
            number=k, day=date.fromisoformat(day), symbol="X", direction="long", opens=opens, shares=Fraction(100),
            amount_cents=usd * 100,
        )
        for k, (day, opens, usd) in enumerate(days)
    ]  # fmt: skip
    rows = [COLUMNS, *form_rows(taxed(events), 2024)]
    assert "".join(",".join(row) + "\n" for row in rows) == block("Taxes", "csv")
