"""A table of states lets through what it has and nothing else, for orders, training sessions and tiers alike."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from adapters.bars.locations import MOVES
from adapters.postgres.training_record import STATES
from trading.broker.book import ANSWERS, NEVER_OPEN
from trading.errors import LedgerError
from trading.transitions import Transitions

TABLES: dict[str, Transitions[Any]] = {"answers": ANSWERS, "sessions": STATES, "tiers": MOVES}
PAIRS = [(name, *pair) for name, table in TABLES.items() for pair in product(table.allowed, repeat=2)]
ALLOWED = {
    "answers": {
        *(("", after) for after in ("accepted", "refused", "unknown", "withheld", "lost")),
        *(("unknown", after) for after in ("unknown", "accepted", "refused", "lost")),
        ("accepted", "accepted"), ("accepted", "ended"), ("refused", "refused"), ("withheld", "withheld"),
        ("lost", "lost"), ("ended", "ended"),
    },
    "sessions": {("open", after) for after in ("trained", "sold_out", "failed", "interrupted")},
    "tiers": {("hot", "hot"), ("hot", "warm"), ("hot", "cold"), ("warm", "warm"), ("warm", "cold"), ("cold", "cold")},
}  # fmt: skip


@pytest.mark.parametrize(("name", "before", "after"), PAIRS)
def test_each_pair_of_states_is_allowed_or_refused_as_written_here(name: str, before: str, after: str) -> None:
    """The list is written a second time, by hand, so that no row of a table changes unseen."""
    if (before, after) in ALLOWED[name]:
        TABLES[name].require("one", before, after)
        assert before in TABLES[name].before(after)
        return
    with pytest.raises(LedgerError, match=r"one can't become .* Nothing was written"):
        TABLES[name].require("one", before, after)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_state_that_may_be_reached_has_a_row(table: Transitions[Any]) -> None:
    """A state without a row could be put on record and never be left, nor refused with a reason."""
    assert set().union(*table.allowed.values()) <= set(table.allowed)


def test_an_order_that_never_opens_a_position_stays_so() -> None:
    """What a fold counts as never open must not become open again: its cash was given to other orders."""
    assert all(followers <= NEVER_OPEN for answer, followers in ANSWERS.allowed.items() if answer in NEVER_OPEN)
