"""The account itself: limits, keys, tags, prices, balance."""

from __future__ import annotations

import base64
import hashlib

from cluster.simulator.messages import Json, Refusal, Response, not_found, page_of, unprocessable
from cluster.simulator.world import Call, World, stamp


def account(world: World, call: Call) -> Response:  # noqa: ARG001  every operation has this shape
    """Who one is, and how many droplets one may have."""
    return Response.of(200, {"account": {
        "droplet_limit": world.droplet_limit, "floating_ip_limit": 3, "email": "simulated@example.com",
        "name": "Simulated", "uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef", "email_verified": True,
        "status": "active", "status_message": "", "team": {"uuid": "5df3e3004a17e242b7c20ca6c9fc25b701a47ece",
        "name": "Simulated"},
    }})  # fmt: skip


def balance(world: World, call: Call) -> Response:
    """What the invoice of the month comes to."""
    usage = f"{world.invoice.month_to_date_usd(call.now_at):.2f}"
    return Response.of(200, {
        "month_to_date_balance": usage, "account_balance": "0.00", "month_to_date_usage": usage,
        "generated_at": stamp(call.now_at),
    })  # fmt: skip


def sizes(world: World, call: Call) -> Response:
    """What machines there are, and what they cost."""
    return Response.of(200, page_of("sizes", list(world.catalogue.sizes.values()), call.request, world.base_url))


def regions(world: World, call: Call) -> Response:
    """Where there are machines."""
    rows = [world.catalogue.region(slug) for slug in world.catalogue.regions]
    return Response.of(200, page_of("regions", rows, call.request, world.base_url))


def reserved_ips(world: World, call: Call) -> Response:
    """None: the simulator has no way to make one."""
    return Response.of(200, page_of("reserved_ips", [], call.request, world.base_url))


def keys_listed(world: World, call: Call) -> Response:
    """All SSH keys."""
    return Response.of(200, page_of("ssh_keys", list(world.keys.values()), call.request, world.base_url))


def key_created(world: World, call: Call) -> Response:
    """An SSH key is known; each only once."""
    body = call.body()
    fingerprint = _fingerprint(body["public_key"])
    if any(key["fingerprint"] == fingerprint for key in world.keys.values()):
        raise unprocessable("SSH Key is already in use on your account")
    key: Json = {"id": world.number(), "fingerprint": fingerprint, "public_key": body["public_key"],
                 "name": body["name"]}  # fmt: skip
    world.keys[key["id"]] = key
    return Response.of(201, {"ssh_key": key})


def key_got(world: World, call: Call) -> Response:
    """One key, by id or fingerprint."""
    return Response.of(200, {"ssh_key": _key(world, call)})


def key_deleted(world: World, call: Call) -> Response:
    """The key is gone."""
    del world.keys[_key(world, call)["id"]]
    return Response(204)


def _key(world: World, call: Call) -> Json:
    wanted = call.variables["ssh_key_identifier"]
    for key in world.keys.values():
        if wanted in (str(key["id"]), key["fingerprint"]):
            return key
    raise not_found()


def _fingerprint(public_key: str) -> str:
    """The MD5 fingerprint of RFC 4716, which is how DigitalOcean names keys."""
    parts = public_key.split()
    try:
        digest = hashlib.md5(base64.b64decode(parts[1], validate=True), usedforsecurity=False).hexdigest()
    except (IndexError, ValueError) as error:
        raise unprocessable("Key invalid, key should be of the format `type key [comment]`") from error
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))


def tags_listed(world: World, call: Call) -> Response:
    """All tags, with how many things have them."""
    return Response.of(200, page_of("tags", [_tag(world, name) for name in world.tags], call.request, world.base_url))


def tag_created(world: World, call: Call) -> Response:
    """The tag exists; creating it again changes nothing."""
    name = call.body().get("name")
    if not name:
        raise unprocessable("name is missing")
    world.tags[name] = None
    return Response.of(201, {"tag": _tag(world, name)})


def tag_got(world: World, call: Call) -> Response:
    """One tag."""
    return Response.of(200, {"tag": _tag(world, _known(world, call))})


def tag_deleted(world: World, call: Call) -> Response:
    """The tag is gone, from everything that had it."""
    name = _known(world, call)
    del world.tags[name]
    for droplet in world.droplets.values():
        droplet.tags = [tag for tag in droplet.tags if tag != name]
    for resource in [*world.volumes.values(), *world.firewalls.values()]:
        resource["tags"] = [tag for tag in resource["tags"] if tag != name]
    return Response(204)


def resources_tagged(world: World, call: Call) -> Response:
    """The resources have the tag."""
    name = _known(world, call)
    for tags in _lists_of_tags(world, call):
        tags[:] = sorted({*tags, name})
    return Response(204)


def resources_untagged(world: World, call: Call) -> Response:
    """The resources don't have the tag."""
    name = _known(world, call)
    for tags in _lists_of_tags(world, call):
        tags[:] = [tag for tag in tags if tag != name]
    return Response(204)


def _lists_of_tags(world: World, call: Call) -> list[list[str]]:
    found: list[list[str]] = []
    for resource in call.body()["resources"]:
        kind, resource_id = resource["resource_type"], resource["resource_id"]
        if kind == "droplet" and resource_id.isdigit() and int(resource_id) in world.droplets:
            found.append(world.droplets[int(resource_id)].tags)
        elif kind == "volume" and resource_id in world.volumes:
            found.append(world.volumes[resource_id]["tags"])
        elif kind in ("droplet", "volume"):
            raise not_found()
        else:
            raise Refusal(422, "unprocessable_entity", f"the simulator doesn't tag {kind}s")
    return found


def _known(world: World, call: Call) -> str:
    name = call.variables["tag_id"]
    if name not in world.tags:
        raise not_found()
    return name


def _tag(world: World, name: str) -> Json:
    tagged = [droplet for droplet in world.alive() if name in droplet.tags]
    volumes = [volume for volume in world.volumes.values() if name in volume["tags"]]
    counts = {"droplets": len(tagged), "volumes": len(volumes), "images": 0, "volume_snapshots": 0, "databases": 0}
    resources = {"count": sum(counts.values()), **{kind: {"count": count} for kind, count in counts.items()}}
    return {"name": name, "resources": resources}
