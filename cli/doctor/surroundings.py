"""What the shell brings along: proxies, the folder for temporary files, the number of open files."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Mapping

from actors.ray_surroundings import FEWEST_OPEN_FILES, OPEN_FILES, temporary_folder
from adapters.proxies import named
from cli.doctor.finding import Finding
from trading.errors import UnavailableError


def surroundings_findings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Which proxy counts, where Ray keeps its sockets, and how many files a process may open."""
    yield _proxies(environ)
    yield _temporary(environ)
    yield _open_files()


def _proxies(environ: Mapping[str, str]) -> Finding:
    """Those that count: `all` only for what has none of its own."""
    found = named(environ)
    if not found:
        return Finding("proxy", "ok", "none is set; every address is reached directly", needed=False)
    spared = environ.get("no_proxy", environ.get("NO_PROXY", "")) or "none"
    used = {kind: found.get(kind) or found.get("all") for kind in ("https", "http")}
    ways = [f"{kind} through {one.shown} ({one.variable})" for kind, one in used.items() if one is not None]
    detail = f"{', '.join(ways)}; this machine and NO_PROXY ({spared}) directly"
    faults = sorted({one.fault for one in used.values() if one is not None and one.fault})
    if not faults:
        return Finding("proxy", "ok", detail, needed=False)
    disables = "downloads, news, Alpaca and DigitalOcean, where NO_PROXY doesn't name them"
    fix = "set HTTPS_PROXY to an HTTP proxy, name hosts in NO_PROXY, or unset the variable"
    return Finding("proxy", "broken", f"{'; '.join(faults)}. {detail}", False, disables, fix)


def _temporary(environ: Mapping[str, str]) -> Finding:
    name = "Ray's folder"
    try:
        folder = temporary_folder(environ)
    except UnavailableError as error:
        return Finding(name, "broken", str(error), True, "everything", "set TMPDIR to a short path")
    said = environ.get("RAY_TMPDIR", environ.get("TMPDIR", "/tmp"))  # noqa: S108 - Ray's own default
    if folder is None:
        return Finding(name, "ok", f"{said}/ray", needed=True)
    return Finding(
        name, "ok", f"{folder}/ray, since TMPDIR ({said}) is too long, isn't there or can't be written", True
    )


def _open_files() -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= OPEN_FILES:
        return Finding("open files", "ok", f"a process may open {OPEN_FILES:,} or more", needed=True)
    fix = f"raise the hard limit to {OPEN_FILES}, with `ulimit -Hn` as root or LimitNOFILE= of a systemd unit"
    if hard < FEWEST_OPEN_FILES:
        return Finding("open files", "broken", f"a process may open {hard:,}", True, "everything", fix)
    return Finding("open files", "ok", f"a process may open {hard:,}; Ray asks for {OPEN_FILES:,}", needed=True)
