"""Promotions and demotions, counted from events written down by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from research.reports.life import turns
from trading.views.lifecycle import Event, Role

DAY, NOON = date(2010, 8, 2), datetime(2010, 8, 2, 12, tzinfo=UTC)


def events(*told: tuple[str, Role, str]) -> tuple[Event, ...]:
    """In order."""
    return tuple(Event(n, name, role, DAY, who, "w", NOON) for n, (name, role, who) in enumerate(told))


@pytest.mark.parametrize(
    ("told", "counts"),
    [
        ((), (0, 0)),
        ((("a", "registered", "inplay run"), ("a", "champion", "inplay run")), (0, 0)),
        (
            (("a", "registered", "training"), ("a", "challenger", "training"), ("a", "champion", "promotion rule")),
            (2, 0),
        ),
        ((("a", "champion", "inplay run"), ("a", "retired", "p"), ("b", "champion", "p")), (1, 1)),
        ((("u", "registered", "model updates"), ("u", "shadow", "model updates"), ("u", "retired", "m")), (0, 0)),
        ((("u", "shadow", "model updates"), ("u", "challenger", "model updates"), ("u", "shadow", "t")), (1, 1)),
        ((("a", "champion", "inplay run"), ("a", "retired", "http"), ("a", "champion", "http")), (1, 1)),
    ],
)
def test_turns_up_and_down_are_counted(told: tuple[tuple[str, Role, str], ...], counts: tuple[int, int]) -> None:
    """The first champion of a run is no promotion, and what happens among shadows is neither."""
    assert turns(events(*told)) == counts
