"""The routes under /v1: one resource a line.

A new route is one file, which makes a `router` of its own, and its line here; `resources/progress.py` is the shortest.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Query
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from serve.problems import PROBLEM_MEDIA_TYPE

RESOURCES: Final = (
    "serve.resources.signals",
    "serve.resources.scanner",
    "serve.resources.regime",
    "serve.resources.explanations",
    "serve.resources.patterns",
    "serve.resources.pattern_statistics",
    "serve.resources.catalysts",
    "serve.resources.news",
    "serve.resources.portfolio",
    "serve.resources.positions",
    "serve.resources.orders",
    "serve.resources.trades",
    "serve.resources.performance",
    "serve.resources.equity",
    "serve.resources.models",
    "serve.resources.model_comparison",
    "serve.resources.model_monitoring",
    "serve.resources.model_changes",
    "serve.resources.progress",
    "serve.resources.health",
    "serve.resources.storage",
    "serve.resources.costs",
    "serve.resources.reports",
    "serve.resources.trading",
    "serve.resources.status",
    "serve.resources.trading_switches",
    "serve.resources.stream",
)
"""Modules, in the order of the reference. By name, so that a resource is one line and what needs one schema loads one
file; a name without a module, or a module without a router, fails wherever an app is made."""


def no_strange_question(request: Request) -> None:
    """A query parameter that the route doesn't have is refused: an answer that ignored it would look filtered by it.

    Raises:
        RequestValidationError: there is one.
    """
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = {field.alias for field in get_flat_params(route.dependant) if isinstance(field.field_info, Query)}
    errors = [
        {"type": "extra_forbidden", "loc": ("query", name), "msg": _no_parameter(name, known), "input": value}
        for name, value in request.query_params.multi_items()
        if name not in known
    ]
    if errors:
        raise RequestValidationError(errors)


def _no_parameter(name: str, known: set[str]) -> str:
    return f"{name[:40]!r} is no parameter of this route; it has {', '.join(sorted(known)) or 'none'}"


def router_of(resources: Sequence[str] = RESOURCES) -> APIRouter:
    """The routes of the resources, each behind the token and with its errors in the reference."""
    router = APIRouter(
        prefix="/v1",
        # The gate before the app refuses; this makes /docs offer the field for the token.
        dependencies=[
            Depends(HTTPBearer(auto_error=False, description="The token that `inplay run` printed.")),
            Depends(no_strange_question),
        ],
        responses={
            **_documented(401, "No token, or a wrong one."),
            **_documented(422, "The request does not fit the schema."),
            **_documented(503, "The platform can't be asked now; try again after Retry-After seconds."),
        },
    )
    for name in resources:
        router.include_router(import_module(name).router)
    return router


def _documented(status: int, description: str) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {status: {"description": description, "content": {PROBLEM_MEDIA_TYPE: {"schema": schema}}}}
