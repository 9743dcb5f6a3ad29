"""The places of the tiers, as plain values that travel and as the places themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from adapters.bars.places import FolderPlace, Place, S3Access, place_at
from trading.transitions import Transitions

Tier = Literal["hot", "warm", "cold"]
TIERS: tuple[Tier, ...] = ("hot", "warm", "cold")
MOVES: Transitions[Tier] = Transitions(
    "bar file",
    {
        # Files only grow older: a tier is followed by itself where files are merged, and by colder ones. A longer time
        # in a tier that is set later calls none back.
        "hot": {"hot", "warm", "cold"},
        "warm": {"warm", "cold"},
        "cold": {"cold"},
    },
)
Places = Mapping[Tier, Place]


@dataclass(frozen=True)
class TierLocations:
    """Where warm and cold files lie; hot ones lie in the data folder.

    Attributes:
        warm: a folder, such as a mounted volume; the data folder if None.
        cold: a folder or `s3://BUCKET/PREFIX`; the data folder if None.
    """

    warm: Path | None = None
    cold: str | None = None
    s3: S3Access = field(default_factory=S3Access)

    def places(self, home: Path) -> Places:
        """The tiers' places; nothing is opened or made."""
        hot = FolderPlace(home)
        return {
            "hot": hot,
            "warm": hot if self.warm is None else FolderPlace(self.warm, given=True),
            "cold": hot if self.cold is None else place_at(self.cold, self.s3),
        }
