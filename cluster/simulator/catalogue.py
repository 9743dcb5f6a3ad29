"""What the simulated cloud sells: sizes with prices, regions, images. Where from and of when: `catalogue.json`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

from cluster.simulator.messages import Json


@dataclass(frozen=True)
class Catalogue:
    """Sizes, regions and images as the API shows them.

    Args:
        as_of: Month of the prices.
        volume_usd_per_gb_month: Block storage.
        sizes: By slug; with `gpu_info` where the size has GPUs.
        regions: By slug, without `sizes`.
        images: Base images, as listed.
    """

    as_of: str
    volume_usd_per_gb_month: float
    sizes: dict[str, Json]
    regions: dict[str, Json]
    images: list[Json]

    @classmethod
    def published(cls) -> Catalogue:
        """What DigitalOcean published, as far as `catalogue.json` has it."""
        read = json.loads(files(__package__).joinpath("catalogue.json").read_text(encoding="utf-8"))
        return cls(
            as_of=read["as_of"],
            volume_usd_per_gb_month=read["volume_usd_per_gb_month"],
            sizes={size["slug"]: size for size in read["sizes"]},
            regions={region["slug"]: region for region in read["regions"]},
            images=read["images"],
        )

    def region(self, slug: str) -> Json:
        """The region as the API shows it, with the sizes it sells."""
        sold = [size["slug"] for size in self.sizes.values() if slug in size["regions"]]
        return {**self.regions[slug], "sizes": sold}

    def has_gpu(self, size_slug: str) -> bool:
        """Whether droplets of this size are left out of the default list."""
        return "gpu_info" in self.sizes[size_slug]
