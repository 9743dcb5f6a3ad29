"""The Ray cluster that a run works on: one of this machine alone, owned by this process, or one that is up."""

from __future__ import annotations

import os

import ray

from actors.wiring import NAMESPACE
from trading.errors import UnavailableError

OBJECT_STORE_BYTES = 400 * 1024**2
"""Holds the market of a few sessions (some 40 MB each) and the training rows."""


def start_ray(dashboard_port: int) -> str:
    """Ray runs on the loopback interface with token authentication; returns the address of its dashboard.

    Raises:
        UnavailableError: when Ray does not start.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")  # or Ctrl-C would end the search and not the run
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")  # Tune's own progress boxes; the run says what it does itself
    try:
        context = ray.init(
            address="local",
            namespace=NAMESPACE,
            _node_ip_address="127.0.0.1",
            include_dashboard=True,
            dashboard_host="127.0.0.1",
            dashboard_port=dashboard_port,
            object_store_memory=OBJECT_STORE_BYTES,
            log_to_driver=False,
            logging_level="error",
        )
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"Ray did not start: {error}. Nothing was lost. Free memory and space under /tmp, or choose another "
            "INPLAY_DASHBOARD_PORT, then run again."
        ) from error
    return f"http://{context.dashboard_url}"


def join_ray(address: str) -> str:
    """This process belongs to the cluster at the address; returns the address of its dashboard.

    Raises:
        UnavailableError: when there is none, or it refuses.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("TUNE_DISABLE_SIGINT_HANDLER", "1")
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    try:
        context = ray.init(address=address, namespace=NAMESPACE, log_to_driver=False, logging_level="error")
    except (RuntimeError, ConnectionError, OSError, ValueError) as error:
        raise UnavailableError(
            f"No Ray cluster answers at {address!r}: {error}. Nothing was lost. Start it (`ray up`, or `ray start "
            "--head`), give this process its token, or unset INPLAY_RAY_ADDRESS and the run starts its own."
        ) from error
    return f"http://{context.dashboard_url}"


def leave_ray() -> None:
    """The cluster goes on without this process."""
    ray.shutdown()


def stop_ray() -> None:
    """Every process of the cluster is gone."""
    ray.shutdown()
