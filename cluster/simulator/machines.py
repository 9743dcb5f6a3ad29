"""What a droplet is made of. By default nothing: the API alone is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cluster.simulator.messages import Json


class Machines(Protocol):
    """Where droplets run. Each method is called by one thread at a time and returns soon."""

    def start(self, droplet: Json, user_data: str, public_keys: Sequence[str]) -> None:
        """The machine of `droplet` boots with `user_data`; root's door opens to `public_keys`."""
        ...

    def guard(self, droplet_id: int, firewalls: Sequence[Json]) -> None:
        """These firewalls hold for the droplet, and no others; without any, everything is let through.

        Their rules name addresses only: what the API's rules say of tags and droplets is resolved.
        """
        ...

    def stop(self, droplet_id: int) -> None:
        """The machine is gone; harmless where there was none."""
        ...


class NoMachines:
    """Droplets that exist in the API only."""

    def start(self, droplet: Json, user_data: str, public_keys: Sequence[str]) -> None:
        """Nothing boots."""

    def guard(self, droplet_id: int, firewalls: Sequence[Json]) -> None:
        """Nothing is guarded."""

    def stop(self, droplet_id: int) -> None:
        """Nothing was there."""
