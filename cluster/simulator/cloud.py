"""The simulated DigitalOcean: one request in, one answer out, on a clock and a generator that are passed in."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from cluster.simulator.catalogue import Catalogue
from cluster.simulator.faults import FaultKind, Faults, Script, applies, bad_gateway, refusal_of
from cluster.simulator.limits import RateLimits
from cluster.simulator.machines import Machines
from cluster.simulator.messages import Json, NoAnswerError, Refusal, Request, Response, not_found, unprocessable
from cluster.simulator.routes import ROUTES
from cluster.simulator.specification import Operation, Specification
from cluster.simulator.world import Call, Latencies, World

EVERYTHING = "*"
TOKEN = "simulated-token"  # noqa: S105  opens nothing but the simulator


@dataclass(frozen=True)
class LoggedCall:
    """One call: `status` None where no answer came; the fault that struck, if any. No header, no body, no token."""

    at: datetime
    method: str
    path: str
    status: int | None
    fault: FaultKind | None


class SimulatedCloud:
    """An account at DigitalOcean that exists in memory only.

    Args:
        now: The clock, UTC; a `VirtualClock` where no time is to pass.
        generator: Decides latencies and ids.
        faults: Which fault strikes which call; none by default.
        latencies: How long things take.
        catalogue: What is sold; what DigitalOcean published by default.
        machines: Where droplets run; nowhere by default.
        tokens: Scopes by token, `*` for all.
        droplet_limit: How many droplets the account may have.
        judged: Whether answers are judged by DigitalOcean's specification, too; requests always are. It takes
            milliseconds a call, so a search over thousands of seeds may judge the answers of a part of them.
        specification: The judge; by default none, so that `spec_violations` stays empty. Reading it takes a while, so
            share it between clouds.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        generator: random.Random,
        faults: Faults | None = None,
        latencies: Latencies | None = None,
        catalogue: Catalogue | None = None,
        machines: Machines | None = None,
        tokens: Mapping[str, frozenset[str]] | None = None,
        droplet_limit: int = 25,
        judged: bool = True,
        specification: Specification | None = None,
    ) -> None:
        self._now, self._judged = now, judged
        self._faults: Faults = faults or Script()
        self._specification = specification or Specification.unjudged()
        self._tokens = tokens or {TOKEN: frozenset({EVERYTHING})}
        self._limits, self._lock = RateLimits(), threading.Lock()
        self.world = World(
            generator=generator, catalogue=catalogue or Catalogue.published(), latencies=latencies or Latencies(),
            machines=machines, droplet_limit=droplet_limit,
        )  # fmt: skip
        self.calls: list[LoggedCall] = []
        self.spec_violations: list[str] = []

    def settle(self) -> World:
        """The state as it is now, with everything done that is due."""
        with self._lock:
            self.world.agenda.run_until(self._now())
            self.world.tell_machines()
        return self.world

    def cost_usd(self) -> float:
        """What everything has cost up to now; each started hour counts whole."""
        return self.settle().invoice.total_usd(self._now())

    def max_calls_per_min(self) -> int:
        """The most calls that lay within any 60 seconds, refused ones too."""
        window: deque[datetime] = deque()
        most = 0
        for call in self.calls:
            window.append(call.at)
            while window[0] <= call.at - timedelta(seconds=60):
                window.popleft()
            most = max(most, len(window))
        return most

    def left(self) -> Json:
        """What would still be there, and mostly billed: ids and names by kind; default VPCs belong to the account."""
        world = self.settle()
        kinds = {
            "firewalls": world.firewalls.values(), "volumes": world.volumes.values(), "ssh_keys": world.keys.values(),
            "snapshots": world.snapshots.values(),
            "vpcs": [vpc for vpc in world.vpcs.values() if not vpc["default"]],
        }  # fmt: skip
        found = {kind: [f"{each['id']} {each['name']}" for each in rows] for kind, rows in kinds.items()}
        return {"droplets": [f"{droplet.id} {droplet.name}" for droplet in world.alive()], **found}

    def answer(self, request: Request) -> Response:
        """What the API says to `request`.

        Raises:
            NoAnswerError: the connection ends without an answer; the call may have had its effect.
        """
        with self._lock:
            now_at = self._now()
            self.world.agenda.run_until(now_at)
            found = self._specification.find(request.method, request.path)
            fault = self._faults.strike(request.method, request.path)
            if fault and not (found and applies(fault, found[0].operation_id, request.method)):
                fault = None
            try:
                response = self._respond(request, found, now_at, fault)
            except NoAnswerError:
                self.calls.append(LoggedCall(now_at, request.method, request.path, None, fault))
                raise
            self.calls.append(LoggedCall(now_at, request.method, request.path, response.status, fault))
            self.world.tell_machines()
            told = {"date": format_datetime(now_at, usegmt=True), **self._limits.headers(now_at)}
            return Response(response.status, response.body, {**response.headers, **told})

    def _respond(
        self, request: Request, found: tuple[Operation, dict[str, str]] | None, now_at: datetime,
        fault: FaultKind | None,
    ) -> Response:  # fmt: skip
        if found is None:
            self.spec_violations.append(f"{request.method} {request.path}: no operation that the simulator knows")
            return not_found().response()
        operation, variables = found
        if fault is FaultKind.TIMEOUT_BEFORE:
            raise NoAnswerError("timed out before the effect")
        if fault is FaultKind.BAD_GATEWAY:
            return bad_gateway()
        try:
            response = self._admitted(request, operation, variables, now_at, fault)
        except Refusal as refusal:
            response = refusal.response()
        if self._judged:
            self._record(request, "answered", operation.judge_response(response))
        if fault is FaultKind.TIMEOUT_AFTER:
            raise NoAnswerError("timed out after the effect")
        if fault is FaultKind.BROKEN_PAGE:
            return Response(response.status, response.body[: len(response.body) * 2 // 3], response.headers)
        return response

    def _admitted(
        self, request: Request, operation: Operation, variables: dict[str, str], now_at: datetime,
        fault: FaultKind | None,
    ) -> Response:  # fmt: skip
        self._authorise(request, operation)
        self._limits.admit(now_at, operation.operation_id)
        refusal = refusal_of(fault) if fault else None
        if refusal is not None:
            raise refusal
        wrong = operation.judge_request(request, variables)
        self._record(request, "asked", wrong)
        if wrong:
            raise unprocessable(wrong[0])
        try:
            return ROUTES[operation.operation_id](self.world, Call(request, variables, now_at, fault))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if self._specification.judges:  # the judge lets nothing through that an answer can't read
                raise
            raise unprocessable(f"the request can't be read: {error}") from error

    def _authorise(self, request: Request, operation: Operation) -> None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            raise Refusal(401, "unauthorized", "Unable to authenticate you.")
        granted = self._tokens[token]
        if EVERYTHING not in granted and not granted.issuperset(operation.scopes):
            raise Refusal(403, "forbidden", "You are not authorized to perform this operation.")

    def _record(self, request: Request, when: str, wrong: list[str]) -> None:
        self.spec_violations += [f"{request.method} {request.path} {when}: {each}" for each in wrong]
