"""Actions: what was asked of droplets and volumes, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cluster.simulator.droplet import Droplet
from cluster.simulator.faults import FaultKind
from cluster.simulator.messages import Json, Response, not_found, page_of, unprocessable
from cluster.simulator.world import Call, World, stamp

_STATUS_AFTER = {
    "power_off": "off", "shutdown": "off", "power_on": "active", "power_cycle": "active", "reboot": "active",
}  # fmt: skip


def listed(world: World, call: Call) -> Response:
    """All actions of the account, the latest first."""
    return Response.of(200, page_of("actions", list(world.actions.values())[::-1], call.request, world.base_url))


def got(world: World, call: Call) -> Response:
    """One action."""
    action = world.actions.get(int(call.variables["action_id"]))
    of_droplet = call.variables.get("droplet_id")
    if action is None or (of_droplet is not None and action["resource_id"] != int(of_droplet)):
        raise not_found()
    return Response.of(200, {"action": action})


def of_droplet(world: World, call: Call) -> Response:
    """The actions of one droplet."""
    droplet = world.droplet(call)
    rows = [action for action in world.actions.values() if action["resource_id"] == droplet.id]
    return Response.of(200, page_of("actions", rows[::-1], call.request, world.base_url))


def ask(world: World, call: Call) -> Response:
    """An action on a droplet has begun. A droplet that is off goes on being billed."""
    droplet, body = world.droplet(call), call.body()
    kind = body["type"]
    if droplet.status == "new" or droplet.going:
        raise unprocessable("Droplet already has a pending event.")
    if kind not in (*_STATUS_AFTER, "snapshot", "rename"):
        raise unprocessable(f"the simulator doesn't know the action {kind}")
    action = world.act(kind, droplet.id, "droplet", droplet.region_slug, call.now_at)

    def effect(now_at: datetime) -> None:
        if kind in _STATUS_AFTER:
            droplet.status = _STATUS_AFTER[kind]
        elif kind == "rename":
            droplet.name = body.get("name") or droplet.name
        else:
            _take(world, droplet, body.get("name") or f"{droplet.name}-{action['id']}", now_at)

    _finish(world, call, action, effect)
    return Response.of(201, {"action": action})


def _take(world: World, droplet: Droplet, name: str, now_at: datetime) -> None:
    """A snapshot of the droplet exists, and an image that boots from it."""
    number, size = world.number(), world.catalogue.sizes[droplet.size_slug]
    common: Json = {
        "name": name, "created_at": stamp(now_at), "regions": [droplet.region_slug], "min_disk_size": size["disk"],
        "size_gigabytes": 2.5, "tags": [],
    }  # fmt: skip
    image = {**common, "id": number, "slug": None, "type": "snapshot", "public": False, "status": "available",
             "distribution": droplet.image["distribution"]}  # fmt: skip
    world.snapshots[str(number)] = {
        **common, "id": str(number), "resource_id": str(droplet.id), "resource_type": "droplet", "image": image,
    }  # fmt: skip


def ask_of_volume(world: World, call: Call) -> Response:
    """A volume is being attached or detached."""
    body, volume = call.body(), world.volumes.get(call.variables["volume_id"])
    if volume is None:
        raise not_found()
    droplet = world.droplets.get(body.get("droplet_id", 0))
    if droplet is None or droplet.destroyed_at is not None:
        raise unprocessable("the droplet does not exist")
    attach = body["type"] == "attach"
    if body["type"] == "resize" or (attach and volume["droplet_ids"]):
        raise unprocessable("the volume is attached already, or the action is one that the simulator doesn't know")
    action = world.act(f"{body['type']}_volume", droplet.id, "volume", droplet.region_slug, call.now_at)

    def effect(_: datetime) -> None:
        volume["droplet_ids"] = [droplet.id] if attach else []
        droplet.volume_ids = [each for each in droplet.volume_ids if each != volume["id"]]
        droplet.volume_ids += [volume["id"]] if attach else []

    _finish(world, call, action, effect)
    return Response.of(202, {"action": action})


def _finish(world: World, call: Call, action: Json, effect: Callable[[datetime], None]) -> None:
    """Once its time has come, the action has its effect, or ends as errored without."""

    def end(now_at: datetime) -> None:
        failed = call.fault is FaultKind.ACTION_ERRORS
        action.update(status="errored" if failed else "completed", completed_at=stamp(now_at))
        if not failed:
            effect(now_at)

    world.agenda.at(world.later(call.now_at, world.latencies.action_s), end)
