"""Positions and open orders are read and written by the names of their columns: views of one matrix, never copies."""

from __future__ import annotations

import numpy as np
import pytest

from trading.engine.account import Account
from trading.engine.instruments import Instruments
from trading.engine.open_orders import LEFT, OpenOrders
from trading.engine.requests import FIELDS


def orders() -> OpenOrders:
    """Three orders for ten shares each."""
    made, terms = OpenOrders(), np.zeros((len(FIELDS), 3), np.int64)
    terms[FIELDS.index("shares")] = 10
    made.add(["a", "b", "c"], terms, np.zeros(3, np.int64))
    return made


def test_a_column_is_a_view_of_the_matrix() -> None:
    """What is written by name is in the matrix, and free rows behind the orders are in no column."""
    made = orders()
    made.left[np.array([0, 2])] -= 4
    assert made.matrix[LEFT, :3].tolist() == [6, 10, 6]
    assert made.left.tolist() == [6, 10, 6]


def test_every_field_of_a_request_is_a_column_of_that_name() -> None:
    """The first rows of the matrix are those of a request, in its order."""
    made = orders()
    for number, name in enumerate(FIELDS):
        assert np.shares_memory(getattr(made, name), made.matrix[number]), name


def test_a_column_can_not_be_replaced() -> None:
    """An assignment would hide the column and leave the matrix as it was, so it fails."""
    account = Account("a", Instruments())
    with pytest.raises(TypeError, match="in place"):
        account.seen = np.zeros(0, np.int64)  # type: ignore[assignment]
    with pytest.raises(TypeError, match="in place"):
        orders().left = np.zeros(3, np.int64)  # type: ignore[assignment]
