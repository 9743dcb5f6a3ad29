"""Figures of runs that take too long to repeat here: documents show what the recorded output says, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RECORDED = (ROOT / "tests" / "data" / "runs" / "five_years.txt").read_text(encoding="utf-8")
HEADING = "Five years of 505 stocks"
NUMBER = re.compile(r"\d[\d,]*\.?\d*")


def _numbers(text: str) -> set[str]:
    return {found.group().rstrip(".,").replace(",", "") for found in NUMBER.finditer(text)}


def _tables(document: str) -> list[str]:
    """The rows of figures of the section."""
    text = (ROOT / document).read_text(encoding="utf-8")
    section = text[text.index(HEADING) :]
    section = section[: section.find("\n## ") + 1 or None]
    return [line for line in section.splitlines() if line.startswith("|") and not line.startswith(("| ---", "| |"))]


@pytest.mark.parametrize("document", ["docs/models.md", "README.md"])
def test_every_figure_of_a_table_is_a_figure_of_the_run(document: str) -> None:
    """The tables of the run over five years hold no number that its output doesn't have; targets stand there too."""
    rows = _tables(document)
    assert len(rows) >= 5
    for row in rows:
        assert _numbers(row) <= _numbers(RECORDED), row


def test_what_the_command_printed_stands_in_the_document_as_it_came() -> None:
    """From the accounts on: the versions before them are sixteen blocks of the same shape."""
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    accounts = RECORDED[RECORDED.index("what the accounts wanted") :].rstrip()
    assert accounts in document
    for command in (line for line in RECORDED.splitlines() if line.startswith("$ ")):
        assert command in document, command


def test_what_rules_tune_printed_stands_in_the_document_as_it_came() -> None:
    """After the sample run, whole; of five years the figures that the text names."""
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    runs = ROOT / "tests" / "data" / "runs"
    assert (runs / "rules_tune.txt").read_text(encoding="utf-8") in document
    five = _numbers((runs / "rules_tune_five_years.txt").read_text(encoding="utf-8"))
    (told,) = (part for part in document.split("\n\n") if "993 later sessions" in part)
    assert {"0.058", "0.014", "0.129", "54.9", "24.6", "993"} == _numbers(told) & five


def test_the_figures_of_learned_weights_are_those_of_the_run() -> None:
    """Gain and interval, by volatility and for all regimes."""
    document = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    (told,) = (part for part in document.split("\n\n") if part.startswith("**Why it is off.**"))
    run = _numbers((ROOT / "tests" / "data" / "runs" / "regime_weights.txt").read_text(encoding="utf-8"))
    assert {one for one in _numbers(told) if one.startswith("0.00000")} == {
        one for one in run if one.startswith("0.00000")
    }
