"""The process that services live in: one thread for the work of each, and one for what is asked aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ray

from actors.hosts import group_aside
from actors.local import ON_HEAD
from actors.service import Service
from actors.wiring import NAMESPACE, Wiring


@dataclass(frozen=True)
class Made:
    """How a service is made; a restart makes it so again.

    Attributes:
        args: of its constructor, after the wiring.
    """

    service: type[Service]
    args: tuple[Any, ...] = field(default=())

    @property
    def name(self) -> str:
        """Of the service."""
        return self.service.name


class Host:
    """An actor of Ray that services live in.

    The calls of a service run one after another, in a concurrency group of its name, so a service is as
    single-threaded as in an actor of its own, and waits for none of its neighbours.
    """

    def __init__(self, wiring: Wiring, made: Sequence[Made]) -> None:
        self._wiring = wiring
        self._services = {one.name: one.service(wiring, *one.args) for one in made}
        for name, service in self._services.items():
            service.neighbours = tuple(each for other, each in self._services.items() if other != name)

    def call(self, service: str, method: str, /, *args: Any, **named: Any) -> Any:
        """The answer of the service's method."""
        return getattr(self._services[service], method)(*args, **named)

    def is_made_of(self, wiring: Wiring, services: Sequence[str]) -> bool:
        """Whether it holds these services, made of these settings; one that outlived its run may hold others."""
        return self._wiring == wiring and list(self._services) == list(services)


def spawn_host(name: str, wiring: Wiring, made: Sequence[Made]) -> Any:
    """The detached actor of that name, made if there is none; it restarts without end and its calls are repeated."""
    groups = {group: 1 for one in made for group in (one.name, group_aside(one.name))}
    named = type(name.title().replace("_", ""), (Host,), {})  # in Ray's lists and the title of its process
    return (
        ray.remote(concurrency_groups=groups)(named)
        .options(
            name=name,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_task_retries=-1,
            max_concurrency=1,
            num_cpus=0,
            resources=ON_HEAD,
        )
        .remote(wiring, list(made))
    )
