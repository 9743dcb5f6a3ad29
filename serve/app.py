"""The Ray Serve application: `Api` answers HTTP, `Ensemble` scores. Thin shells; what they run is handed in."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import httpx
import numpy as np
import numpy.typing as npt
from fastapi import FastAPI
from pydantic import SecretStr
from ray import serve as ray_serve
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle
from ray.serve.schema import LoggingConfig

from adapters.machine.heaps import keep_handing_back
from serve.answer_times import AnswerTimes, keep_telling
from serve.api import create_app
from serve.edge import check_token
from serve.own_address import listen_at_own_address
from serve.sources import Answering
from trading.errors import BadDataError, UnavailableError

APP_NAME: Final = "inplay"
MAX_SCORED_ROWS: Final = 20_000
"""40 rows for each symbol of a 500-symbol universe; more in one call is a mistake."""
START_TIMEOUT_S: Final = 120.0


class Scorer(Protocol):
    """What an `Ensemble` replica holds: the versions of the ensemble that it was asked for, verified when loaded."""

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Any:
        """Scores of `(n_rows, n_features)`, the same bytes for the same features. Must not write into `features`."""
        ...


class EnsembleReplica:
    """One process that scores. Who asks names the versions, so a killed replica comes back knowing nothing."""

    def __init__(self, scorer_factory: Callable[[], Scorer]) -> None:
        listen_at_own_address()
        keep_handing_back()
        self._scorer = scorer_factory()

    def score(self, features: npt.NDArray[np.float32], versions: Sequence[str]) -> Any:
        """What the versions say of the rows; each answer names the version that gave it.

        Raises:
            BadDataError: `features` isn't a float32 matrix of at most 20,000 rows.
        """
        if features.ndim != 2 or features.dtype != np.float32 or len(features) > MAX_SCORED_ROWS:  # noqa: PLR2004
            raise BadDataError(
                f"The ensemble takes a float32 matrix of at most {MAX_SCORED_ROWS} rows, "
                f"not {features.dtype} of shape {features.shape}. Nothing was scored."
            )
        return self._scorer.score(features, versions)

    def pid(self) -> int:
        """The process that scores."""
        return os.getpid()


class ApiReplica:
    """One process that answers HTTP."""

    def __init__(
        self, answering_factory: Callable[[DeploymentHandle], Answering], ensemble: DeploymentHandle, token: SecretStr
    ) -> None:
        listen_at_own_address()
        keep_handing_back()
        self._answering = answering_factory(ensemble)
        self._token = token

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The app over what this replica asks; Serve calls it once, after the constructor."""
        times = AnswerTimes()
        keep_telling(times, self._answering)
        return create_app(self._answering, self._token.get_secret_value(), times=times)


def build_app(
    answering_factory: Callable[[DeploymentHandle], Answering], scorer_factory: Callable[[], Scorer], token: str
) -> ray_serve.Application:
    """The application, not started yet.

    Args:
        answering_factory: called in the Api process with the handle of the ensemble.
        scorer_factory: called in the Ensemble process, again after each crash.
        token: what clients must send.

    Raises:
        ConfigurationError: the token is too short.
    """
    check_token(token)
    # Replicas of a small head share its cores with the actors, so they reserve none. A replica has 5 s to finish what
    # it does when it is stopped: open event streams never finish by themselves.
    common: dict[str, Any] = {
        "num_replicas": 1,
        # On the head, where the data folder is.
        "ray_actor_options": {"num_cpus": 0, "resources": {"node:__internal_head__": 0.001}},
        "graceful_shutdown_timeout_s": 5.0,
        "graceful_shutdown_wait_loop_s": 0.5,
        "health_check_period_s": 5.0,
        "health_check_timeout_s": 5.0,  # three in a row end a replica, so one that is stuck is replaced within 30 s
        "max_constructor_retry_count": 3,  # a constructor that fails three times fails for a reason worth reading
        "logging_config": LoggingConfig(enable_access_log=False),
    }
    # One call at a time: a scorer may keep buffers, and interleaved calls would make the same features' bytes differ.
    ensemble = ray_serve.deployment(
        EnsembleReplica, name="Ensemble", max_ongoing_requests=1, max_queued_requests=64, **common
    )
    api = ray_serve.deployment(
        ray_serve.ingress()(ApiReplica),
        name="Api",
        max_ongoing_requests=64,
        max_queued_requests=128,
        backpressure_config={"status_code": 503, "retry_after_s": 2},
        **common,
    )
    return api.bind(answering_factory, ensemble.bind(scorer_factory), SecretStr(token))


def check_port_free(host: str, port: int) -> None:
    """Nothing listens on the port.

    Raises:
        UnavailableError: something does, or the host isn't this machine's.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free for a server
        try:
            probe.bind((host, port))
        except OSError as err:
            raise UnavailableError(
                f"The port {port} on {host} can't be used ({err.strerror}). Nothing was started and nothing was lost. "
                "Stop the program that holds it, or choose another port with INPLAY_HTTP_PORT."
            ) from err


def serve_up(app: ray_serve.Application, *, host: str = "127.0.0.1", port: int = 8000) -> str:
    """The application answers at the address returned, for example `http://127.0.0.1:8000`.

    Needs a connection to Ray. Repeating it on a cluster where it runs already replaces the application in place.

    Raises:
        UnavailableError: the port is taken, or the application did not start in time.
    """
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if not ray_serve.status().proxies:
        check_port_free(host, port)
    ray_serve.start(proxy_location="HeadOnly", http_options={"host": host, "port": port})
    try:
        ray_serve.run(app, name=APP_NAME, route_prefix="/")
    except (RuntimeError, RayServeException) as err:
        raise UnavailableError(
            f"The HTTP service did not start: {err} {_why_unhealthy()}Nothing was lost; repair that and start again."
        ) from err
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    _await_answer(url, START_TIMEOUT_S)
    return url


def _why_unhealthy() -> str:
    """What Serve says of the deployments that failed: the last line of each error."""
    application = ray_serve.status().applications.get(APP_NAME)
    if application is None:
        return ""
    said = {name: d.message.strip().splitlines() for name, d in application.deployments.items() if d.message.strip()}
    return "".join(f"{name}: {lines[-1]} " for name, lines in said.items())


def _await_answer(url: str, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    error = "no answer"
    while time.monotonic() < deadline:
        try:
            answer = httpx.get(f"{url}/healthz", timeout=5.0, trust_env=False)
        except httpx.TransportError as err:
            error = str(err)
        else:
            if answer.is_success:
                return
            error = f"status {answer.status_code}"
        time.sleep(0.1)
    raise UnavailableError(
        f"{url} does not answer ({error}) {timeout_s:g} s after the start. Nothing was lost. "
        "The log of the Serve proxy says why."
    )


def ensemble_handle() -> DeploymentHandle:
    """The handle to ask the ensemble by; it may be passed to actors."""
    return ray_serve.get_deployment_handle("Ensemble", APP_NAME)


def serve_down() -> None:
    """Serve is stopped; the actors go on."""
    ray_serve.shutdown()
