"""`inplay cluster volume`: a disk for older bars, on the head."""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import requests
import typer

from cli.output import print_json
from cluster import preflight as checks
from cluster.api import connect
from cluster.clock import SystemClock
from cluster.errors import ClusterConfigError, ClusterError
from cluster.machines import list_machines
from cluster.spec import read_spec
from cluster.volumes import Volume, attach_volume, delete_volume, refuse_over_month

METADATA = "http://169.254.169.254/metadata/v1/id"
ON_HEAD = Path("~/ray_bootstrap_config.yaml")
"""Where Ray leaves the cluster's file on the head."""


def volume(
    file: Annotated[Path | None, typer.Argument(help="The cluster's file; the head's own by default.")] = None,
    *,
    size: Annotated[int, typer.Option(min=1, max=16_384, help="In GB, at $0.10 a GB and month.")] = 100,
    droplet: Annotated[int | None, typer.Option(help="The machine's number; the one this runs on by default.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the volume and all that is on it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
) -> None:
    """Buy a volume for older bars, attach it to this machine and mount it; once, however often it is called."""
    config = checks.read_file(_file(file))
    spec = read_spec(config["provider"], config["cluster_name"])
    api = connect(os.environ)
    if delete:
        _ask(f"Delete the volume of {spec.name} with all bars on it?", yes=yes)
        gone = delete_volume(api, spec.name)
        _tell(
            {"deleted": None if gone is None else asdict(gone)},
            f"deleted: {gone.name if gone else 'nothing'}",
            as_json=as_json,
        )
        return
    running = sum(each.price_usd_per_month for each in list_machines(api) if each.of(spec.name) and _is_head(each))
    refuse_over_month(size, running, spec.caps.usd_per_month)
    number = _this_droplet() if droplet is None else droplet
    _ask(f"Buy {size} GB for ${size / 10:.2f} a month and attach it to machine {number}?", yes=yes)
    made = attach_volume(
        api, SystemClock(), cluster=spec.name, region=spec.region, droplet_id=number, size_gb=size
    )  # fmt: skip
    mounted = mount(made)
    words = (
        f"{made.name}, {made.size_gb} GB, ${made.usd_per_month:.2f} a month, attached to machine {number}; {mounted}"
    )
    _tell(
        {**asdict(made), "folder": made.folder, "usd_per_month": made.usd_per_month, "mount": mounted},
        words,
        as_json=as_json,
    )


def mount(made: Volume, devices: Path = Path("/"), table: Path = Path("/etc/fstab")) -> str:
    """The volume is mounted now and at every start, where this machine has it; in words what was or is to be done."""
    device = devices / made.device.lstrip("/")
    line = f"{made.device} {made.folder} ext4 defaults,nofail,discard,noatime 0 2"
    if not device.exists() or os.geteuid() != 0:
        steps = f"mkdir -p {made.folder}; echo '{line}' >> /etc/fstab; mount {made.folder}"
        return f"mount it as root on that machine: {steps}"
    Path(made.folder).mkdir(parents=True, exist_ok=True)
    known = table.read_text(encoding="utf-8") if table.exists() else ""
    if made.device not in known:
        with table.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    if not Path(made.folder).is_mount():
        done = subprocess.run(["mount", made.folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ClusterError(
                f"The volume {made.name} is attached and could not be mounted: {done.stderr.strip()}. No data was "
                "touched. Repeat the command."
            )
    return f"mounted; set INPLAY_WARM_FOLDER={made.folder}/bars"


def _file(given: Path | None) -> Path:
    if given is not None:
        return given
    on_head = ON_HEAD.expanduser()
    return on_head if on_head.is_file() else Path("ray-cluster.yaml")


def _this_droplet() -> int:
    """The number of the machine this runs on. Raises: ClusterConfigError."""
    try:
        answer = requests.get(METADATA, timeout=3)
        answer.raise_for_status()
        return int(answer.text)
    except (requests.RequestException, ValueError):
        raise ClusterConfigError(
            "This isn't a machine of DigitalOcean: its metadata service doesn't answer. Nothing was bought. Run it on "
            "the head (`ray exec ray-cluster.yaml 'inplay cluster volume --yes'`), or name one with --droplet."
        ) from None


def _is_head(machine: Any) -> bool:
    return machine.name is not None and machine.name.role == "head"


def _ask(question: str, *, yes: bool) -> None:
    if not yes and not typer.confirm(question):
        raise typer.Exit(1)


def _tell(facts: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        print(words)
