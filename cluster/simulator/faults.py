"""What can go wrong at a call, by a script or by a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cluster.simulator.messages import Refusal, Response, unprocessable


class FaultKind(StrEnum):
    """The faults there are."""

    BURST_LIMIT = "burst-limit"  # 429 with retry-after
    HOUR_LIMIT = "hour-limit"  # 429 without
    CAPACITY = "capacity"  # 422 of a create, with the regions that have the size
    DROPLET_LIMIT = "droplet-limit"  # 422 of a create
    PENDING_EVENT = "pending-event"  # 422 of a change to a droplet
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    SERVER_ERROR = "server-error"
    BAD_GATEWAY = "bad-gateway"  # HTML
    TIMEOUT_BEFORE = "timeout-before"  # no answer, no effect
    TIMEOUT_AFTER = "timeout-after"  # no answer, but the effect
    STALE_LIST = "stale-list"  # droplets as they were a while ago
    BROKEN_PAGE = "broken-page"  # a body that ends too early
    LATE_TAGS = "late-tags"  # tags of a create come minutes later
    ACTION_ERRORS = "action-errors"  # the action that the call starts ends as errored, without effect
    NEVER_ACTIVE = "never-active"  # the droplet that the call creates stays new, and is billed


@dataclass(frozen=True)
class Fault:
    """A fault at some calls: those of `method` whose path fits `path` (a regular expression), after `skip`, `times`."""

    kind: FaultKind
    method: str | None = None
    path: str = ""
    skip: int = 0
    times: int = 1


class Faults(Protocol):
    """Decides which fault, if any, strikes a call."""

    def strike(self, method: str, path: str) -> FaultKind | None:
        """The fault for this call."""
        ...


class Script:
    """Faults written down beforehand; the first that fits strikes."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults: list[tuple[Fault, list[int]]] = [(fault, [fault.skip, fault.times]) for fault in faults]

    def strike(self, method: str, path: str) -> FaultKind | None:
        """The fault for this call; every fitting call counts towards `skip` and `times`."""
        for fault, left in self._faults:
            if left[1] == 0 or (fault.method or method) != method or not re.search(fault.path, path):
                continue
            if left[0] > 0:
                left[0] -= 1
                continue
            left[1] -= 1
            return fault.kind
        return None


class SeededFaults:
    """Any of `kinds` at any call, each call with probability `rate`; the same generator gives the same faults."""

    def __init__(self, generator: random.Random, *, rate: float, kinds: Sequence[FaultKind] = tuple(FaultKind)) -> None:
        self._generator, self._rate, self._kinds = generator, rate, tuple(kinds)

    def strike(self, method: str, path: str) -> FaultKind | None:  # noqa: ARG002  strikes whatever the call
        """The fault for this call."""
        return self._generator.choice(self._kinds) if self._generator.random() < self._rate else None


_PLAIN = {
    FaultKind.BURST_LIMIT: Refusal(429, "too_many_requests", "API rate limit exceeded.", headers={"retry-after": "17"}),
    FaultKind.HOUR_LIMIT: Refusal(429, "too_many_requests", "API rate limit exceeded."),
    FaultKind.DROPLET_LIMIT: unprocessable("creating this/these droplet(s) will exceed your droplet limit"),
    FaultKind.PENDING_EVENT: unprocessable("Droplet already has a pending event."),
    FaultKind.UNAUTHORIZED: Refusal(401, "unauthorized", "Unable to authenticate you."),
    FaultKind.FORBIDDEN: Refusal(403, "forbidden", "You are not authorized to perform this operation."),
    FaultKind.SERVER_ERROR: Refusal(500, "server_error", "Unexpected server-side error"),
}
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
_ONLY_AT = {
    FaultKind.CAPACITY: {"droplets_create"},
    FaultKind.DROPLET_LIMIT: {"droplets_create"},
    FaultKind.LATE_TAGS: {"droplets_create"},
    FaultKind.NEVER_ACTIVE: {"droplets_create"},
    FaultKind.PENDING_EVENT: {"droplets_destroy", "dropletActions_post"},
    FaultKind.ACTION_ERRORS: {"dropletActions_post", "droplets_create", "volumeActions_post_byId"},
    FaultKind.STALE_LIST: {"droplets_list"},
}


def applies(kind: FaultKind, operation_id: str, method: str) -> bool:
    """Whether a fault can strike this operation at all; the others let the call pass."""
    if kind is FaultKind.BROKEN_PAGE:
        return method == "GET"
    return operation_id in _ONLY_AT.get(kind, {operation_id})


def refusal_of(kind: FaultKind) -> Refusal | None:
    """The refusal that a fault is, if it is one and needs no knowledge of the request."""
    return _PLAIN.get(kind)


def bad_gateway() -> Response:
    """What a proxy in front of the API says when it loses the API."""
    return Response(502, _BAD_GATEWAY, {"content-type": "text/html"})
