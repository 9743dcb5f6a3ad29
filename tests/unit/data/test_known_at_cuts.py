"""The cuts of what is known, on random facts: one after another they are the earlier one, and nothing later is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.calendar import closed_at
from adapters.postgres.catalysts import CATALYSTS_SCHEMA, knowable_at
from data.known_at import closed_before, knowable_by, taken_effect, told_before
from trading.bars.actions import Break, Split
from trading.news.coverage import Followed
from trading.news.record import NEWS_SCHEMA, NewsRecord

FIRST = date(2024, 4, 29)
Cut = Callable[[Any, date], Any]
hours = st.lists(st.integers(0, 24 * 8), max_size=12).map(sorted)
days = st.integers(0, 7).map(lambda number: FIRST + timedelta(days=number))


def _at(hour: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(hours=hour)


def _days(found: Sequence[int]) -> list[date]:
    return [_at(hour).date() for hour in found]


def _news(found: Sequence[int]) -> NewsRecord:
    rows = [(str(hour), "AA", _at(hour), "news", "merger", 0.1, False) for hour in found]
    columns = zip(*rows, strict=True) if rows else [[]] * len(NEWS_SCHEMA)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, NEWS_SCHEMA, strict=True)]
    begin = np.array([_at(hour).replace(tzinfo=None) for hour in sorted(set(found))], dtype="datetime64[s]")
    source = Followed("news", frozenset({"AA"}), begin, begin + np.timedelta64(1_800, "s"), begin)
    return NewsRecord(pa.table(arrays, schema=NEWS_SCHEMA), (source,) if len(begin) else ())


def _events(found: Sequence[int]) -> pa.Table:
    rows = _days(found)
    columns = [["AA"] * len(rows), rows, ["earnings"] * len(rows), [knowable_at(day) for day in rows]]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, CATALYSTS_SCHEMA, strict=True)], CATALYSTS_SCHEMA)


def _vix(found: Sequence[int]) -> Any:
    rows = np.array(sorted(set(_days(found))), dtype="datetime64[D]")
    return (rows, np.arange(len(rows), dtype=np.float64)) if len(rows) else None


def _plain(told: Any) -> Any:
    """Values that can be compared."""
    if isinstance(told, NewsRecord):
        spans = [(one.begin.tolist(), one.end.tolist(), one.complete_from.tolist()) for one in told.followed]
        return told.rows.to_pylist(), spans
    if isinstance(told, pa.Table):
        return told.to_pylist()
    if isinstance(told, tuple) and told and isinstance(told[0], np.ndarray):
        return [part.tolist() for part in told]
    return told


KINDS: dict[str, tuple[Callable[[Sequence[int]], Any], Cut]] = {
    "splits": (lambda found: tuple(Split("AA", day, 2, 1) for day in _days(found)), taken_effect),
    "breaks": (lambda found: tuple(Break("AA", day, "a jump") for day in _days(found)), taken_effect),
    "events": (_events, lambda told, day: knowable_by(told, closed_at(day))),
    "news": (_news, lambda told, day: told_before(told, closed_at(day))),
    "vix": (_vix, closed_before),
}


@pytest.mark.parametrize("kind", KINDS)
@given(found=hours, one=days, other=days)
def test_a_cut_of_a_cut_is_the_earlier_cut(kind: str, found: list[int], one: date, other: date) -> None:
    """So a backtest may cut what another cut left, and a record that ends earlier tells no more or less."""
    make, cut = KINDS[kind]
    facts = make(found)
    assert _plain(cut(cut(facts, max(one, other)), min(one, other))) == _plain(cut(facts, min(one, other)))


@pytest.mark.parametrize("kind", KINDS)
@given(found=hours, day=days, later=hours)
def test_facts_that_come_later_change_no_cut(kind: str, found: list[int], day: date, later: list[int]) -> None:
    """Facts from the day after the cut on, added to a record, are as if they weren't there."""
    make, cut = KINDS[kind]
    after = (day - FIRST).days * 24 + 24 + 6  # past the midnight of New York
    kept = [hour for hour in found if hour < after]
    assert _plain(cut(make(sorted([*kept, *(after + hour for hour in later)])), day)) == _plain(cut(make(kept), day))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_that_leaves_too_much_is_caught(kind: str) -> None:
    """The law above fails for no cut at all; else it would prove nothing."""
    make, cut = KINDS[kind]
    early, both = make([30]), make([30, 30 + 96])
    assert _plain(both) != _plain(early)
    assert _plain(cut(both, FIRST + timedelta(days=2))) == _plain(cut(early, FIRST + timedelta(days=2)))
