"""The regime over HTTP, of the latest session or of one asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import pytest

from serve.api import create_app
from serve.resources import (
    regime,
)
from serve.resources.regime import regime_of
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, Client, client_of
from trading.market.regimes import Regime


@pytest.fixture
def platform() -> FakePlatform:
    """A platform in the middle of its replay."""
    return FakePlatform()


@pytest.fixture
def client(platform: FakePlatform) -> Iterator[Client]:
    """A client with the token."""
    with client_of(create_app(platform, TOKEN)) as found:
        yield found


def test_a_regime_of_a_session_can_be_asked_for(client: Client, platform: FakePlatform) -> None:
    """The session is passed on as a day, one without a regime is all nulls, and what is no day is refused."""
    last = client.get("/v1/regime").json()["session"]
    assert client.get(f"/v1/regime?session={last}").json()["trend"] == "bull"
    assert platform.asked[-1] == (regime.read, (date.fromisoformat(last),))
    none = client.get("/v1/regime?session=1999-01-04").json()
    assert {none["session"], none["words"], none["trend"], none["volatility_points"]} == {None}
    assert client.get("/v1/regime?session=yesterday").status_code == 422


def test_the_answer_is_the_regime_on_record() -> None:
    """Every field of the record is in the answer under its own name; no record is nulls and empty lists."""
    found = Regime(
        date(2010, 5, 6), "bear", "low", "VIX", "technical", ("Energy",), ("Utilities",), "a bear market",
        volatility_points=24.91, catalyst_share=0.25, sector_dispersion=0.02,
    )  # fmt: skip
    told = regime_of(found).model_dump()
    assert told == {**asdict(found), "leaders": ["Energy"], "laggards": ["Utilities"]}
    unknown = regime_of(None).model_dump()
    assert set(unknown) == set(told)
    assert [value for value in unknown.values() if value] == []
