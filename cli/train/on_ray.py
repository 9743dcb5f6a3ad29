"""The Ray that `inplay train` works on: the one that it is inside of or was told of, else one of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ray

from actors.gpus import RayGpus
from actors.local import join_ray, start_ray
from adapters.settings import Settings
from cli.run.interrupt import SIGNALS
from trading.errors import UnavailableError

LOCAL = "local"
INSIDE = "RAY_JOB_CONFIG_JSON_ENV_VAR"
"""Ray sets this variable for what `ray job submit` starts. Source: Ray 2.60's `runtime_env/constants.py`."""


def address_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """The Ray to join; `local` = one of our own is started."""
    if settings.ray_address == LOCAL and INSIDE in environ:
        return environ.get("RAY_ADDRESS", "auto")
    return settings.ray_address


@contextmanager
def connected(settings: Settings) -> Iterator[str]:
    """Ray is there; yields where, in words. One of our own is gone afterwards, another one goes on.

    What the caller does on a signal stays what is done.

    Raises:
        UnavailableError: when it doesn't start or can't be reached.
    """
    address = address_of(settings)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    if address == LOCAL:
        start_ray(None, settings.home)
        where = "a Ray of its own on this machine"
    else:
        join_ray(address)
        where = f"the Ray at {address}"
    for number, handler in handlers.items():  # Ray's own print the stack and end the process in mid-work
        signal.signal(number, handler)
    try:
        yield where
    finally:
        ray.shutdown()


def refuse_without_gpu() -> None:
    """Ray has a GPU, or could rent one. Raises: UnavailableError."""
    if not RayGpus().obtainable():
        raise UnavailableError(
            "--gpu asks for a GPU, and this Ray has none and no autoscaler that could rent one. Nothing was trained. "
            "Leave --gpu, or set INPLAY_RAY_ADDRESS to a cluster that has one."
        )
