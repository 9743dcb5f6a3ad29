"""The volume that holds a cluster's older bars: made once, attached, and never deleted by `ray down`.

It outlives its machines on purpose, since data is on it; that it stays and what it costs is said when the cluster goes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cluster.api import DigitalOcean, quoted
from cluster.clock import Clock
from cluster.errors import ApiError, ClusterError, SpendCapError, UnknownOutcomeError
from cluster.names import known_name

log = logging.getLogger(__name__)

USD_PER_GB_MONTH = 0.10
"""DigitalOcean's price of block storage, https://www.digitalocean.com/pricing/volumes, read 2026-11."""
LOOKS, PAUSE_S = 40, 3.0
DEVICES = "/dev/disk/by-id/scsi-0DO_Volume_"


@dataclass(frozen=True)
class Volume:
    """A volume and the machines that it is attached to."""

    id: str
    name: str
    region: str
    size_gb: int
    droplet_ids: tuple[int, ...]

    @property
    def usd_per_month(self) -> float:
        """What it costs, attached or not."""
        return self.size_gb * USD_PER_GB_MONTH

    @property
    def device(self) -> str:
        """Where the machine that has it finds it."""
        return DEVICES + self.name

    @property
    def folder(self) -> str:
        """Where it is mounted."""
        return f"/mnt/{self.name}"


def volume_name(cluster: str) -> str:
    """The name of a cluster's volume; a region has each name once."""
    return f"inplay-{known_name(cluster)}-bars"


def find_volume(api: DigitalOcean, cluster: str, region: str | None = None) -> Volume | None:
    """The cluster's volume, in a region or wherever it is. Raises: ApiError."""
    found = [_read(each) for each in api.list_all("volumes", "volumes") if each.get("name") == volume_name(cluster)]
    return next((volume for volume in found if region in (None, volume.region)), None)


def refuse_over_month(size_gb: int, machines_usd_per_month: float, cap_usd: float) -> None:
    """The volume fits into the month's cap beside the machines that run. Raises: SpendCapError."""
    total = machines_usd_per_month + size_gb * USD_PER_GB_MONTH
    if total > cap_usd:
        raise SpendCapError(
            f"With a volume of {size_gb} GB the cluster would cost ${total:,.2f} a month; the cap is ${cap_usd:,.2f}. "
            "Nothing was bought. Take a smaller one, or raise `provider.spend_caps.usd_per_month` in the cluster's "
            "file."
        )


def attach_volume(
    api: DigitalOcean, clock: Clock, *, cluster: str, region: str, droplet_id: int, size_gb: int
) -> Volume:
    """The cluster's one volume is attached to the machine; made with an ext4 file system if there was none.

    Repeating it changes nothing. A volume that is there already is taken as it is, whatever its size.

    Raises:
        ClusterError: when it is attached to another machine, or never got attached; it exists then, and costs money.
        ApiError: when DigitalOcean refuses.
    """
    volume = find_volume(api, cluster, region) or _make(api, clock, cluster, region, size_gb)
    if volume.droplet_ids == (droplet_id,):
        return volume
    if volume.droplet_ids:
        raise ClusterError(
            f"The volume {volume.name} is attached to machine {volume.droplet_ids[0]} and not to {droplet_id}. Nothing "
            "was changed and no data was touched. Detach it in the control panel, then repeat."
        )
    try:
        wanted = {"type": "attach", "droplet_id": droplet_id, "region": region}
        api.post(f"volumes/{quoted(volume.id)}/actions", wanted)
    except UnknownOutcomeError as error:
        log.warning("looking whether it was attached: %s", error)
    for _ in range(LOOKS):
        now = _read(api.get(f"volumes/{quoted(volume.id)}").body["volume"])
        if now.droplet_ids == (droplet_id,):
            return now
        clock.sleep(PAUSE_S)
    raise ClusterError(
        f"The volume {volume.name} exists, costs ${volume.usd_per_month:.2f} a month, and isn't attached after "
        f"{LOOKS * PAUSE_S:.0f} s. No data was touched. Repeat the command, or delete it with `--delete`."
    )


def delete_volume(api: DigitalOcean, cluster: str) -> Volume | None:
    """The cluster's volume and everything on it are gone. Returns: what it was; None when there was none.

    Raises:
        ClusterError: while it is attached; nothing was deleted.
    """
    volume = find_volume(api, cluster)
    if volume is None:
        return None
    if volume.droplet_ids:
        raise ClusterError(
            f"The volume {volume.name} is attached to machine {volume.droplet_ids[0]}. Nothing was deleted. Unmount "
            "and detach it first, or destroy the machine."
        )
    api.delete(f"volumes/{quoted(volume.id)}")
    return volume


def _make(api: DigitalOcean, clock: Clock, cluster: str, region: str, size_gb: int) -> Volume:
    """The volume, made once: a lost answer or a conflict is followed by looking."""
    wanted = {
        "name": volume_name(cluster), "region": region, "size_gigabytes": size_gb, "filesystem_type": "ext4",
        "description": f"older bars of the inplay cluster {cluster}",
    }  # fmt: skip
    try:
        return _read(api.post("volumes", wanted).body["volume"])
    except UnknownOutcomeError as error:
        log.warning("looking whether the volume was made: %s", error)
        clock.sleep(PAUSE_S)
        refusal: ApiError = error
    except ApiError as error:
        refusal = error  # somebody else may have been faster
    found = find_volume(api, cluster, region)
    if found is None:
        raise refusal
    return found


def _read(listed: Mapping[str, Any]) -> Volume:
    return Volume(
        id=str(listed["id"]),
        name=str(listed["name"]),
        region=str((listed.get("region") or {}).get("slug")),
        size_gb=int(listed["size_gigabytes"]),
        droplet_ids=tuple(int(each) for each in listed.get("droplet_ids") or ()),
    )
