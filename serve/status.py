"""How a data folder does: whether a run owns it, what the run is at, what its HTTP interface says. Changes nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from adapters.machine.disk_use import bytes_on_disk
from adapters.machine.lock import is_held
from adapters.machine.run_state import RunState, read_state
from adapters.settings import Settings
from serve.answers.costs import Costs
from serve.answers.health import Health, Restart, ServiceHealth
from serve.answers.portfolio import Account, Portfolio
from serve.answers.progress import Progress
from serve.answers.regime import Regime
from serve.answers.storage import Storage
from serve.answers.trading import Trading
from serve.schema import Schema
from serve.token import known_token
from trading.errors import UnavailableError

Verdict = Literal["well", "troubled", "stopped"]
Answer = TypeVar("Answer", bound=Schema)
TIMEOUT_S = 10.0
"""The interface itself waits up to 8 s for a service."""
PARTS = {"record": "postgres", "bars": "bars", "models": "models"}
"""What is weighed, and its folder under the data folder."""


@dataclass(frozen=True)
class Status:
    """How a data folder does.

    Attributes:
        verdict: `well` = a run is alive and all its services answer, or it is still on its way there; `troubled` =
            something is wrong; `stopped` = nothing runs.
        said: why, in words.
        phase: of the run, or of the last one; empty when there was none.
        sessions_done: of the replay; None while nothing can be asked.
        session: the latest complete one, as text.
        url: of the HTTP interface; empty while it isn't up.
        regime: of the market at the latest close on record, in words; empty while it isn't known.
        services: what each said of itself; empty while nothing can be asked.
        restarts: of the last 24 h, the latest first; likewise.
        health: all that the interface says of it; None while nothing can be asked.
        accounts: likewise.
        storage: disk, tiers and backups; None while nothing can be asked.
        costs: of machines, and training sessions; likewise.
        trading: whether positions may be opened, the account at the broker, the daily checks; likewise.
        disk_bytes: per part of the data folder; None where it can't be told, 0 where there is none.
    """

    home: Path
    verdict: Verdict
    said: str
    phase: str = ""
    sessions_done: int | None = None
    sessions_total: int | None = None
    session: str | None = None
    regime: str = ""
    url: str = ""
    ray_dashboard: str = ""
    services: tuple[ServiceHealth, ...] = ()
    restarts: tuple[Restart, ...] = ()
    accounts: tuple[Account, ...] = ()
    storage: Storage | None = None
    costs: Costs | None = None
    trading: Trading | None = None
    health: Health | None = None
    disk_bytes: dict[str, int | None] = field(default_factory=dict)


def status_of(settings: Settings) -> Status:
    """What can be told of the data folder now, asked within a bound of about half a minute."""
    home = settings.home
    disk = {name: bytes_on_disk(home / folder) for name, folder in PARTS.items()}
    if settings.database_url is not None:
        disk["record"] = None
    try:
        alive, state = is_held(home), read_state(home)
    except UnavailableError as error:
        return Status(home, "troubled", str(error), disk_bytes=disk)
    if not alive:
        return _without_run(home, state, disk)
    if state is None or not state.url or state.phase == "stopped":
        return _on_its_way(home, state, disk)
    return _asked(settings, state, disk)


def _without_run(home: Path, state: RunState | None, disk: dict[str, int | None]) -> Status:
    if state is None and disk.get("record"):
        said = "nothing runs; there is a record, and `inplay run` goes on from it"
    elif state is None:
        said = "nothing ran here yet; `inplay run --sample` begins"
    elif state.phase == "stopped":
        said = "nothing runs; `inplay run --sample` goes on from the record"
    else:
        said = (
            f"nothing runs; the last run (process {state.pid}) was killed in the phase {state.phase}; "
            "`inplay run --sample` goes on from the record"
        )
    phase, total = (state.phase, state.sessions_total) if state else ("", None)
    return Status(home, "stopped", said, phase=phase, sessions_total=total, disk_bytes=disk)


def _on_its_way(home: Path, state: RunState | None, disk: dict[str, int | None]) -> Status:
    """A run owns the folder and its HTTP interface isn't up yet, or not any more."""
    if state is None or state.phase == "stopped":
        return Status(home, "well", "a run is starting or stopping", phase="starting", disk_bytes=disk)
    said = "a run is alive; its HTTP interface comes up after the training"
    return Status(home, "well", said, phase=state.phase, ray_dashboard=state.ray_dashboard, disk_bytes=disk)


