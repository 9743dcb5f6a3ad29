"""The event stream: changes, heartbeats, bounds."""

from collections.abc import AsyncIterator

import anyio
import pytest

from serve.api import create_app
from serve.asking import Asker
from serve.desk import BoundedDesk
from serve.resources import progress
from serve.resources.stream import StreamRules, Streams
from tests.fakes.answering import FakePlatform
from tests.fakes.client import TOKEN, client_of
from trading.errors import UnavailableError


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that servers use."""
    return "asyncio"


def streams(platform: FakePlatform, **rules: float) -> Streams:
    """Streams that look every 5 ms."""
    return Streams(BoundedDesk(platform, Asker()), StreamRules(poll_s=0.005, **rules))  # type: ignore[arg-type]


async def take(events: AsyncIterator[str], count: int) -> list[str]:
    """The first `count` texts, within ten seconds."""
    found: list[str] = []
    with anyio.fail_after(10):
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


@pytest.mark.anyio
async def test_each_change_is_told_once() -> None:
    """A complete session makes one more event, with the new count in it, and no change makes none."""
    platform = FakePlatform(done=10)
    events = streams(platform).events()
    first = await take(events, 1)
    looks = len(platform.asked)
    with anyio.fail_after(10):
        while len(platform.asked) < looks + 1:
            platform.done = 11
            second = await anext(events)
    assert 'event: progress\ndata: {"phase":"replaying"' in first[0]
    assert '"sessions_done":10' in first[0]
    assert "event: portfolio" in first[0]
    assert '"sessions_done":11' in second


@pytest.mark.anyio
async def test_silence_is_broken_by_heartbeats() -> None:
    """Without a change a comment line is sent, so that nothing between drops the connection."""
    found = await take(streams(FakePlatform(), heartbeat_s=0.02).events(), 3)
    assert found[0].startswith("event: progress")
    assert found[1:] == [": still here\n\n"] * 2


@pytest.mark.anyio
async def test_an_unavailable_platform_is_told_and_does_not_end_the_stream() -> None:
    """`unavailable` comes while the platform can't be asked, and the present again when it can."""
    platform = FakePlatform()
    events = streams(platform).events()
    await take(events, 1)
    # `take` closed nothing: the same stream goes on
    platform.failing[progress.read] = UnavailableError("away")
    with anyio.fail_after(10):
        assert (await anext(events)).startswith("event: unavailable")
        platform.failing.clear()
        assert (await anext(events)).startswith("event: progress")


@pytest.mark.anyio
async def test_a_stream_ends_after_its_time() -> None:
    """No stream lives for ever: the generator ends by itself."""
    with anyio.fail_after(10):
        found = [event async for event in streams(FakePlatform(), max_s=0.05).events()]
    assert len(found) == 1


@pytest.mark.anyio
async def test_streams_are_bounded_and_a_closed_one_makes_room() -> None:
    """One more stream than allowed is refused; when one closes there is room again."""
    bounded = streams(FakePlatform(), max_streams=1)
    bounded.admit()
    events = bounded.events()
    await anext(events)
    with pytest.raises(UnavailableError, match="most allowed"):
        bounded.admit()
    await events.aclose()  # type: ignore[attr-defined]
    bounded.admit()


def test_the_route_streams_events_to_those_with_the_token() -> None:
    """/v1/stream answers text/event-stream, is never cached, and ends with its rules."""
    app = create_app(FakePlatform(), TOKEN, stream_rules=StreamRules(poll_s=0.005, max_s=0.03))
    with client_of(app) as client:
        answer = client.get("/v1/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.startswith("event: progress\ndata: {")


def test_a_stream_too_many_is_503() -> None:
    """When all streams are taken the route says so and when to try again."""
    app = create_app(FakePlatform(), TOKEN, stream_rules=StreamRules(max_streams=0))
    with client_of(app) as client:
        answer = client.get("/v1/stream")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
