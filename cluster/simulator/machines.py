"""What a droplet is made of. By default nothing: the API alone is simulated."""

from __future__ import annotations

from typing import Protocol

from cluster.simulator.messages import Json


class Machines(Protocol):
    """Where droplets run."""

    def start(self, droplet: Json, user_data: str) -> None:
        """The machine of `droplet` boots with `user_data`."""
        ...

    def stop(self, droplet_id: int) -> None:
        """The machine is gone; harmless where there was none."""
        ...


class NoMachines:
    """Droplets that exist in the API only."""

    def start(self, droplet: Json, user_data: str) -> None:
        """Nothing boots."""

    def stop(self, droplet_id: int) -> None:
        """Nothing was there."""
