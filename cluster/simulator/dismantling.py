"""Droplets destroyed together with what belongs to them."""

from __future__ import annotations

from cluster.simulator.droplet import Droplet
from cluster.simulator.droplets import destroy
from cluster.simulator.messages import Json, Refusal, Response, not_found
from cluster.simulator.world import Call, World, stamp


def _volumes_and_snapshots(world: World, droplet: Droplet) -> dict[str, list[Json]]:
    volumes = [volume for volume in world.volumes.values() if droplet.id in volume["droplet_ids"]]
    taken = [snapshot for snapshot in world.snapshots.values() if snapshot["resource_id"] == str(droplet.id)]
    return {"volumes": volumes, "snapshots": taken}


def associated(world: World, call: Call) -> Response:
    """What would go with the droplet."""
    found = _volumes_and_snapshots(world, world.droplet(call))
    price = world.catalogue.volume_usd_per_gb_month
    rows = {
        kind: [
            {"id": each["id"], "name": each["name"], "cost": f"{each['size_gigabytes'] * price:.2f}"} for each in all_
        ]
        for kind, all_ in found.items()
    }
    return Response.of(200, {"reserved_ips": [], "floating_ips": [], "volume_snapshots": [], **rows})


def destroyed_with_associated(world: World, call: Call) -> Response:
    """The droplet goes, with its volumes and snapshots."""
    droplet = world.droplet(call)
    if call.request.headers.get("x-dangerous", "").lower() != "true":
        raise Refusal(400, "bad_request", "the header X-Dangerous must be true")
    found = _volumes_and_snapshots(world, droplet)
    destroy(world, droplet, call.now_at)
    for volume in found["volumes"]:
        del world.volumes[volume["id"]]
        world.invoice.close(f"volume:{volume['id']}", call.now_at)
    for snapshot in found["snapshots"]:
        del world.snapshots[snapshot["id"]]
    ended = {"destroyed_at": stamp(call.now_at)}
    world.dismantled[droplet.id] = {
        "droplet": {"id": str(droplet.id), "name": droplet.name},
        "resources": {
            kind: [{"id": each["id"], "name": each["name"], **ended} for each in all_]
            for kind, all_ in found.items()
        },
        "failures": 0,
    }  # fmt: skip
    return Response(202)


def dismantled(world: World, call: Call) -> Response:
    """How far the destruction with everything is."""
    droplet_id = int(call.variables["droplet_id"])
    if droplet_id not in world.dismantled:
        raise not_found()
    status, ended_at = world.dismantled[droplet_id], world.droplets[droplet_id].destroyed_at
    if ended_at is None:
        return Response.of(200, status)
    ended = stamp(ended_at)
    return Response.of(200, {**status, "droplet": {**status["droplet"], "destroyed_at": ended}, "completed_at": ended})
