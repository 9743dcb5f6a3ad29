"""Instants that Python can tell in the time of the exchanges."""

from __future__ import annotations

from datetime import datetime

import pytest
import typer

from adapters.exchange_time import NEW_YORK, can_be_told
from cli.scan import _instant
from research.explanation import time_or_day
from trading.errors import ConfigurationError

FROM_THE_EDGE = ["9999-12-31T23:59-14:00", "0001-01-01T00:00+14:00", "0001-01-01T00:00Z", "9999-06-01T00:00Z"]


@pytest.mark.parametrize("text", FROM_THE_EDGE)
def test_the_first_and_the_last_year_are_refused_where_an_instant_is_asked_for(text: str) -> None:
    """A sentence rather than an OverflowError, which the interface would answer with 500."""
    with pytest.raises(ConfigurationError, match="Nothing was looked up"):
        time_or_day(text)
    with pytest.raises(typer.BadParameter, match="year"):
        _instant(text)


@pytest.mark.parametrize("text", ["0002-01-01T00:00+14:00", "9998-12-31T23:59-14:00", "2010-05-06T15:59-04:00"])
def test_whatever_can_be_told_converts(text: str) -> None:
    """The bound leaves more than any offset on both sides."""
    at = datetime.fromisoformat(text)
    assert can_be_told(at)
    assert at.astimezone(NEW_YORK) == at
    assert time_or_day(text) == at
