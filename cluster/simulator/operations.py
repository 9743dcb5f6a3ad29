"""What the simulator answers: method, path, DigitalOcean's name of the operation, and the scopes that a token needs.

Source: DigitalOcean API reference, https://docs.digitalocean.com/reference/api/.
"""

from __future__ import annotations

from typing import NamedTuple


class Call(NamedTuple):
    """One operation of the API."""

    method: str
    path: str
    operation_id: str
    scopes: tuple[str, ...]


# fmt: off
CALLS: tuple[Call, ...] = (
    Call("GET", "/v2/account", "account_get", ("account:read",)),
    Call("GET", "/v2/account/keys", "sshKeys_list", ("ssh_key:read",)),
    Call("POST", "/v2/account/keys", "sshKeys_create", ("ssh_key:create",)),
    Call("DELETE", "/v2/account/keys/{ssh_key_identifier}", "sshKeys_delete", ("ssh_key:delete",)),
    Call("GET", "/v2/account/keys/{ssh_key_identifier}", "sshKeys_get", ("ssh_key:read",)),
    Call("GET", "/v2/actions", "actions_list", ("actions:read",)),
    Call("GET", "/v2/actions/{action_id}", "actions_get", ("actions:read",)),
    Call("GET", "/v2/customers/my/balance", "balance_get", ("billing:read",)),
    Call("DELETE", "/v2/droplets", "droplets_destroy_byTag", ("droplet:delete",)),
    Call("GET", "/v2/droplets", "droplets_list", ("droplet:read",)),
    Call("POST", "/v2/droplets", "droplets_create", ("droplet:create",)),
    Call("DELETE", "/v2/droplets/{droplet_id}", "droplets_destroy", ("droplet:delete",)),
    Call("GET", "/v2/droplets/{droplet_id}", "droplets_get", ("droplet:read",)),
    Call("GET", "/v2/droplets/{droplet_id}/actions", "dropletActions_list", ("droplet:read",)),
    Call("POST", "/v2/droplets/{droplet_id}/actions", "dropletActions_post", ("droplet:update",)),
    Call("GET", "/v2/droplets/{droplet_id}/actions/{action_id}", "dropletActions_get", ("droplet:read",)),
    Call(
        "GET",
        "/v2/droplets/{droplet_id}/destroy_with_associated_resources",
        "droplets_list_associatedResources",
        ("droplet:read",),
    ),
    Call(
        "DELETE",
        "/v2/droplets/{droplet_id}/destroy_with_associated_resources/dangerous",
        "droplets_destroy_withAssociatedResourcesDangerous",
        (
            "droplet:delete",
            "block_storage:delete",
            "block_storage_snapshot:delete",
            "image:delete",
            "reserved_ip:delete",
        ),
    ),
    Call(
        "GET",
        "/v2/droplets/{droplet_id}/destroy_with_associated_resources/status",
        "droplets_get_DestroyAssociatedResourcesStatus",
        ("droplet:delete",),
    ),
    Call("GET", "/v2/droplets/{droplet_id}/firewalls", "droplets_list_firewalls", ("firewall:read",)),
    Call("GET", "/v2/droplets/{droplet_id}/snapshots", "droplets_list_snapshots", ("droplet:read",)),
    Call("GET", "/v2/firewalls", "firewalls_list", ("firewall:read",)),
    Call("POST", "/v2/firewalls", "firewalls_create", ("firewall:create",)),
    Call("DELETE", "/v2/firewalls/{firewall_id}", "firewalls_delete", ("firewall:delete",)),
    Call("GET", "/v2/firewalls/{firewall_id}", "firewalls_get", ("firewall:read",)),
    Call("PUT", "/v2/firewalls/{firewall_id}", "firewalls_update", ("firewall:update",)),
    Call("POST", "/v2/firewalls/{firewall_id}/droplets", "firewalls_assign_droplets", ("firewall:update",)),
    Call("DELETE", "/v2/firewalls/{firewall_id}/tags", "firewalls_delete_tags", ("firewall:update",)),
    Call("POST", "/v2/firewalls/{firewall_id}/tags", "firewalls_add_tags", ("firewall:update",)),
    Call("GET", "/v2/images", "images_list", ("image:read",)),
    Call("DELETE", "/v2/images/{image_id}", "images_delete", ("image:delete",)),
    Call("GET", "/v2/images/{image_id}", "images_get", ("image:read",)),
    Call("GET", "/v2/regions", "regions_list", ("regions:read",)),
    Call("GET", "/v2/reserved_ips", "reservedIPs_list", ("reserved_ip:read",)),
    Call("GET", "/v2/sizes", "sizes_list", ("sizes:read", "regions:read")),
    Call("GET", "/v2/snapshots", "snapshots_list", ("snapshot:read",)),
    Call("DELETE", "/v2/snapshots/{snapshot_id}", "snapshots_delete", ("image:delete", "snapshot:delete")),
    Call("GET", "/v2/snapshots/{snapshot_id}", "snapshots_get", ("snapshot:read", "block_storage_snapshot:read")),
    Call("GET", "/v2/tags", "tags_list", ("tag:read",)),
    Call("POST", "/v2/tags", "tags_create", ("tag:create",)),
    Call("DELETE", "/v2/tags/{tag_id}", "tags_delete", ("tag:delete",)),
    Call("GET", "/v2/tags/{tag_id}", "tags_get", ("tag:read",)),
    Call("DELETE", "/v2/tags/{tag_id}/resources", "tags_unassign_resources", ("tag:delete",)),
    Call("POST", "/v2/tags/{tag_id}/resources", "tags_assign_resources", ("tag:create",)),
    Call("GET", "/v2/volumes", "volumes_list", ("api:read", "api:write", "block_storage:read")),
    Call("POST", "/v2/volumes", "volumes_create", ("api:write", "block_storage:create")),
    Call("DELETE", "/v2/volumes/{volume_id}", "volumes_delete", ("block_storage:delete",)),
    Call("GET", "/v2/volumes/{volume_id}", "volumes_get", ("block_storage:read",)),
    Call("POST", "/v2/volumes/{volume_id}/actions", "volumeActions_post_byId", ("block_storage_action:create",)),
    Call("GET", "/v2/vpcs", "vpcs_list", ("vpc:read",)),
    Call("POST", "/v2/vpcs", "vpcs_create", ("vpc:create",)),
    Call("DELETE", "/v2/vpcs/{vpc_id}", "vpcs_delete", ("vpc:delete",)),
    Call("GET", "/v2/vpcs/{vpc_id}", "vpcs_get", ("vpc:read",)),
    Call("GET", "/v2/vpcs/{vpc_id}/members", "vpcs_list_members", ("vpc:read",)),
)
