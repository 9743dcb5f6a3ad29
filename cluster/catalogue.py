"""Sizes as DigitalOcean sells them now, and what they are to Ray.

Nothing here is hard-coded: names, prices, regions and GPUs come from `/v2/sizes` each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cluster.errors import ApiError, ClusterConfigError

MIB = 1024 * 1024
MEMORY_FOR_RAY = 0.7
"""Share of a machine's memory that tasks may reserve; the rest is the object store's and the system's."""
ACCELERATORS = {
    "nvidia_h100": "H100",
    "nvidia_h200": "H200",
    "nvidia_l40s": "L40S",
    "nvidia_rtx4000_ada": "RTX-4000-ADA",
    "nvidia_rtx6000_ada": "RTX-6000-ADA",
    "amd_mi300x": "AMD-Instinct-MI300X-OAM",
    "amd_mi325x": "AMD-Instinct-MI325X-OAM",
}
"""Models of `gpu_info` and Ray's names where it has one (ray/util/accelerators); others are shown in upper case."""


@dataclass(frozen=True)
class Size:
    """A kind of machine.

    Attributes:
        memory_mib: of the whole machine.
        price_usd_per_month: the most that a month costs.
        regions: where it can be had now.
        gpu_model: as DigitalOcean writes it, empty without a GPU.
    """

    slug: str
    vcpus: int
    memory_mib: int
    price_usd_per_h: float
    price_usd_per_month: float
    regions: frozenset[str]
    available: bool
    gpu_count: int = 0
    gpu_model: str = ""

    def sold_in(self, region: str) -> bool:
        """Whether one can be asked for in `region`."""
        return self.available and region in self.regions

    def resources(self) -> dict[str, int]:
        """What Ray may schedule on it; whole numbers, as Ray's schema demands."""
        found = {"CPU": self.vcpus, "memory": int(self.memory_mib * MIB * MEMORY_FOR_RAY)}
        if self.gpu_count:
            found["GPU"] = self.gpu_count
        return found

    def labels(self, region: str) -> dict[str, str]:
        """Labels of Ray for what is special about it."""
        found = {"ray.io/region": region, "digitalocean.com/size": self.slug}
        if self.gpu_model:
            found["ray.io/accelerator-type"] = self.accelerator()
        return found

    def accelerator(self) -> str:
        """Ray's name of the GPU."""
        return ACCELERATORS.get(self.gpu_model, self.gpu_model.upper().replace("_", "-"))


class Catalogue:
    """All sizes that the API listed."""

    def __init__(self, listed: Iterable[Mapping[str, Any]]) -> None:
        self._sizes = {size.slug: size for size in map(_size, listed)}

    def size(self, slug: str) -> Size:
        """The size of that name. Raises: ClusterConfigError, naming its closest relatives."""
        if slug not in self._sizes:
            family = slug.split("-", maxsplit=1)[0]
            near = sorted(name for name in self._sizes if name.startswith(family))[:8]
            raise ClusterConfigError(
                f"DigitalOcean has no size {slug}. Nothing was created. Choose another in the cluster's file"
                + (f", such as {', '.join(near)}." if near else ".")
            )
        return self._sizes[slug]

    def sizes(self) -> list[Size]:
        """All of them, the cheapest first."""
        return sorted(self._sizes.values(), key=lambda size: (size.price_usd_per_h, size.slug))

    def check(self, slug: str, region: str) -> Size:
        """The size, which is for sale in `region`.

        Raises:
            ClusterConfigError: when it isn't, naming where it is.
        """
        size = self.size(slug)
        if not size.sold_in(region):
            where = ", ".join(sorted(size.regions)) if size.available and size.regions else "nowhere at the moment"
            raise ClusterConfigError(
                f"{slug} isn't sold in {region}; it is sold in: {where}. Nothing was created. Change `region`, or the "
                "type's `size`, in the cluster's file."
            )
        return size


def _size(listed: Mapping[str, Any]) -> Size:
    try:
        gpu = listed.get("gpu_info") or {}
        return Size(
            slug=str(listed["slug"]),
            vcpus=int(listed["vcpus"]),
            memory_mib=int(listed["memory"]),
            price_usd_per_h=float(listed["price_hourly"]),
            price_usd_per_month=float(listed["price_monthly"]),
            regions=frozenset(map(str, listed["regions"])),
            available=bool(listed["available"]),
            gpu_count=int(gpu.get("count") or 0),
            gpu_model=str(gpu.get("model") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ApiError(
            f"DigitalOcean listed a size that can't be read ({type(error).__name__}: {error}). Nothing was created, "
            "since its price is unknown. Try again later."
        ) from None
