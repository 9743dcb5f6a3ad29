"""What a process and its descendants listen on, as `/proc` tells it (`man 5 proc`: net/tcp, fd)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

LISTEN = "0A"


def family(pid: int) -> set[int]:
    """The process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found, before = {pid}, 0
    while len(found) > before:
        before = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


def addresses(pids: set[int]) -> dict[str, set[str]]:
    """Addresses on which the processes accept TCP, with the names of those that do."""
    owners: dict[str, str] = {}
    for pid in pids:
        try:
            name = Path(f"/proc/{pid}/comm").read_text().strip()
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                target = str(descriptor.readlink())
                if target.startswith("socket:["):
                    owners[target[8:-1]] = name
        except OSError:
            continue
    found: dict[str, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == LISTEN and words[9] in owners:
                found.setdefault(_host(words[1].partition(":")[0]), set()).add(owners[words[9]])
    return found


def is_loopback(host: str) -> bool:
    """Also 127.0.0.1 written as an IPv6 address."""
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _host(words: str) -> str:
    """The kernel writes an address as 32-bit words in the machine's order."""
    raw = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
    return str(ipaddress.ip_address(raw))
