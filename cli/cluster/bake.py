"""`inplay cluster bake`: images of machines that are set up already."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import print_json
from cluster import bootstrap_config as bootstrap
from cluster import preflight as checks
from cluster.api import connect
from cluster.bake import Image, Oven, delete_old, list_images
from cluster.clock import SystemClock
from cluster.errors import ClusterConfigError
from cluster.ssh import Ssh

SHIPPED = Path("ray-cluster.yaml")


def bake(
    file: Annotated[Path, typer.Argument(help="The cluster's file.")] = SHIPPED,
    *,
    node_type: Annotated[str, typer.Option("--type", help="The type to bake; the head's by default.")] = "",
    only_list: Annotated[bool, typer.Option("--list", help="Only name the images there are.")] = False,
    old: Annotated[bool, typer.Option("--delete-old", help="Delete all but the newest of each type.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Make an image of a machine that is set up already, so that the next one is ready sooner.

    Rents one machine for some minutes and destroys it. Baking the same again makes nothing. Put the number that is
    printed into the type's `image`. Run it in the folder of the file, whose paths are relative to it.
    """
    config = checks.read_file(file)
    api = connect()
    if only_list:
        _show({"images": [asdict(each) for each in list_images(api, str(config["cluster_name"]))]}, as_json=as_json)
        return
    if old:
        _show({"deleted": [asdict(each) for each in delete_old(api, config)]}, as_json=as_json)
        return
    chosen = node_type or str(config["head_node_type"])
    if chosen not in config["available_node_types"]:
        known = ", ".join(config["available_node_types"])
        raise ClusterConfigError(
            f"The file has no type {chosen}; it has {known}. Nothing was created. Name one of them."
        )
    keyed = bootstrap.with_key(config)
    clock = SystemClock()
    shell = Ssh(keyed["auth"]["ssh_user"], Path(keyed["auth"]["ssh_private_key"]).expanduser(), clock)
    image = Oven(api, keyed, clock, shell, say=_quiet if as_json else print).bake(chosen)
    if as_json:
        print_json({"image": image.number, "type": chosen, **asdict(image)})
        return
    print(f"{'made' if image.made else 'found'} the image {image.number}, {image.name}, {image.size_gb:.1f} GB")
    print(f"put `image: {image.number}` into the node_config of {chosen} in {file}")


def _quiet(_: str) -> None:
    """Nothing is said: the caller is a program."""


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    for what, images in answer.items():
        print(f"{what}: {len(images)}")
        for each in images:
            image = Image(**each)
            print(f"  {image.number} {image.name} {image.created_at} {image.size_gb:.1f} GB")
