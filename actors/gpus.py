"""A GPU for a while, through Ray's autoscaler: whether there could be one, proven, seen to be gone."""

from __future__ import annotations

import time
from typing import Any, Protocol

import ray
from ray.autoscaler.v2.sdk import get_cluster_status, request_cluster_resources
from ray.exceptions import RayError, RayTaskError

from trading.errors import InplayError, UnavailableError
from tune.fits.device import prove_cuda

LOOK_EVERY_S = 1.0


class Gpus(Protocol):
    """Where a GPU comes from."""

    def obtainable(self) -> bool:
        """Whether there is a GPU already, or an autoscaler that could rent one."""
        ...

    def note(self) -> None:
        """Which machines with a GPU there are; what comes later is ours."""
        ...

    def release(self) -> None:
        """Nothing is asked for on behalf of a process that is gone; repeating it is harmless."""
        ...

    def gone(self, timeout_s: float) -> bool:
        """Whether every machine with a GPU that came since `note` has left in time."""
        ...


class RayGpus:
    """Ray's autoscaler. Work that waits for a GPU is the demand for one, and ends with the process that asked."""

    def __init__(self) -> None:
        self._before: set[str] = set()

    def obtainable(self) -> bool:
        """See `Gpus`. An autoscaler numbers what it reports, from one on; without one the number stays zero."""
        stats = get_cluster_status(ray.get_runtime_context().gcs_address).stats
        return bool(gpu_nodes()) or int(stats.autoscaler_version or 0) > 0

    def note(self) -> None:
        """See `Gpus`."""
        self._before = gpu_nodes()

    def prove(self, timeout_s: float) -> str | None:
        """What a worker with a GPU trains on; None when there was none in time. Its wait is the demand for one.

        Raises:
            UnavailableError: when a worker that should have a GPU trains on something else.
        """
        task: Any = ray.remote(num_cpus=0, num_gpus=1, max_retries=0)(prove_cuda)
        reference = task.remote()
        ready, _ = ray.wait([reference], timeout=timeout_s)
        if not ready:
            ray.cancel(reference, force=True)
            return None
        try:
            return str(ray.get(reference))
        except RayTaskError as error:
            raise error.cause if isinstance(error.cause, InplayError) else error from error
        except RayError as error:
            raise UnavailableError(f"The machine with a GPU went away: {error}. No model was replaced.") from error

    def release(self) -> None:
        """See `Gpus`. Earlier versions asked for room for a GPU, which Ray keeps asking for when they die.

        Not through `ray.autoscaler.sdk`: that remembers for the life of the process which autoscaler the first Ray had.
        """
        request_cluster_resources(ray.get_runtime_context().gcs_address, [])

    def gone(self, timeout_s: float) -> bool:
        """See `Gpus`."""
        deadline = time.monotonic() + timeout_s
        while gpu_nodes() - self._before:
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_EVERY_S)
        return True


def gpu_nodes() -> set[str]:
    """Ray's nodes that are alive and have a GPU."""
    return {node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("GPU", 0) > 0}
