"""Firewalls and VPCs."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_network

from cluster.simulator.droplets import shown
from cluster.simulator.enforcement import protects
from cluster.simulator.messages import Json, Refusal, Response, not_found, page_of, unprocessable
from cluster.simulator.world import Call, World, stamp


def firewalls_listed(world: World, call: Call) -> Response:
    """All firewalls."""
    return Response.of(200, page_of("firewalls", list(world.firewalls.values()), call.request, world.base_url))


def firewalls_of_droplet(world: World, call: Call) -> Response:
    """The firewalls that hold for a droplet."""
    droplet = world.droplet(call)
    rows = [firewall for firewall in world.firewalls.values() if protects(firewall, droplet)]
    return Response.of(200, page_of("firewalls", rows, call.request, world.base_url))


def firewall_created(world: World, call: Call) -> Response:
    """A firewall waits, and holds a moment later."""
    body = call.body()
    if any(firewall["name"] == body["name"] for firewall in world.firewalls.values()):
        raise Refusal(409, "conflict", "duplicate name")
    firewall: Json = {"id": world.uuid(), "created_at": stamp(call.now_at), **_asked(world, body)}
    world.firewalls[firewall["id"]] = firewall
    _settle(world, call, firewall)
    return Response.of(202, {"firewall": firewall})


def firewall_got(world: World, call: Call) -> Response:
    """One firewall."""
    return Response.of(200, {"firewall": _firewall(world, call)})


def firewall_updated(world: World, call: Call) -> Response:
    """The firewall is as asked; what wasn't named is gone, as the API says of PUT."""
    firewall = _firewall(world, call)
    firewall.update(_asked(world, call.body()))
    _settle(world, call, firewall)
    return Response.of(200, {"firewall": firewall})


def firewall_deleted(world: World, call: Call) -> Response:
    """The firewall is gone."""
    firewall = _firewall(world, call)
    del world.firewalls[firewall["id"]]
    world.enforcement.lift(firewall["id"])
    return Response(204)


def firewall_droplets_added(world: World, call: Call) -> Response:
    """The firewall holds for these droplets as well."""
    firewall, body = _firewall(world, call), call.body()
    firewall["droplet_ids"] = sorted({*firewall["droplet_ids"], *(body.get("droplet_ids") or [])})
    return Response(204)


def firewall_tags_added(world: World, call: Call) -> Response:
    """The firewall holds for droplets with these tags as well."""
    firewall, tags = _firewall(world, call), call.body().get("tags") or []
    _known(world, tags)
    firewall["tags"] = sorted({*firewall["tags"], *tags})
    return Response(204)


def firewall_tags_removed(world: World, call: Call) -> Response:
    """The firewall no longer holds by these tags."""
    firewall, tags = _firewall(world, call), call.body().get("tags") or []
    firewall["tags"] = [tag for tag in firewall["tags"] if tag not in tags]
    return Response(204)


def _firewall(world: World, call: Call) -> Json:
    firewall = world.firewalls.get(call.variables["firewall_id"])
    if firewall is None:
        raise not_found()
    return firewall


def _known(world: World, tags: list[str]) -> None:
    for tag in tags:
        if tag not in world.tags:
            raise unprocessable(f"tag {tag} does not exist")


def _asked(world: World, body: Json) -> Json:
    """What a body says of a firewall, with the empty lists that the API fills in."""
    _known(world, body.get("tags") or [])
    return {
        "name": body["name"],
        "inbound_rules": body.get("inbound_rules") or [],
        "outbound_rules": body.get("outbound_rules") or [],
        "droplet_ids": body.get("droplet_ids") or [],
        "tags": body.get("tags") or [],
    }


def _settle(world: World, call: Call, firewall: Json) -> None:
    firewall.update(status="waiting", pending_changes=[])

    def done(_: datetime) -> None:
        firewall["status"] = "succeeded"
        if firewall["id"] in world.firewalls:
            world.enforcement.enforce(firewall)

    world.agenda.at(world.later(call.now_at, world.latencies.firewall_s), done)


def vpcs_listed(world: World, call: Call) -> Response:
    """All VPCs, the default ones too."""
    return Response.of(200, page_of("vpcs", list(world.vpcs.values()), call.request, world.base_url))


def vpc_created(world: World, call: Call) -> Response:
    """A VPC exists."""
    body = call.body()
    if body["region"] not in world.catalogue.regions:
        raise unprocessable("the region does not exist")
    if any(vpc["name"] == body["name"] for vpc in world.vpcs.values()):
        raise unprocessable("name already in use")
    wanted = body.get("ip_range")
    if wanted:
        try:
            overlaps = any(ip_network(wanted).overlaps(ip_network(vpc["ip_range"])) for vpc in world.vpcs.values())
        except ValueError as error:
            raise unprocessable("ip_range is no network in CIDR notation") from error
        if overlaps:
            raise unprocessable("this range/size overlaps with another VPC network in your account")
    description = body.get("description", "")
    vpc = world.add_vpc(body["name"], body["region"], wanted, description, call.now_at, default=False)
    return Response.of(201, {"vpc": vpc})


def vpc_got(world: World, call: Call) -> Response:
    """One VPC."""
    return Response.of(200, {"vpc": _vpc(world, call)})


def vpc_deleted(world: World, call: Call) -> Response:
    """The VPC is gone; refused while it has members or is a default."""
    vpc = _vpc(world, call)
    if vpc["default"] or any(droplet.vpc_uuid == vpc["id"] for droplet in world.alive()):
        raise Refusal(403, "forbidden", "Can not delete VPC with members")
    del world.vpcs[vpc["id"]]
    return Response(204)


def vpc_members(world: World, call: Call) -> Response:
    """The droplets in the VPC."""
    vpc = _vpc(world, call)
    rows = [
        {"urn": f"do:droplet:{droplet.id}", "name": droplet.name, "created_at": shown(world, droplet)["created_at"]}
        for droplet in world.alive()
        if droplet.vpc_uuid == vpc["id"]
    ]
    return Response.of(200, page_of("members", rows, call.request, world.base_url))


def _vpc(world: World, call: Call) -> Json:
    vpc = world.vpcs.get(call.variables["vpc_id"])
    if vpc is None:
        raise not_found()
    return vpc
