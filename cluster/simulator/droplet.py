"""A droplet of the simulated cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cluster.simulator.messages import Json

FIRST_NUMBER = 400_000_000
"""The least id of anything."""


@dataclass
class Droplet:
    """One machine, alive or destroyed."""

    id: int
    name: str
    size_slug: str
    region_slug: str
    image: Json
    vpc_uuid: str
    created_at: datetime
    user_data: str
    public: bool
    features: list[str]
    private_ip: str
    public_keys: list[str] = field(default_factory=list)
    volume_ids: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    status: str = "new"
    going: bool = False
    destroyed_at: datetime | None = None

    @property
    def public_ip(self) -> str:
        """The public address, of a range reserved for tests of networks (RFC 2544): nobody's machine."""
        low = self.id - FIRST_NUMBER
        return f"198.19.{low // 256 % 256}.{low % 256}"

    def existed(self, at: datetime) -> bool:
        """Whether the droplet was there at a time."""
        return self.created_at <= at and (self.destroyed_at is None or at < self.destroyed_at)
