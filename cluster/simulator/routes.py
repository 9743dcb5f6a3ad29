"""Which function answers which operation of the specification."""

from __future__ import annotations

from collections.abc import Callable

from cluster.simulator import account, actions, dismantling, droplets, networks, storage
from cluster.simulator.messages import Response
from cluster.simulator.world import Call, World

Answer = Callable[[World, Call], Response]

ROUTES: dict[str, Answer] = {
    "account_get": account.account,
    "actions_get": actions.got,
    "actions_list": actions.listed,
    "balance_get": account.balance,
    "dropletActions_get": actions.got,
    "dropletActions_list": actions.of_droplet,
    "dropletActions_post": actions.ask,
    "droplets_create": droplets.create,
    "droplets_destroy": droplets.destroyed,
    "droplets_destroy_byTag": droplets.destroyed_by_tag,
    "droplets_destroy_withAssociatedResourcesDangerous": dismantling.destroyed_with_associated,
    "droplets_get": droplets.got,
    "droplets_get_DestroyAssociatedResourcesStatus": dismantling.dismantled,
    "droplets_list": droplets.listed,
    "droplets_list_associatedResources": dismantling.associated,
    "droplets_list_firewalls": networks.firewalls_of_droplet,
    "droplets_list_snapshots": storage.snapshots_of_droplet,
    "firewalls_add_tags": networks.firewall_tags_added,
    "firewalls_assign_droplets": networks.firewall_droplets_added,
    "firewalls_create": networks.firewall_created,
    "firewalls_delete": networks.firewall_deleted,
    "firewalls_delete_tags": networks.firewall_tags_removed,
    "firewalls_get": networks.firewall_got,
    "firewalls_list": networks.firewalls_listed,
    "firewalls_update": networks.firewall_updated,
    "images_delete": storage.image_deleted,
    "images_get": storage.image_got,
    "images_list": storage.images_listed,
    "regions_list": account.regions,
    "reservedIPs_list": account.reserved_ips,
    "sizes_list": account.sizes,
    "snapshots_delete": storage.snapshot_deleted,
    "snapshots_get": storage.snapshot_got,
    "snapshots_list": storage.snapshots_listed,
    "sshKeys_create": account.key_created,
    "sshKeys_delete": account.key_deleted,
    "sshKeys_get": account.key_got,
    "sshKeys_list": account.keys_listed,
    "tags_assign_resources": account.resources_tagged,
    "tags_create": account.tag_created,
    "tags_delete": account.tag_deleted,
    "tags_get": account.tag_got,
    "tags_list": account.tags_listed,
    "tags_unassign_resources": account.resources_untagged,
    "volumeActions_post_byId": actions.ask_of_volume,
    "volumes_create": storage.volume_created,
    "volumes_delete": storage.volume_deleted,
    "volumes_get": storage.volume_got,
    "volumes_list": storage.volumes_listed,
    "vpcs_create": networks.vpc_created,
    "vpcs_delete": networks.vpc_deleted,
    "vpcs_get": networks.vpc_got,
    "vpcs_list": networks.vpcs_listed,
    "vpcs_list_members": networks.vpc_members,
}
