"""A DigitalOcean in a dictionary, behind requests' own transport: what the provider needs of it and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter

TOKEN = "dop_v1_canary_0123456789abcdef"
H100 = {"count": 1, "model": "nvidia_h100", "vram": {"amount": 80, "unit": "gib"}}


def size(slug: str, vcpus: int, memory: int, hourly: float, monthly: float, **more: Any) -> dict[str, Any]:
    """A size as `/v2/sizes` lists it."""
    made = {"slug": slug, "vcpus": vcpus, "memory": memory, "disk": 80, "transfer": 4.0, "price_hourly": hourly}
    return made | {"price_monthly": monthly, "regions": ["tor1"], "available": True, "description": "x"} | more


SIZES = [
    size("s-2vcpu-4gb", 2, 4096, 0.03571, 24.0),
    size("gpu-h100x1-80gb", 20, 245_760, 3.39, 2_522.16, gpu_info=H100),
    size("gpu-l40sx1-48gb", 8, 65_536, 1.57, 1_168.08, gpu_info=H100 | {"model": "nvidia_l40s"}),
]


class FakeClock:
    """Time that passes only when slept away."""

    def __init__(self, now_s: float = 1_790_000_000.0) -> None:
        self.time_s = now_s
        self.slept_s: list[float] = []

    def now_s(self) -> float:
        return self.time_s

    def sleep(self, duration_s: float) -> None:
        self.slept_s.append(duration_s)
        self.time_s += max(duration_s, 0.0)


class Reply(Exception):  # noqa: N818 - what a rule answers in place of the cloud
    """An answer that a fault puts in place of the real one."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


Fault = Callable[[str, str, int], object]
"""Called with method, path and the number of the request; may raise `Reply` or an error of requests."""


class FakeCloud(BaseAdapter):
    """The account: droplets, networks, keys, tags. `before` and `after` are faults around the effect."""

    def __init__(self, clock: FakeClock, per_page: int = 200) -> None:
        super().__init__()
        self.clock = clock
        self.per_page = per_page
        self.droplets: dict[int, dict[str, Any]] = {}
        self.actions: list[dict[str, Any]] = []
        self.things: dict[str, dict[str, dict[str, Any]]] = {
            key: {} for key in ("vpcs", "firewalls", "account/keys", "tags", "volumes")
        }
        self.requests: list[tuple[str, str, Any]] = []
        self.made_at_s: list[float] = []
        self.authorizations: list[str] = []
        self.before: Fault = lambda _method, _path, _number: None
        self.after: Fault = lambda _method, _path, _number: None
        self.tags_late = False
        self.linger = 0
        self._next = 1_000

    def session(self) -> requests.Session:
        made = requests.Session()
        made.mount("http://", self)
        made.mount("https://", self)
        return made

    def names(self) -> list[str]:
        return [each["name"] for each in self.droplets.values()]

    def add(self, name: str, size_slug: str = "s-2vcpu-4gb", **more: Any) -> int:
        """A droplet, as a POST makes it."""
        self._next += 1
        chosen = next(each for each in SIZES if each["slug"] == size_slug)
        created = datetime.fromtimestamp(self.clock.now_s(), UTC).isoformat().replace("+00:00", "Z")
        address = self._next % 250
        nets = [{"type": "private", "ip_address": f"10.0.0.{address}"}, {"type": "public", "ip_address": f"203.0.113.{address}"}]  # fmt: skip  # noqa: E501
        made = {"id": self._next, "name": name, "status": "active", "tags": [], "size_slug": size_slug, "size": chosen}
        made |= {"region": {"slug": "tor1"}, "created_at": created, "networks": {"v4": nets, "v6": []}} | more
        self.droplets[self._next] = made
        return self._next

    def send(self, request: requests.PreparedRequest, *_args: Any, **_more: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        method, path = str(request.method), parts.path.removeprefix("/v2/")
        body = json.loads(request.body) if request.body else None
        number = len(self.requests)
        self.requests.append((method, path, body))
        self.made_at_s.append(self.clock.now_s())
        self.authorizations.append(str(request.headers.get("Authorization")))
        headers: dict[str, str] = {}
        try:
            self.before(method, path, number)
            status, answer = self._do(method, path, body, {k: v[0] for k, v in parse_qs(parts.query).items()})
            self.after(method, path, number)
        except Reply as reply:
            status, answer, headers = reply.status, reply.body, reply.headers
        response = requests.Response()
        response.status_code, response.request, response.url = status, request, str(request.url)
        response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
        response._content = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        return response

    def close(self) -> None:
        pass

    def _do(self, method: str, path: str, body: Any, query: dict[str, str]) -> tuple[int, Any]:
        if path == "sizes":
            return self._page("sizes", SIZES, query)
        if path == "account":
            return 200, {"account": {"droplet_limit": 10, "status": "active"}}
        if path.startswith("images/"):
            return 200, {"image": {"regions": ["tor1"]}}
        if path == "droplets" or path.startswith("droplets/"):
            return self._droplets(method, path, body, query)
        for kind, things in self.things.items():
            if path == kind or path.startswith(kind + "/"):
                return self._thing(kind, things, method, path.removeprefix(kind).strip("/"), body, query)
        raise AssertionError(f"nobody should ask for {method} {path}")

    def _droplets(self, method: str, path: str, body: Any, query: dict[str, str]) -> tuple[int, Any]:
        if method == "POST":
            number = self.add(body["name"], body["size"], tags=[] if self.tags_late else body["tags"])
            return 202, {"droplet": self.droplets[number]}
        if path == "droplets":
            gpus = query.get("type") == "gpus"
            return self._page(
                "droplets", [e for e in self.droplets.values() if ("gpu_info" in e["size"]) == gpus], query
            )
        number = int(path.split("/")[1])
        if number not in self.droplets:
            return 404, {"id": "not_found", "message": "The resource you were accessing could not be found."}
        if path.endswith("/actions"):
            return self._page("actions", self.actions, query)
        if method == "DELETE":
            del self.droplets[number]
            return 204, ""
        return 200, {"droplet": self.droplets[number]}

    def _thing(  # noqa: PLR0917 - a route and its parts
        self, kind: str, things: dict[str, Any], method: str, which: str, body: Any, query: dict[str, str]
    ) -> tuple[int, Any]:
        many = {"account/keys": "ssh_keys"}.get(kind, kind)
        if method == "POST":
            self._next += 1
            identity = body["name"] if kind == "tags" else str(self._next)
            made = {"id": self._next if kind == "account/keys" else identity, "ip_range": "10.0.0.0/20"} | body
            things[identity] = made
            return 201, {many[:-1]: made}
        if not which:
            return self._page(many, list(things.values()), query)
        if which not in things:
            return 404, {"id": "not_found", "message": "not found"}
        if method == "DELETE":
            del things[which]
            return 204, ""
        if method == "PUT":
            things[which] |= body
        return 200, {many[:-1]: things[which]}

    def _page(self, key: str, items: list[Any], query: dict[str, str]) -> tuple[int, Any]:
        page, end = int(query.get("page", "1")), 0
        end = page * self.per_page
        links = {"pages": {"next": f"https://elsewhere.example/v2/{key}?page={page + 1}"}} if end < len(items) else {}
        return 200, {key: items[end - self.per_page : end], "links": links, "meta": {"total": len(items)}}
