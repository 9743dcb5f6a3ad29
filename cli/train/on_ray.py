"""The Ray that `inplay train` works on: the one that it is inside of or was told of, else one of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ray

from actors.gpus import RayGpus
from actors.local import join_ray, start_ray
from adapters.settings import Settings
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

    Raises:
        UnavailableError: when it doesn't start or can't be reached.
    """
    address = address_of(settings)
    if address == LOCAL:
        start_ray(None, settings.home)
        where = "a Ray of its own on this machine"
    else:
        join_ray(address)
        where = f"the Ray at {address}"
    try:
        yield where
    finally:
        ray.shutdown()


@contextmanager
def gpu(wait_s: float) -> Iterator[str]:
    """A worker has proved that it trains on a GPU; yields which. What was asked of an autoscaler isn't any more after.

    Raises:
        UnavailableError: when there is none and none comes in time, or a worker with one trains on its CPU.
    """
    gpus = RayGpus()
    if not gpus.obtainable():
        raise UnavailableError(
            "--gpu asks for a GPU, and this Ray has none and no autoscaler that could rent one. Nothing was trained. "
            "Leave --gpu, or set INPLAY_RAY_ADDRESS to a cluster that has one."
        )
    gpus.request()
    try:
        device = gpus.prove(wait_s)
        if device is None:
            raise UnavailableError(
                f"No GPU came within {wait_s / 60:.0f} min: sold out, over a spend cap, or no such type. Nothing was "
                "trained."
            )
        yield device
    finally:
        gpus.release()
