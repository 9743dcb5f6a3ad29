"""Volumes, snapshots and images."""

from __future__ import annotations

from cluster.simulator.messages import Json, Refusal, Response, not_found, page_of, unprocessable
from cluster.simulator.world import Call, World, stamp

# As for droplets, an hour costs a 672nd of a month.
_HOURS_PER_MONTH = 672


def volumes_listed(world: World, call: Call) -> Response:
    """All volumes, or those of a name or region."""
    query = call.request.query
    rows = [
        volume
        for volume in world.volumes.values()
        if query.get("name", volume["name"]) == volume["name"]
        and query.get("region", volume["region"]["slug"]) == volume["region"]["slug"]
    ]
    return Response.of(200, page_of("volumes", rows, call.request, world.base_url))


def volume_created(world: World, call: Call) -> Response:
    """A volume exists, and is billed."""
    body = call.body()
    region = body.get("region")
    if region not in world.catalogue.regions:
        raise unprocessable("the region does not exist")
    if any(each["name"] == body["name"] and each["region"]["slug"] == region for each in world.volumes.values()):
        raise Refusal(409, "conflict", "a volume with that name already exists in the region")
    volume: Json = {
        "id": world.uuid(), "name": body["name"], "size_gigabytes": body["size_gigabytes"],
        "description": body.get("description") or "", "created_at": stamp(call.now_at), "droplet_ids": [],
        "tags": body.get("tags") or [], "region": world.catalogue.region(region),
        "filesystem_type": body.get("filesystem_type") or "", "filesystem_label": body.get("filesystem_label") or "",
    }  # fmt: skip
    world.volumes[volume["id"]] = volume
    world.tags.update(dict.fromkeys(volume["tags"]))
    price = volume["size_gigabytes"] * world.catalogue.volume_usd_per_gb_month / _HOURS_PER_MONTH
    world.invoice.open(f"volume:{volume['id']}", volume["name"], "volume", price, call.now_at)
    return Response.of(201, {"volume": volume})


def volume_got(world: World, call: Call) -> Response:
    """One volume."""
    return Response.of(200, {"volume": _volume(world, call)})


def volume_deleted(world: World, call: Call) -> Response:
    """The volume is gone; refused while it is attached."""
    volume = _volume(world, call)
    if volume["droplet_ids"]:
        raise Refusal(409, "conflict", "failed to delete volume: it is attached to a Droplet")
    del world.volumes[volume["id"]]
    world.invoice.close(f"volume:{volume['id']}", call.now_at)
    return Response(204)


def _volume(world: World, call: Call) -> Json:
    volume = world.volumes.get(call.variables["volume_id"])
    if volume is None:
        raise not_found()
    return volume


def snapshots_listed(world: World, call: Call) -> Response:
    """All snapshots, or those of droplets or volumes."""
    kind = call.request.query.get("resource_type")
    rows = [_bare(each) for each in world.snapshots.values() if kind in (None, each["resource_type"])]
    return Response.of(200, page_of("snapshots", rows, call.request, world.base_url))


def snapshots_of_droplet(world: World, call: Call) -> Response:
    """The snapshots of one droplet."""
    droplet = world.droplet(call)
    rows = [
        {**_bare(each), "id": int(each["id"]), "type": "snapshot"}
        for each in world.snapshots.values()
        if each["resource_id"] == str(droplet.id)
    ]
    return Response.of(200, page_of("snapshots", rows, call.request, world.base_url))


def snapshot_got(world: World, call: Call) -> Response:
    """One snapshot."""
    return Response.of(200, {"snapshot": _bare(_snapshot(world, call.variables["snapshot_id"]))})


def snapshot_deleted(world: World, call: Call) -> Response:
    """The snapshot is gone, and the image with it."""
    del world.snapshots[_snapshot(world, call.variables["snapshot_id"])["id"]]
    return Response(204)


def _snapshot(world: World, snapshot_id: str) -> Json:
    snapshot = world.snapshots.get(snapshot_id)
    if snapshot is None:
        raise not_found()
    return snapshot


def _bare(snapshot: Json) -> Json:
    return {key: value for key, value in snapshot.items() if key != "image"}


def images_listed(world: World, call: Call) -> Response:
    """All images, or with `private` the account's own."""
    query = call.request.query
    own = [snapshot["image"] for snapshot in world.snapshots.values()]
    public = [] if query.get("private") == "true" else world.catalogue.images
    rows = [
        image
        for image in [*public, *own]
        if query.get("tag_name") in (None, *image["tags"]) and query.get("type") != "application"
    ]
    return Response.of(200, page_of("images", rows, call.request, world.base_url))


def image_got(world: World, call: Call) -> Response:
    """One image, by id or slug."""
    wanted = call.variables["image_id"]
    for image in [*world.catalogue.images, *(snapshot["image"] for snapshot in world.snapshots.values())]:
        if wanted in (str(image["id"]), image["slug"]):
            return Response.of(200, {"image": image})
    raise not_found()


def image_deleted(world: World, call: Call) -> Response:
    """The account's own image is gone, and the snapshot with it."""
    del world.snapshots[_snapshot(world, call.variables["image_id"])["id"]]
    return Response(204)
