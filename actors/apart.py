"""Work that needs much memory for a short time is done in a process that ends with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import ray
from ray.exceptions import RayError, RayTaskError

from actors.local import ON_HEAD
from trading.errors import UnavailableError

LIMIT_S = 600.0
P = ParamSpec("P")
T = TypeVar("T")


def apart(function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """What the function returns, from a process of Ray on the head; without a Ray, from this one.

    Raises:
        UnavailableError: when that process went away, or wasn't done after ten minutes.
        Exception: what the function raised.
    """
    if not ray.is_initialized():
        return function(*args, **named)
    task = ray.remote(num_cpus=0, max_retries=0, resources=ON_HEAD)(function)
    reference = task.remote(*args, **named)
    try:
        return cast("T", ray.get(reference, timeout=LIMIT_S))
    except RayTaskError as error:
        raise (error.cause if isinstance(error.cause, Exception) else error) from None
    except RayError as error:
        ray.cancel(reference, force=True)
        name = getattr(function, "__name__", "the work")
        raise UnavailableError(f"The process that was at {name} went away or wasn't done: {error}") from error
