"""The exam of the gates on the whole US market, and how its truth is built."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.calendar import sessions_between
from benchmarks.gates import FILE, Exam, exam

DAYS = [day.item() for day in sessions_between(date(2020, 1, 2), date(2020, 6, 30))]
ROOT = Path(__file__).parents[3]


def _symbol(name: str, step: float, factor: float, *, shares: float = 1.0) -> pa.Table:
    """A hundred quiet sessions; from the sixtieth on the price is `step` times what it was, and `factor` says so."""
    at = np.arange(100)
    price = 60 * (1 + 0.01 * np.sin(at)) * np.where(at < 60, 1.0, step)
    volume = (1_000_000 * np.where(at < 60, 1.0, shares)).astype(np.int64)
    opens = price * 1.002
    columns = {"open": opens, "high": price * 1.01, "low": price * 0.99, "close": price, "volume": volume}
    return pa.table({
        "symbol": [name] * 100, "date": pa.array(DAYS[:100]), **columns,
        "cum_adj": np.where(at < 60, factor, 1.0).astype(np.float32),
    })  # fmt: skip


def test_the_truth_is_what_source_and_prices_agree_on() -> None:
    """A split, a dividend of a quarter, a crash; a split that the price doesn't show, one that the factor lacks."""
    market = pa.concat_tables([
        _symbol("CRASH", 0.3, 1.0, shares=30.0), _symbol("LACKS", 0.5, 1.0, shares=2.0),
        _symbol("PAID", 0.75123, 0.75123), _symbol("SPLIT", 0.5, 0.5, shares=2.0), _symbol("WRONG", 1.0, 0.5),
    ])  # fmt: skip
    found = exam(market)
    told = {event.symbol: (event.kind, round(event.ratio, 3), bool(event.doubt)) for event in found.truth}
    assert told == {
        "LACKS": ("split", pytest.approx(0.5, rel=0.01), True), "PAID": ("distribution", 0.751, False),
        "SPLIT": ("split", 0.5, False), "WRONG": ("split", 0.5, True),
    }  # fmt: skip
    assert (found.with_factors.found, found.with_factors.wrong, found.with_factors.missed) == (2, 0, 0)
    assert (found.prices_alone.found, found.prices_alone.wrong, found.prices_alone.missed) == (1, 0, 0)


@pytest.fixture(scope="module")
def whole() -> Exam:
    """The exam on the whole file."""
    path = Path(os.environ.get("INPLAY_SHARED", "../shared")) / "data" / FILE
    if not path.exists():
        pytest.skip(f"needs data/{FILE} in the folder that INPLAY_SHARED names")
    return exam(pq.read_table(path))


def test_the_gates_pass_on_the_whole_market(whole: Exam) -> None:
    """With factors next to nothing is missed or wrong; from prices alone what is guessed is right."""
    told, alone = whole.with_factors, whole.prices_alone
    assert told.precision >= 0.98
    assert told.recall >= 0.98
    assert alone.precision >= 0.95
    assert alone.recall >= 0.3


def test_the_documents_say_what_the_exam_finds(whole: Exam) -> None:
    """The figures of docs/data.md."""
    words = " ".join((ROOT / "docs" / "data.md").read_text().split())
    told, alone = whole.with_factors, whole.prices_alone
    doubtful = sum(bool(event.doubt) for event in whole.truth)
    assert f"{doubtful} doubtful cases not counted" in words
    assert f"with factors all {told.found} splits and distributions are found and none is wrong" in words
    assert (told.wrong, told.missed) == (0, 0)
    assert (
        f"{alone.found} of {alone.found + alone.missed} splits are guessed and {alone.wrong} guesses are wrong "
        f"(precision {alone.precision:.2f}), and {alone.breaks} breaks withhold {alone.withheld_without_cause:,} bars"
    ) in words
