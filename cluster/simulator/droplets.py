"""Droplets: created, listed, destroyed. Each function answers one operation of the specification."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_network

from cluster.simulator.droplet import Droplet
from cluster.simulator.faults import FaultKind
from cluster.simulator.messages import Json, Response, page_of, unprocessable
from cluster.simulator.world import Call, World, stamp

_MOST_NAMES = 10


def shown(world: World, droplet: Droplet) -> Json:
    """The droplet as the API shows it."""
    size = world.catalogue.sizes[droplet.size_slug]
    network = ip_network(world.vpcs[droplet.vpc_uuid]["ip_range"])
    private = {"ip_address": droplet.private_ip, "netmask": str(network.netmask), "gateway": str(network[1]),
               "type": "private"}  # fmt: skip
    public = {"ip_address": droplet.public_ip, "netmask": "255.254.0.0",
              "gateway": "198.18.0.1", "type": "public"}  # fmt: skip
    addresses = [private, public] if droplet.public else [private]
    gpu = {"gpu_info": size["gpu_info"]} if "gpu_info" in size else {}
    return {
        "id": droplet.id, "name": droplet.name, "memory": size["memory"], "vcpus": size["vcpus"],
        "disk": size["disk"], "disk_info": size["disk_info"], "locked": droplet.status == "new" or droplet.going,
        "status": droplet.status, "kernel": None, "created_at": stamp(droplet.created_at),
        "features": droplet.features, "backup_ids": [], "next_backup_window": None, "snapshot_ids": [],
        "image": droplet.image, "volume_ids": droplet.volume_ids, "size": size, "size_slug": droplet.size_slug,
        "networks": {"v4": [] if droplet.status == "new" else addresses, "v6": []},
        "region": world.catalogue.region(droplet.region_slug), "tags": droplet.tags, "vpc_uuid": droplet.vpc_uuid,
        **gpu,
    }  # fmt: skip


def create(world: World, call: Call) -> Response:
    """One droplet, or up to ten, are on their way: status `new`, billed from now on."""
    body = call.body()
    several = isinstance(body.get("names"), list)
    names = body["names"] if several else [body["name"]]
    _refuse(world, call, body, names)
    made = [_add(world, call, body, name) for name in names]
    actions = [_boot(world, call, droplet, body) for droplet in made]
    links = {"actions": [
        {"id": action["id"], "rel": "create", "href": f"{world.base_url}/v2/actions/{action['id']}"}
        for action in actions
    ]}  # fmt: skip
    if several:
        return Response.of(202, {"droplets": [shown(world, droplet) for droplet in made], "links": links})
    return Response.of(202, {"droplet": shown(world, made[0]), "links": links})


def _refuse(world: World, call: Call, body: Json, names: list[str]) -> None:
    _refuse_place(world, call, body)
    if _image(world, body["image"]) is None:
        raise unprocessable("You specified an invalid image for Droplet creation.")
    wanted = [(world.vpcs, body.get("vpc_uuid"))] if body.get("vpc_uuid") else []
    wanted += [(world.volumes, volume_id) for volume_id in body.get("volumes") or []]
    if any(each not in known or _region_of(known[each]) != body["region"] for known, each in wanted):
        raise unprocessable("a VPC or volume does not exist in this region")
    fingerprints = {key["fingerprint"] for key in world.keys.values()}
    if any(key not in world.keys and key not in fingerprints for key in map(_key, body.get("ssh_keys") or [])):
        raise unprocessable("one of the SSH keys is invalid")
    if not 1 <= len(names) <= _MOST_NAMES or not all(isinstance(name, str) for name in names):
        raise unprocessable("names must be 1 to 10 texts")
    if len(world.alive()) + len(names) > world.droplet_limit:
        raise unprocessable("creating this/these droplet(s) will exceed your droplet limit")


def _refuse_place(world: World, call: Call, body: Json) -> None:
    """The size and the region exist and fit; a body without a region gets one that sells the size."""
    size = world.catalogue.sizes.get(body["size"])
    if size is None:
        raise unprocessable("You specified an invalid size for Droplet creation.")
    region = body.setdefault("region", size["regions"][0])
    if region not in world.catalogue.regions:
        raise unprocessable("You specified an invalid region for Droplet creation.")
    if region not in size["regions"] or not size["available"] or call.fault is FaultKind.CAPACITY:
        others = [slug for slug in size["regions"] if slug != region]
        raise unprocessable(
            "Size is not available in this region.", more={"error_attributes": {"available_regions": others}}
        )


def _key(sent: int | str) -> int | str:
    return int(sent) if str(sent).isdigit() else sent


def _region_of(resource: Json) -> str:
    region = resource["region"]
    return str(region["slug"] if isinstance(region, dict) else region)


def _image(world: World, wanted: int | str) -> Json | None:
    """The base image, or the image that a snapshot of a droplet is."""
    images = [*world.catalogue.images, *(snapshot["image"] for snapshot in world.snapshots.values())]
    return next((image for image in images if str(wanted) in (str(image["id"]), image["slug"])), None)


def _add(world: World, call: Call, body: Json, name: str) -> Droplet:
    image, slug = _image(world, body["image"]), body["size"]
    vpc_uuid = body.get("vpc_uuid") or world.default_vpc(body["region"], call.now_at)
    asked_keys = set(map(_key, body.get("ssh_keys") or []))
    assert image is not None  # noqa: S101  _refuse has seen it
    features = [what for what in ("monitoring", "ipv6", "backups") if body.get(what)] + ["private_networking"]
    droplet = Droplet(
        id=world.number(), name=name, size_slug=slug, region_slug=body["region"], image=image,
        vpc_uuid=vpc_uuid, created_at=call.now_at, private_ip=world.free_address(vpc_uuid),
        public_keys=[k["public_key"] for k in world.keys.values() if asked_keys & {k["id"], k["fingerprint"]}],
        user_data=body.get("user_data") or "", public=body.get("public_networking", True), features=features,
    )  # fmt: skip
    world.droplets[droplet.id] = droplet
    price = world.catalogue.sizes[slug]["price_hourly"]
    world.invoice.open(f"droplet:{droplet.id}", name, slug, price, call.now_at)
    return droplet


def _boot(world: World, call: Call, droplet: Droplet, body: Json) -> Json:
    """The droplet becomes active, tagged and connected in its time; the action says when, or that it failed."""
    times = world.latencies
    action = world.act("create", droplet.id, "droplet", droplet.region_slug, call.now_at)
    usual_s = times.gpu_create_s if world.catalogue.has_gpu(droplet.size_slug) else times.create_s

    def boot(now_at: datetime) -> None:
        if droplet.destroyed_at is not None or call.fault is FaultKind.NEVER_ACTIVE:
            return
        failed = call.fault is FaultKind.ACTION_ERRORS
        action.update(status="errored" if failed else "completed", completed_at=stamp(now_at))
        if not failed:
            droplet.status = "active"
            world.machines.start(shown(world, droplet), droplet.user_data, droplet.public_keys)

    def tag(_: datetime) -> None:
        droplet.tags = sorted({*droplet.tags, *(body.get("tags") or [])})
        world.tags.update(dict.fromkeys(droplet.tags))

    world.agenda.at(world.later(call.now_at, usual_s), boot)
    late = call.fault is FaultKind.LATE_TAGS
    world.agenda.at(world.later(call.now_at, times.late_tag_s if late else times.tag_s), tag)
    for volume_id in body.get("volumes") or []:
        world.volumes[volume_id]["droplet_ids"] = [droplet.id]
        droplet.volume_ids.append(volume_id)
    return action


def listed(world: World, call: Call) -> Response:
    """Droplets without GPUs, or with `type=gpus` those with; by tag or name."""
    query = call.request.query
    gpus = query.get("type") == "gpus"
    if gpus and "tag_name" in query:
        raise unprocessable("type=gpus and tag_name can't be combined")
    stale = call.fault is FaultKind.STALE_LIST
    at = call.now_at - timedelta(seconds=world.latencies.stale_s) if stale else call.now_at
    rows = [
        shown(world, droplet)
        for droplet in world.droplets.values()
        if droplet.existed(at)
        and world.catalogue.has_gpu(droplet.size_slug) == gpus
        and ("tag_name" not in query or query["tag_name"] in droplet.tags)
        and query.get("name", droplet.name).lower() == droplet.name.lower()
    ]
    return Response.of(200, page_of("droplets", rows, call.request, world.base_url))


def got(world: World, call: Call) -> Response:
    """One droplet."""
    return Response.of(200, {"droplet": shown(world, world.droplet(call))})


def destroy(world: World, droplet: Droplet, now_at: datetime) -> None:
    """The droplet goes: locked now, gone and no longer billed a little later. Its volumes stay and are billed on."""
    if droplet.going:
        return
    droplet.going = True

    def gone(at: datetime) -> None:
        droplet.destroyed_at = at
        for volume_id in droplet.volume_ids:
            if volume_id in world.volumes:
                world.volumes[volume_id]["droplet_ids"] = []
        world.invoice.close(f"droplet:{droplet.id}", at)
        world.enforcement.forget(droplet.id)
        world.machines.stop(droplet.id)

    world.agenda.at(world.later(now_at, world.latencies.destroy_s), gone)


def destroyed(world: World, call: Call) -> Response:
    """One droplet goes."""
    destroy(world, world.droplet(call), call.now_at)
    return Response(204)


def destroyed_by_tag(world: World, call: Call) -> Response:
    """Every droplet goes that has the tag by now, GPU or not."""
    for droplet in world.alive():
        if call.request.query["tag_name"] in droplet.tags:
            destroy(world, droplet, call.now_at)
    return Response(204)
