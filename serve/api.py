"""The HTTP API as an ASGI application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serve.answer_times import AnswerTimes, Timed
from serve.approvals import add_approvals
from serve.asking import Asker
from serve.desk import BoundedDesk
from serve.edge import BodyLimit, Edge, TokenGate, check_token
from serve.pages import add_pages
from serve.problems import Problem, install_handlers
from serve.resources.stream import StreamRules, Streams
from serve.routes import RESOURCES, router_of
from serve.sources import Answering

VERSION = "1"
"""Of the HTTP interface: the 1 of /v1."""

DESCRIPTION = """
Everything the platform knows: signals, accounts, stocks in play, models, performance. Five calls change something:
trading is suspended and resumed; an ensemble is promoted, rolled back, retired.

* Every call under `/v1` needs the token that `inplay run` printed: press **Authorize** and paste it.
* Money is in US dollars (`_usd`), returns and rates are fractions (0.05 = 5 %), sessions are exchange dates,
  times are UTC.
* `null` means not known. It never stands for zero.
* Errors are [problem details](https://www.rfc-editor.org/rfc/rfc9457), media type `application/problem+json`.
"""


class _Application(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, with the schema of the errors in it."""
        if self.openapi_schema is None:
            document = get_openapi(
                title=self.title, version=self.version, description=self.description, routes=self.routes
            )
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            self.openapi_schema = document
        return self.openapi_schema


def create_app(
    answering: Answering,
    token: str,
    *,
    asker: Asker | None = None,
    stream_rules: StreamRules | None = None,
    resources: Sequence[str] = RESOURCES,
    times: AnswerTimes | None = None,
) -> FastAPI:
    """The API and the dashboard over `answering`.

    Args:
        answering: answers for the readers; called from threads, several at a time.
        token: what clients must send; at least 16 characters.
        asker: how many threads and how long to wait; 8 and 10 s by default.
        stream_rules: bounds of /v1/stream.
        resources: modules whose routes there are, in the order of the reference.
        times: where each answer is counted.

    Raises:
        ConfigurationError: the token is too short.
        UnavailableError: files of the pages are missing.
    """
    check_token(token)
    desk = BoundedDesk(answering, asker or Asker())
    app = _Application(title="inplay", version=VERSION, description=DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.state.streams = Streams(desk, stream_rules or StreamRules())

    @app.get("/healthz", tags=["platform"], summary="Liveness, without a token")
    async def healthz() -> dict[str, str]:
        """The HTTP process answers; says nothing of the services, see /v1/health."""
        return {"status": "ok"}

    app.include_router(router_of(resources))
    add_pages(app)
    add_approvals(app)
    install_handlers(app)
    # The last one added is the first one asked.
    app.add_middleware(BodyLimit)
    app.add_middleware(TokenGate, token=token)
    app.add_middleware(Edge)
    app.add_middleware(Timed, times=times or AnswerTimes())
    return app
