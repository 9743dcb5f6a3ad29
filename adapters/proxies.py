"""Proxies that the shell names: which one an address goes through, and the sentence for one that can't be used.

HTTP proxies are used as every program uses them. A SOCKS proxy needs packages that inplay doesn't bring, and the
libraries say so with an ImportError before anything is sent. Addresses on this machine never go through a proxy.

Source: https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from trading.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx

LOCAL = ("localhost", "127.0.0.1", "::1")
SPARED = (*LOCAL, "169.254.169.254")
"""Never through a proxy: this machine, and the address at which a droplet reads who it is.

Source: https://docs.digitalocean.com/reference/api/metadata/
"""
SCHEMES = {"https": ("https", "all"), "wss": ("https", "all"), "http": ("http", "all"), "ws": ("http", "all")}
"""Of an address, and whose variables are looked at, in this order."""
USABLE = frozenset({"http", "https"})


@dataclass(frozen=True)
class Proxy:
    """A proxy that an environment names.

    Attributes:
        variable: that names it, such as `ALL_PROXY`.
        url: with user and password, if any; never shown.
    """

    variable: str
    url: str

    @property
    def scheme(self) -> str:
        """How it is spoken to; an address without one means `http`, as everywhere."""
        return self.url.split("://", 1)[0].lower() if "://" in self.url else "http"

    @property
    def shown(self) -> str:
        """The address without user and password."""
        rest = self.url.split("://", 1)[-1].rsplit("@", 1)[-1]
        return f"{self.scheme}://{rest.split('/', 1)[0]}"

    @property
    def fault(self) -> str:
        """Why it can't be used, in words; empty when it can."""
        if self.scheme.startswith("socks"):
            return f"{self.variable} is a SOCKS proxy ({self.shown}), which inplay can't use"
        try:
            parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
            usable = self.scheme in USABLE and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        return "" if usable else f"{self.variable} is no address of an HTTP proxy ({self.shown})"


def named(environ: Mapping[str, str] | None = None) -> dict[str, Proxy]:
    """The proxies of an environment, by `http`, `https` and `all`; a lower-case variable wins, an empty one unsets."""
    found = os.environ if environ is None else environ
    proxies = {}
    for kind in ("http", "https", "all"):
        lower, upper = f"{kind}_proxy", f"{kind.upper()}_PROXY"
        name = lower if lower in found else upper
        if found.get(name, "").strip():
            proxies[kind] = Proxy(name, found[name].strip())
    return proxies


def proxy_of(url: str) -> Proxy | None:
    """The proxy that the address goes through; None = it is reached directly."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in LOCAL or host.startswith("127."):
        return None
    bypassed = {"no": os.environ.get("no_proxy", os.environ.get("NO_PROXY", ""))}
    if urllib.request.proxy_bypass_environment(host, bypassed):  # type: ignore[attr-defined]  # typeshed lacks it
        return None
    proxies = named()
    return next((proxies[kind] for kind in SCHEMES.get(parts.scheme.lower(), ()) if kind in proxies), None)


def require_usable(url: str) -> Proxy | None:
    """The address can be reached as the environment says; returns the proxy on the way, None = directly.

    Raises:
        ConfigurationError: naming the variable, and what to do.
    """
    found = proxy_of(url)
    if found is not None and found.fault:
        host = urlsplit(url).hostname
        raise ConfigurationError(
            f"{found.fault}. Nothing was sent to {host}. Set HTTPS_PROXY to an HTTP proxy, or NO_PROXY={host} to reach "
            f"it directly, or unset {found.variable}."
        )
    return found


def client_for(url: str, **options: Any) -> httpx.Client:
    """A client that reaches the address as the environment says.

    httpx makes the transports of every proxy that the environment names before it knows which is needed, so where one
    of them can't be used it is told the one that counts.

    Raises:
        ConfigurationError: when the proxy on the way can't be used.
    """
    import httpx  # noqa: PLC0415 - takes a tenth of a second, which commands that ask nobody needn't wait

    spare_local(os.environ)
    proxy = require_usable(url)
    if all(not one.fault for one in named().values()):
        return httpx.Client(**options)
    transport = httpx.HTTPTransport(proxy=None if proxy is None else _with_scheme(proxy), trust_env=True)
    return httpx.Client(transport=transport, **options)


def requests_proxies(url: str) -> dict[str, str]:
    """What the `proxies` of a requests session are, for an address; empty = it is reached directly.

    Raises:
        ConfigurationError: when the proxy on the way can't be used.
    """
    proxy = require_usable(url)
    return {} if proxy is None else {"all": _with_scheme(proxy)}


def _with_scheme(proxy: Proxy) -> str:
    return proxy.url if "://" in proxy.url else f"http://{proxy.url}"


def spare_local(environ: MutableMapping[str, str]) -> None:
    """Addresses on this machine go through no proxy, in this process and in those that it starts."""
    if not named(environ):
        return
    said = environ.get("no_proxy", environ.get("NO_PROXY", ""))
    hosts = [host.strip() for host in said.split(",") if host.strip()]
    if "*" not in hosts:
        hosts += [host for host in SPARED if host not in hosts]
    environ["no_proxy"] = environ["NO_PROXY"] = ",".join(hosts)
