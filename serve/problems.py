"""Every error of the API as problem details.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import Field
from starlette.exceptions import HTTPException

from serve.schema import Schema
from trading.errors import ModelError, ModelRefusedError, UnavailableError, UnknownModelError

PROBLEM_MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
"""What a client that got 503 is asked to wait. The actors come back from a kill in about a second."""
MOST_ERRORS = 20
"""A body with 500 bad symbols is explained by its first few."""


class Problem(Schema):
    """What every error answers with, as application/problem+json."""

    type: str = Field(default="about:blank", description="Always about:blank: the status code says the kind.")
    title: str = Field(description="The HTTP status in words.", examples=["Unauthorized"])
    status: int = Field(examples=[401])
    detail: str = Field(description="What happened and what to do.", examples=["Send the token that the run printed."])
    instance: str = Field(description="The path that was asked for.", examples=["/v1/portfolio"])
    errors: list[str] = Field(default=[], description="What is wrong with each field, for 422.")


def problem(
    status: int,
    detail: str,
    path: str,
    *,
    errors: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """An error answer with its status, its text and the path that was asked for."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, instance=path, errors=errors or [])
    return Response(
        body.model_dump_json(), status_code=status, headers=dict(headers or {}), media_type=PROBLEM_MEDIA_TYPE
    )


def unavailable(detail: str, path: str) -> Response:
    """503 that says when to try again."""
    return problem(503, detail, path, headers={"Retry-After": str(RETRY_AFTER_S)})


def install_handlers(app: FastAPI) -> None:
    """Errors raised below the routes leave `app` as problem details."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(UnavailableError, _on_unavailable)
    app.add_exception_handler(ModelError, _on_unavailable)
    app.add_exception_handler(UnknownModelError, _on_unknown)
    app.add_exception_handler(ModelRefusedError, _on_refused)


def _on_http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 - registered for this class only; narrows the type
    detail = exc.detail
    if exc.status_code == HTTPStatus.NOT_FOUND and detail == HTTPStatus.NOT_FOUND.phrase:
        detail = "There is nothing at this address; /docs lists what there is."
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (exc.headers or {}).get("Allow", "other methods")
        detail = f"{request.method} is not understood here; use {allowed}."
    return problem(exc.status_code, detail, request.url.path, headers=exc.headers)


def _on_invalid(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # noqa: S101 - as above
    errors = [_in_words(error) for error in exc.errors()[:MOST_ERRORS]]
    left = len(exc.errors()) - len(errors)
    if left > 0:
        errors.append(f"and {left} more")
    return problem(422, "The request does not fit the schema; nothing was done.", request.url.path, errors=errors)


def _in_words(error: Mapping[str, object]) -> str:
    loc = error.get("loc", ())
    where = ".".join(str(part) for part in loc) if isinstance(loc, tuple) else str(loc)
    return f"{where}: {error.get('msg', 'invalid')}"


def _on_unavailable(request: Request, exc: Exception) -> Response:
    return unavailable(str(exc), request.url.path)


def _on_unknown(request: Request, exc: Exception) -> Response:
    return problem(404, str(exc), request.url.path)


def _on_refused(request: Request, exc: Exception) -> Response:
    return problem(409, str(exc), request.url.path)
