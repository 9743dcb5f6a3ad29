"""Links by which the owner answers for orders: the link is the authority, so no token is asked for.

Mail scanners, previews and prefetching browsers open links. Opening one changes nothing; only the form on its
page does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import Response

from adapters.alerts.approval_key import known_key
from adapters.postgres.approvals import ApprovalStore
from serve.approval_page import STYLE, ApprovalPage, asking, decided, unclear, unknown
from serve.desk import Desk
from serve.sources import Sources
from trading.approval.asked import Asked, Verdict
from trading.approval.links import Link, is_genuine, orders_of, parse

HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
WHO: Final = "link"


def look(sources: Sources, text: str) -> ApprovalPage:
    """What the link asks, or what was decided; nothing is changed."""
    found = _genuine(sources, text)
    if found is None:
        return unknown()
    asked, link = found
    at, orders = datetime.now(UTC), orders_of(asked, link.scope)
    waiting = [one for one in orders if one.order_id not in asked.answers]
    return asking(asked, link, waiting) if waiting and not asked.is_over(at) else decided(asked, orders, at, new=False)


def use(sources: Sources, text: str, form: bytes) -> ApprovalPage:
    """The answer is on record, once; or what stood there before it."""
    found = _genuine(sources, text)
    if found is None:
        return unknown()
    asked, link = found
    verdict = link.verdict or _verdict(form)
    if verdict is None:
        return unclear()
    at, orders = datetime.now(UTC), orders_of(asked, link.scope)
    stands, new = ApprovalStore(sources.pool).answer(
        asked.number, [one.order_id for one in orders], verdict, who=WHO, reason="", at=at
    )
    return decided(stands, orders, at, new=bool(new))


def _genuine(sources: Sources, text: str) -> tuple[Asked, Link] | None:
    link, key = parse(text), known_key(sources.home)
    if link is None or key is None:
        return None
    asked = ApprovalStore(sources.pool).numbered(link.number)
    return (asked, link) if asked is not None and is_genuine(key, asked, link) else None


def _verdict(form: bytes) -> Verdict | None:
    try:
        given = parse_qs(form.decode("ascii"), max_num_fields=4).get("verdict", [])
    except ValueError:
        return None
    if given == ["yes"]:
        return "yes"
    return "no" if given == ["no"] else None


def add_approvals(app: FastAPI) -> None:
    """`app` has the pages that the links lead to."""

    @app.get("/approve/style.css", include_in_schema=False)
    async def style() -> Response:
        return Response(STYLE, media_type="text/css", headers={"Cache-Control": "no-cache"})

    @app.api_route("/approve/{link}", methods=["GET", "HEAD"], include_in_schema=False)
    async def open_link(desk: Desk, link: str) -> Response:
        return _answer(await desk.ask(look, link))

    @app.post("/approve/{link}", include_in_schema=False)
    async def answer(desk: Desk, link: str, request: Request) -> Response:
        return _answer(await desk.ask(use, link, await request.body()))


def _answer(page: ApprovalPage) -> Response:
    return Response(page.html, status_code=page.status, media_type="text/html", headers=HEADERS)
