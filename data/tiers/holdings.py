"""What lies in which tier, by the manifest and by the places themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.bars.files import KINDS, BarFile, Kind
from adapters.bars.locations import TIERS, Tier, TierLocations
from trading.errors import UnavailableError


@dataclass(frozen=True)
class Holding:
    """The files of one tier and timeframe.

    Attributes:
        where: the place of the tier.
        missing: files that the manifest names and the place hasn't.
    """

    tier: Tier
    timeframe: Kind
    where: str
    files: int
    rows: int
    size_bytes: int
    sessions: int
    first_session: date
    last_session: date
    missing: tuple[str, ...]


def holdings(files: Sequence[BarFile], home: Path, locations: TierLocations) -> list[Holding]:
    """Each tier and timeframe that has files.

    Raises:
        UnavailableError: when a place doesn't answer.
    """
    found = []
    for tier in TIERS:
        ours = [file for file in files if file.tier == tier]
        sizes = _sizes(home, locations, tier) if ours else {}
        for timeframe in KINDS:
            group = [file for file in ours if file.timeframe == timeframe]
            if group:
                found.append(_holding(tier, locations.places(home)[tier].words, group, sizes))
    return found


def _sizes(home: Path, locations: TierLocations, tier: Tier) -> dict[str, int]:
    place = locations.places(home)[tier]
    try:
        return place.sizes()
    except OSError as error:
        raise UnavailableError(
            f"What lies in the {tier} tier at {place.words} can't be told: {error.strerror or error}. Nothing was "
            "changed. Check the address, the keys and the net, then ask again."
        ) from error


def _holding(tier: Tier, where: str, files: Sequence[BarFile], sizes: dict[str, int]) -> Holding:
    sessions = {session for file in files for session in file.sessions}
    return Holding(
        tier=tier,
        timeframe=files[0].timeframe,
        where=where,
        files=len(files),
        rows=sum(file.rows for file in files),
        size_bytes=sum(sizes.get(file.path, 0) for file in files),
        sessions=len(sessions),
        first_session=min(sessions),
        last_session=max(sessions),
        missing=tuple(file.path for file in files if file.path not in sizes),
    )
