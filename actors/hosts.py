"""Which services live in one process. The reasons are in ARCHITECTURE.md, "Hosts"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

Hosting = Literal["few", "one-each"]
"""`few`: as the table says. `one-each`: a process for every service."""

TOGETHER: Mapping[str, tuple[str, ...]] = {
    "trading": ("paper_trading", "coordinator"),
    "analysis": ("technical_analysis", "pattern_recognition", "pattern_analysis", "scanner"),
    "sources": ("ingestion", "news", "alerting"),
    "review": ("checks", "model_monitoring", "reporting"),
    "upkeep": ("storage", "training_scheduler"),
}
"""By host. A service that isn't here, as `execution` and `health`, lives alone, and its host has its name."""

_HOST_OF = {service: host for host, services in TOGETHER.items() for service in services}


def host_of(service: str, hosting: Hosting = "few") -> str:
    """The name of the actor that the service lives in."""
    return _HOST_OF.get(service, service) if hosting == "few" else service


def by_host(services: Iterable[str], hosting: Hosting = "few") -> dict[str, list[str]]:
    """The services of each host, both in the order given."""
    found: dict[str, list[str]] = {}
    for service in services:
        found.setdefault(host_of(service, hosting), []).append(service)
    return found


def known_hosts(services: Iterable[str]) -> frozenset[str]:
    """Every name that an actor of ours may have, however these services are hosted."""
    return frozenset({*TOGETHER, *services})


def group_aside(service: str) -> str:
    """The concurrency group in which the service answers while it is at work."""
    return f"{service} aside"
