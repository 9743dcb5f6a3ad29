"""The links of approvals over HTTP, with the real app on a real record."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import structlog

from adapters.alerts.approval_key import FILE, approval_key
from adapters.postgres.approvals import ApprovalStore
from adapters.postgres.pool import Pool
from serve.api import create_app
from tests.fakes.approvals import a_list
from tests.fakes.bare_sources import bare_sources
from tests.fakes.client import TOKEN, Client, client_of
from trading.approval.asked import Asked, Silence
from trading.approval.links import link_text


@dataclass
class World:
    """A phone, a record with a list of orders, and the key."""

    phone: Client
    store: ApprovalStore
    home: Path
    asked: Asked

    def link(self, scope: str, asked: Asked | None = None) -> str:
        """Where a link of the message leads."""
        return f"/approve/{link_text(approval_key(self.home), asked or self.asked, scope)}"

    def verdicts(self, asked: Asked | None = None) -> dict[str, str]:
        """What is on record, by symbol."""
        there = self.store.numbered((asked or self.asked).number)
        assert there is not None
        return {
            one.symbol: there.answers[one.order_id].verdict for one in there.orders if one.order_id in there.answers
        }

    def ask(self, session: date, ends_in: timedelta, silence: Silence = "hold") -> Asked:
        """One list more, which ends then by the wall clock."""
        at = datetime.now(UTC)
        self.store.ask(a_list(session=session, asked_at=at, expires_at=at + ends_in, silence=silence))
        there = self.store.of(session, "hybrid")
        assert there is not None
        return there


@pytest.fixture
def world(pool: Pool, home: Path) -> Iterator[World]:
    """A list of AAPL and MSFT that an hour is left for; the phone has no token."""
    home.mkdir()
    app = create_app(bare_sources(pool=pool, home=home), TOKEN)
    with client_of(app, token=None) as phone:
        made = World(phone, ApprovalStore(pool), home, a_list())
        made.asked = made.ask(date(2026, 11, 16), timedelta(hours=1))
        yield made


class Buttons(HTMLParser):
    """The values of the buttons and the attributes of the form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: list[str | None] = []
        self.forms: list[dict[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.values.append(dict(attrs)["value"])
        if tag == "form":
            self.forms.append(dict(attrs))


def press(world: World, path: str, verdict: str = "") -> httpx.Response:
    """The button of the page is pressed."""
    form = {"verdict": verdict} if verdict else {}
    return world.phone.post(path, data=form)


@pytest.mark.parametrize(("scope", "buttons"), [("yes", ["yes"]), ("no", ["no"]), ("1", ["yes", "no"])])
def test_opening_a_link_changes_nothing_however_often(world: World, scope: str, buttons: list[str]) -> None:
    """A mail scanner, a preview and the phone open it: a page with the orders and a form, and nothing on record."""
    for method in ("GET", "HEAD", "GET", "HEAD", "GET"):
        answer = world.phone.ask(method, world.link(scope))
        assert answer.status_code == 200
    page = Buttons(answer.text)
    assert (page.values, page.forms) == (buttons, [{"method": "post"}]), "the form goes to the page's own address"
    assert "buy 10 AAPL, about $1,000.00" in answer.text
    assert ("MSFT" in answer.text) == (scope in {"yes", "no"})
    assert world.verdicts() == {}


def test_nothing_of_a_link_is_kept_or_passed_on(world: World) -> None:
    """No cache, no referrer, no index; the form may go nowhere else; no script, no other host."""
    for answer in (world.phone.get(world.link("yes")), press(world, world.link("yes")), world.phone.get("/approve/x")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-robots-tag"] == "noindex"
        policy = answer.headers["content-security-policy"]
        assert "form-action 'self'" in policy
        assert "default-src 'none'" in policy
        assert "set-cookie" not in answer.headers
        assert "http" not in answer.text
    assert "form-action 'none'" in world.phone.get("/").headers["content-security-policy"]
    style = world.phone.get("/approve/style.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_a_link_is_used_once(world: World) -> None:
    """The first press decides; the second, on this link or any other of the list, says what was decided and when."""
    done = press(world, world.link("yes"))
    assert (done.status_code, world.verdicts()) == (200, {"AAPL": "yes", "MSFT": "yes"})
    assert "Done" in done.text
    for path, verdict in ((world.link("yes"), ""), (world.link("no"), ""), (world.link("1"), "no")):
        for answer in (press(world, path, verdict), world.phone.get(path)):
            assert answer.status_code == 410
            assert "approved at 20" in answer.text
            assert "by link" in answer.text
            assert Buttons(answer.text).values == []
    assert world.verdicts() == {"AAPL": "yes", "MSFT": "yes"}


def test_one_order_is_refused_and_the_others_approved(world: World) -> None:
    """The page for all then shows what is left, and its answer is for that alone."""
    assert press(world, world.link("1"), "no").status_code == 200
    assert "AAPL" not in world.phone.get(world.link("yes")).text
    assert press(world, world.link("yes")).status_code == 200
    assert world.verdicts() == {"AAPL": "no", "MSFT": "yes"}


@pytest.mark.parametrize(
    "form", ["", "verdict=maybe", "verdict=yes&verdict=no", "\xff", "a=1&b=2&c=3&d=4&e=5", "verdict"]
)
def test_a_form_without_an_answer_changes_nothing(world: World, form: str) -> None:
    """The link of one order leaves the answer to the form; without one of the two it is refused in words."""
    answer = world.phone.post(world.link("1"), content=form.encode("latin-1"))
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert world.verdicts() == {}


def test_a_form_cannot_turn_a_link_round(world: World) -> None:
    """A link that refuses refuses, whatever the form says."""
    press(world, world.link("no"), "yes")
    assert world.verdicts() == {"AAPL": "no", "MSFT": "no"}


def test_two_at_once(world: World) -> None:
    """Approve all from the phone, refuse all from the laptop: one is done, the other is told what holds."""
    for turn in range(10):
        asked = world.ask(date(2026, 12, 1 + turn), timedelta(hours=1))
        together = threading.Barrier(2)

        def go(scope: str, asked: Asked = asked, together: threading.Barrier = together) -> int:
            together.wait(10)
            return press(world, world.link(scope, asked)).status_code

        with ThreadPoolExecutor(2) as both:
            assert sorted(both.map(go, ("yes", "no"))) == [200, 410]
        assert len(set(world.verdicts(asked).values())) == 1


def test_what_was_not_signed_is_not_known_and_nobody_says_why(world: World) -> None:
    """Tampered, of another list, of another order, of no list, no link at all: the same page each time."""
    genuine = world.link("1")
    other = world.ask(date(2026, 11, 17), timedelta(hours=1))
    number, scope, signature = genuine.rsplit("/", 1)[1].split("-", 2)
    wrong = [
        f"{number}-2-{signature}", f"{number}-yes-{signature}", f"{other.number}-{scope}-{signature}",
        f"99-{scope}-{signature}", f"{number}-{scope}-{signature[:-1]}A", f"{number}-{scope}-", "x", "%00", "'; --",
        f"{number}-9-{link_text(approval_key(world.home), world.asked, '9').split('-', 2)[2]}",
        f"{'9' * 18}-yes-{signature}",
    ]  # fmt: skip
    pages = set()
    for text in wrong:
        for answer in (
            world.phone.get(f"/approve/{text}"),
            world.phone.post(f"/approve/{text}", data={"verdict": "yes"}),
        ):
            assert answer.status_code == 404, text
            pages.add(answer.text)
    assert len(pages) == 1
    assert world.verdicts() == world.verdicts(other) == {}


def test_too_late_is_told_with_what_holds_then(world: World) -> None:
    """The link of yesterday: 410, what no answer means is on record after the press, and opening it did nothing."""
    for silence, verdict in (("hold", "no"), ("place", "yes")):
        asked = world.ask(date(2026, 11, 18 if silence == "hold" else 19), timedelta(seconds=-1), silence)  # type: ignore[arg-type]
        seen = world.phone.get(world.link("yes", asked))
        assert (seen.status_code, world.verdicts(asked)) == (410, {})
        assert "Too late" in seen.text
        assert ("are not placed" in seen.text) == (silence == "hold")
        late = press(world, world.link("no", asked))
        assert late.status_code == 410
        assert world.verdicts(asked) == {"AAPL": verdict, "MSFT": verdict}


def test_with_another_key_earlier_links_are_not_known(world: World) -> None:
    """The file was lost: before a new one is made and after it, the old link is refused; a new one works."""
    old = world.link("yes")
    (world.home / FILE).unlink()
    assert world.phone.get(old).status_code == press(world, old).status_code == 404
    assert not (world.home / FILE).exists(), "asking makes no key"
    new = world.link("yes")
    assert new != old
    assert press(world, old).status_code == 404
    assert press(world, new).status_code == 200


def test_a_defect_leaves_no_link_in_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 500 with the path of a link: the log has the page, not the link."""
    monkeypatch.setattr("serve.approvals.orders_of", lambda *_: 1 / 0)
    link = world.link("yes")
    with structlog.testing.capture_logs() as said:
        answer = world.phone.get(link)
    assert answer.status_code == 500
    assert said[0]["path"] == "/approve/…"
    assert link.rsplit("/", 1)[1] not in str(said)


def test_the_token_opens_no_link_and_a_link_opens_nothing_else(world: World) -> None:
    """Beside its own page the phone without the token reaches nothing more."""
    assert world.phone.get("/v1/orders").status_code == 401
    assert world.phone.get("/approve/").status_code in {404, 405}
    assert world.phone.ask("PUT", world.link("yes")).status_code == 405
    assert world.phone.get(world.link("yes") + "/../../v1/orders").status_code in {401, 404}
    text = replace(world.asked, account="<script>alert(1)</script>")
    assert world.phone.get(world.link("yes", text)).status_code == 404