def _asked(settings: Settings, state: RunState, disk: dict[str, int | None]) -> Status:
    progress, portfolio, health, regime, storage, costs, trading = (None,) * 7
    try:
        http = _interface(settings, state.url)
        with closing(http.connection):
            progress = _get(http, "progress", Progress)
            portfolio = _get(http, "portfolio", Portfolio)
            regime = _get(http, "regime", Regime)
            health = _get(http, "health", Health)
            storage = _get(http, "storage", Storage)
            costs = _get(http, "costs", Costs)
            trading = _get(http, "trading", Trading)
        verdict, said = _judged(health)
    except UnavailableError as error:
        verdict, said = "troubled", str(error)
    return Status(
        settings.home,
        verdict,
        said,
        phase=state.phase,
        sessions_done=progress.sessions_done if progress else None,
        sessions_total=state.sessions_total,
        session=progress.session.isoformat() if progress and progress.session else None,
        regime=(regime.words or "") if regime else "",
        url=state.url,
        ray_dashboard=state.ray_dashboard,
        services=tuple(health.services) if health else (),
        restarts=tuple(health.restarts) if health else (),
        accounts=tuple(portfolio.accounts) if portfolio else (),
        storage=storage,
        costs=costs,
        trading=trading,
        health=health,
        disk_bytes=disk,
    )


def _judged(health: Health) -> tuple[Verdict, str]:
    if health.state == "ok":
        return "well", f"a run is alive and its {len(health.services)} services are well"
    ill = ", ".join(f"{s.service} {s.state}" for s in health.services if s.state != "ok") or "no service reported yet"
    return "troubled", f"a run is alive, but: {ill}. Services restart by themselves; ask again in a few seconds."


@dataclass(frozen=True)
class _Asked:
    """The HTTP interface of a run, over one connection; the standard library's client starts soonest."""

    connection: HTTPConnection
    headers: dict[str, str]

    @property
    def where(self) -> str:
        """Its host and port."""
        return f"{self.connection.host}:{self.connection.port}"


def _interface(settings: Settings, url: str) -> _Asked:
    """The interface, which is shown the folder's token.

    Raises:
        UnavailableError: when the token may not be read.
    """
    try:
        token = known_token(settings)
    except OSError as error:
        raise UnavailableError(f"The token of {settings.home} can't be read: {error.strerror}.") from None
    at = urlsplit(url)
    connection = HTTPConnection(at.hostname or "", at.port, timeout=TIMEOUT_S)
    return _Asked(connection, {"Authorization": f"Bearer {token}"} if token else {})


def _get(asked: _Asked, name: str, kind: type[Answer]) -> Answer:
    """What the HTTP interface answers.

    Raises:
        UnavailableError: when it doesn't, or not as it should.
    """
    try:
        asked.connection.request("GET", f"/v1/{name}", headers=asked.headers)
        answer = asked.connection.getresponse()
        content = answer.read()
    except (OSError, HTTPException) as error:
        raise UnavailableError(
            f"A run is alive, but its HTTP interface at {asked.where} doesn't answer "
            f"({str(error) or type(error).__name__}). What is on record is safe."
        ) from None
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise UnavailableError(
            "A run is alive, but refuses the token: INPLAY_API_TOKEN isn't the one that it was started with."
        )
    if answer.status != HTTPStatus.OK:
        raise UnavailableError(f"A run is alive, but /v1/{name} answers status {answer.status}. Ask again.")
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise UnavailableError(
            f"A run is alive, but /v1/{name} answers in another shape ({error.error_count()} differences): "
            "it was started by another version of inplay."
        ) from None
