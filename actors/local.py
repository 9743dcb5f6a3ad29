"""The Ray cluster that a run works on: one of this machine alone, owned by this process, or one that is up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import ray
from ray._private import ray_constants, services

from actors.ray_surroundings import allow_open_files, keep_token, our_folder, use_short_folder
from actors.wiring import NAMESPACE
from adapters.machine.heaps import be_frugal
from trading.errors import UnavailableError

OBJECT_STORE_BYTES = 400 * 1024**2
"""Holds the analysis of a segment (some 190 MB of 619,000 bars), views of a few sessions (some 15 MB of 505 stocks)
and the training rows. What is larger goes to the disk."""


ON_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Ray takes 127.0.0.1 for this machine's outward address where clusters are enabled, and listens on all interfaces.
Where they aren't, as by default on macOS and Windows, it listens on the loopback interface only. Source: Ray 2.60's
`ray/_private/services.py: get_node_ip_address`, and each server of it that asks whether the node's address is local."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

ON_HEAD = {"node:__internal_head__": 0.001}
"""What keeps an actor on the head, where the data folder is: workers come and go."""


LESS_AT_REST = {
    "RAY_num_workers_soft_limit": "0",
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "5000",
    "REPORTER_UPDATE_INTERVAL_MS": "10000",
    "LOG_NAME_UPDATE_INTERVAL_S": "30",
}
"""Ray keeps a worker for each CPU when its task is done, 180 MB after a training; a second later it ends instead, and
the next task waits two seconds for another. Serve looks at its replicas every half second instead of every tenth, and
tells its own metrics every five seconds instead of ten times in one; the figures of Ray's dashboard are up to 10 s old.
Ray's log monitor, which nobody listens to here, looks for new files twice a minute."""


def join_ray(address: str) -> str:
    """This process drives the Ray at the address, such as `auto` on the head that `ray up` made; returns its dashboard.

    Raises:
        UnavailableError: when it can't be reached.
    """
    _set_defaults()
    try:
        with our_folder(), _no_cluster() if _on_loopback(address) else contextlib.nullcontext():
            context = ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level="error")
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"The Ray at INPLAY_RAY_ADDRESS={address} can't be reached: {error}. Nothing was started. Start it, "
            "correct the address, or unset it for a Ray of this run's own."
        ) from error
    return f"http://{context.dashboard_url}" if context.dashboard_url else ""


def leave_ray() -> None:
    """Our actors are gone, and the Ray that this process had joined goes on."""
    dismiss_actors()
    ray.shutdown()


def dismiss_actors() -> None:
    """None of our named actors is alive; what each had on record stays."""
    for name in ray.util.list_named_actors():
        with contextlib.suppress(ValueError):  # it ended by itself meanwhile
            ray.kill(ray.get_actor(name), no_restart=True)


@contextlib.contextmanager
def _no_cluster() -> Iterator[None]:
    """Ray that starts here, and its processes, are on the loopback interface; what joins a cluster later isn't."""
    before, said = ray_constants.ENABLE_RAY_CLUSTER, os.environ.get(ON_LOOPBACK)
    os.environ[ON_LOOPBACK] = "0"
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before
        os.environ.pop(ON_LOOPBACK)
        os.environ.update({} if said is None else {ON_LOOPBACK: said})


def _on_loopback(address: str) -> bool:
    """Whether the Ray at the address is one that `start_ray` started; `auto` is the one that Ray would find.

    Raises:
        ConnectionError: when there is none to be found.
    """
    known = services.get_ray_address_from_environment(address, None)
    host, _, _ = (known or "").rpartition(":")
    return host in LOOPBACK


def _set_defaults() -> None:
    be_frugal()
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a fit's threads that wait don't take the platform's time
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")  # or Ctrl-C would end the search and not the run
    for name, value in LESS_AT_REST.items():
        os.environ.setdefault(name, value)
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # Tune's own progress boxes; the run says what it does itself


def start_ray(dashboard_port: int | None, data_folder: Path) -> str:
    """Ray runs on the loopback interface with token authentication; returns the address of its dashboard.

    Nothing that it starts listens elsewhere: control store, raylet, workers, agents and metrics.

    Args:
        dashboard_port: of Ray's own dashboard; None = without one.
        data_folder: of the run; it keeps Ray's token where the home folder can't.

    Raises:
        UnavailableError: when Ray does not start.
    """
    _set_defaults()
    allow_open_files()
    keep_token(os.environ, data_folder)
    use_short_folder(os.environ)
    try:
        with our_folder(), _no_cluster():
            context = ray.init(
                address="local",
                namespace=NAMESPACE,
                _node_ip_address="127.0.0.1",
                include_dashboard=dashboard_port is not None,
                dashboard_host="127.0.0.1",
                dashboard_port=dashboard_port,
                object_store_memory=OBJECT_STORE_BYTES,
                log_to_driver=False,
                logging_level="error",
            )
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"Ray did not start: {error}. Nothing was lost. Free memory and space under TMPDIR or /tmp, or "
            "choose another INPLAY_DASHBOARD_PORT, then run again."
        ) from error
    return f"http://{context.dashboard_url}" if context.dashboard_url else ""


def stop_ray() -> None:
    """Every process of the cluster is gone."""
    ray.shutdown()
