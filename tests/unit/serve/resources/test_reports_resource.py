"""Reports over HTTP: listed, read, and 404 in words for one that isn't there."""

from __future__ import annotations

import pytest

from serve.api import create_app
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, client_of


def test_a_report_of_the_list_can_be_read() -> None:
    """What the list names answers, with its claim."""
    with client_of(create_app(FakePlatform(), TOKEN)) as client:
        listed = client.get("/v1/reports").json()["reports"]
        assert [one["name"] for one in listed] == ["day-2026-11-27", "week-2026-W48"]
        told = client.get(f"/v1/reports/{listed[0]['name']}").json()
    assert told["claim"] == {"seed": 7}


@pytest.mark.parametrize(
    ("name", "status"), [("day-1999-01-01", 404), ("..%2Fsecret", 404), ("a b", 422), ("x" * 41, 422)]
)
def test_what_is_not_there_is_said(name: str, status: int) -> None:
    """No file outside the folder is ever read."""
    with client_of(create_app(FakePlatform(), TOKEN)) as client:
        assert client.get(f"/v1/reports/{name}").status_code == status
