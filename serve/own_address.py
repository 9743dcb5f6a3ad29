"""A replica listens for other replicas at this node's address and not on all interfaces.

Serve 2.60 binds that server, which asks for no token and unpickles what it is sent, to `[::]`
(`ray/serve/_private/replica.py: _on_initialized`). No option says otherwise, so the function that binds it is told the
address. On a run's own Ray that is the loopback interface, on a cluster the head's address within it.
"""

from __future__ import annotations

from typing import Any

import ray
from ray.serve._private import replica

EVERYWHERE = "[::]:"
_bind = replica.add_port_to_grpc_server


def bound(address: str, node: str) -> str:
    """The address with the node's instead of all interfaces; any other one as it is."""
    if not address.startswith(EVERYWHERE):
        return address
    host = f"[{node}]" if ":" in node else node
    return f"{host}:{address.removeprefix(EVERYWHERE)}"


def _bind_to_node(server: Any, address: str) -> Any:
    return _bind(server, bound(address, ray.util.get_node_ip_address()))


def listen_at_own_address() -> None:
    """Servers that this replica starts from now on; called in its constructor, before Serve starts them."""
    replica.add_port_to_grpc_server = _bind_to_node
