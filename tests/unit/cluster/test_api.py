"""The one module that speaks HTTP: pauses, lists, tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.api import DigitalOcean
from cluster.errors import ApiError, ClusterConfigError, ClusterError, RateBudgetError, UnknownOutcomeError
from cluster.rate import RateBudget, RateLimits
from cluster.token import read_token
from tests.fakes.cloud import TOKEN, FakeClock, FakeCloud, Reply


def open_api(cloud: FakeCloud, end_point: str = "https://api.example/v2/") -> DigitalOcean:
    """A client of the small cloud."""
    return DigitalOcean(TOKEN, clock=cloud.clock, open_session=cloud.session, end_point=end_point)


def test_retry_after_is_obeyed() -> None:
    """No request leaves before the pause that a 429 asks for is over."""
    cloud = FakeCloud(FakeClock())

    def limited(_method: str, _path: str, number: int) -> None:
        if number == 0:
            raise Reply(429, {"id": "too_many_requests", "message": "slow down"}, retry_after="17")

    cloud.before = limited
    open_api(cloud).get("account")
    assert cloud.made_at_s[1] - cloud.made_at_s[0] == 17


def test_a_list_is_followed_to_its_end_and_never_to_another_host() -> None:
    """A list is followed to its end, and the token goes to no other host although the links name one."""
    cloud = FakeCloud(FakeClock(), per_page=2)
    for index in range(5):
        cloud.add(f"m{index}")
    assert len(open_api(cloud).list_all("droplets", "droplets")) == 5
    assert [path for _, path, _ in cloud.requests] == ["droplets"] * 3


@pytest.mark.parametrize(
    "body",
    [{"links": {}}, {"droplets": [], "meta": {"total": 1}}, {"droplets": [], "links": {"pages": {"next": "x?page=a"}}}],
)
def test_a_list_that_is_not_whole_is_an_error(body: dict[str, object]) -> None:
    """A list that is not whole is an error."""
    cloud = FakeCloud(FakeClock())

    def broken(_method: str, _path: str, _number: int) -> None:
        raise Reply(200, body)

    cloud.before = broken
    with pytest.raises(ApiError):
        open_api(cloud).list_all("droplets", "droplets")


@pytest.mark.parametrize("status", [200, 202, 500, 502, 504])
def test_a_post_without_a_readable_answer_is_not_repeated(status: int) -> None:
    """A POST without a readable answer has an unknown outcome and is not repeated."""
    cloud = FakeCloud(FakeClock())

    def html(_method: str, _path: str, _number: int) -> None:
        raise Reply(status, "<html>")

    cloud.after = html
    with pytest.raises(UnknownOutcomeError):
        open_api(cloud).post("tags", {"name": "x"})
    assert len(cloud.requests) == 1


@pytest.mark.parametrize(
    "proxy", ["socks5://u:hush@127.0.0.1:1", "socks5h://127.0.0.1:1", "ftp://x:1", "http://:0", "http://h:99999"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_proxy_that_cannot_be_used_is_told_at_once(monkeypatch: pytest.MonkeyPatch, proxy: str, method: str) -> None:
    """Nothing left this machine, so nothing is tried again and no outcome is unknown; no password is shown."""
    for name in ("https_proxy", "all_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    clock = FakeClock()
    before_s = clock.now_s()
    with pytest.raises(ClusterError, match=r"HTTPS_PROXY.*NO_PROXY=api\.example ") as told:
        DigitalOcean(TOKEN, clock=clock, end_point="https://api.example/v2/").request(method, "droplets")
    assert not isinstance(told.value, ApiError)
    assert "hush" not in str(told.value)
    assert clock.now_s() == before_s


def test_the_token_is_never_sent_unencrypted_over_a_public_network() -> None:
    """The token is never sent unencrypted over a public network; a rehearsal's private one will do."""
    cloud = FakeCloud(FakeClock())
    with pytest.raises(ClusterConfigError, match="unencrypted"):
        open_api(cloud, "http://api.example/v2/")
    open_api(cloud, "http://10.200.0.1:8080/v2/")


def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A token file that others can read is refused."""
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n", encoding="utf-8")
    file.chmod(0o640)
    with pytest.raises(ClusterConfigError, match="Others can read"):
        read_token({}, str(file))
    file.chmod(0o600)
    assert read_token({}, str(file)) == TOKEN


def test_the_budget_holds_in_any_minute_and_keeps_a_part_for_deleting() -> None:
    """The budget holds in any minute and keeps a part for deleting."""
    clock = FakeClock()
    budget = RateBudget(clock, RateLimits(per_minute=10, kept_for_deletes_per_minute=4))
    start_s = clock.now_s()
    for _ in range(6):
        budget.take()
    for _ in range(4):
        budget.take(deleting=True)
    assert clock.now_s() == start_s
    budget.take()
    assert clock.now_s() == start_s + 60


def test_a_clock_that_is_set_back_does_not_forbid_deleting() -> None:
    """After 160 requests in a minute and a clock set back by an hour, the next waits for that minute and no longer."""
    clock = FakeClock()
    budget = RateBudget(clock)
    for _ in range(160):
        budget.take()
    clock.time_s -= 3_600.0
    before_s = clock.time_s
    budget.take(deleting=True)
    assert clock.time_s == before_s
    budget.take()
    assert 0 < clock.time_s - before_s <= 60


def test_a_wait_that_is_too_long_is_an_error() -> None:
    """A wait that is too long is an error and makes no request."""
    clock = FakeClock()
    budget = RateBudget(clock, RateLimits(per_hour=5, kept_for_deletes_per_hour=2))
    for _ in range(3):
        budget.take()
    with pytest.raises(RateBudgetError, match="used up"):
        budget.take()
    budget.take(deleting=True)
